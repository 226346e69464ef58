//! The setters of a configuration: one for each field, of the same name.

/// Declares setters. Before the field stands how it is set: `[some]` takes the value of an `Option`, `[into]`
/// whatever converts into the field's type.
macro_rules! setters {
    ($name:ident { $( $([$($how:ident)+])? $field:ident: $type:ty, )* }) => {
        impl $name {
            $( crate::config::setters::setters! { @one [$($($how)+)?] $field $type } )*
        }
    };
    (@one [] $field:ident $type:ty) => {
        #[doc = concat!("Sets the field `", stringify!($field), "`.")]
        #[must_use]
        pub const fn $field(mut self, $field: $type) -> Self {
            self.$field = $field;
            self
        }
    };
    (@one [some] $field:ident $type:ty) => {
        #[doc = concat!("Sets the field `", stringify!($field), "` to `Some`.")]
        #[must_use]
        pub const fn $field(mut self, $field: $type) -> Self {
            self.$field = Some($field);
            self
        }
    };
    (@one [into] $field:ident $type:ty) => {
        #[doc = concat!("Sets the field `", stringify!($field), "`.")]
        #[must_use]
        pub fn $field(mut self, $field: impl Into<$type>) -> Self {
            self.$field = $field.into();
            self
        }
    };
    (@one [some into] $field:ident $type:ty) => {
        #[doc = concat!("Sets the field `", stringify!($field), "` to `Some`.")]
        #[must_use]
        pub fn $field(mut self, $field: impl Into<$type>) -> Self {
            self.$field = Some($field.into());
            self
        }
    };
}

pub(crate) use setters;
