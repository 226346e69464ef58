//! The keys of all settings: name, variable, type of the value, and whether functions share it.

use std::fmt;

use super::declaration::settings;

/// A set of patterns, those that a function switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Patterns(u16);

// The last pattern has a bit of its own: the next one above 16 does not compile.
const _: () = assert!((Pattern::Fallback as u32) < u16::BITS);

impl Patterns {
    pub(crate) fn of(patterns: &[Pattern]) -> Self {
        let bits = patterns.iter().map(|pattern| Self::bit(*pattern));
        Self(bits.fold(0, |set, bit| set | bit))
    }

    pub(crate) const fn has(self, pattern: Pattern) -> bool {
        self.0 & Self::bit(pattern) != 0
    }

    const fn bit(pattern: Pattern) -> u16 {
        1 << pattern as u16
    }
}

#[cfg(feature = "serde")]
impl serde::Serialize for Pattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_unit_variant("Pattern", *self as u32, self.name())
    }
}

/// The type of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueType {
    Count,
    Number,
    Time,
    Jitter,
    Window,
    OnAbandoned,
    RateLimitStrategy,
    Mode,
    HedgeDelay,
    Flag,
    OnStoreLoss,
}

/// Declares the patterns and the keys from the settings.
macro_rules! keys {
    (
        groups { $(
            $(#[$group_doc:meta])*
            $group:ident($pattern:ident, $args:ident, $settings:ident, $prefix:literal) {
                settings { $(
                    $(#[$doc:meta])*
                    $field:ident: $value:ident, $arg:ident, $sharing:ident => $key:ident at $($place:ident).+;
                )* }
                $(renamed { $($old:ident: $index:literal,)* })?
                $(code { $($code:ident: $code_arg:ident,)* })?
            }
        )* }
        limits { $(
            $(#[$limit_doc:meta])* $limit:ident($limit_key:ident, $limit_prefix:literal) at $($limit_place:ident).+;
        )* }
    ) => {
        /// Names the pattern that a setting belongs to, and that `… = off` switches off.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Pattern {
            $( #[doc = concat!("Names the pattern `", stringify!($group), "`.")] $pattern, )*
            $( #[doc = concat!("Names the limit `", stringify!($limit), "`.")] $limit_key, )*
            /// Names the fallbacks.
            Fallback,
        }

        impl Pattern {
            /// Returns its name in attributes and files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$pattern => stringify!($group),)*
                    $(Self::$limit_key => stringify!($limit),)*
                    Self::Fallback => "fallback",
                }
            }
        }

        /// A setting.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)]
        #[non_exhaustive]
        pub enum Key { $( $($key,)* )* $($limit_key,)* }

        impl Key {
            /// Every key, in the order of the documentation.
            pub(crate) const ALL: &'static [Self] = &[$( $(Self::$key,)* )* $(Self::$limit_key,)*];

            /// Returns the name in files, errors and statistics, as in `retry.max_attempts`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(
                        $(Self::$key => concat!(stringify!($group), ".", stringify!($field)),)*
                    )*
                    $(Self::$limit_key => stringify!($limit),)*
                }
            }

            /// The pattern that it configures.
            pub(crate) const fn pattern(self) -> Pattern {
                match self {
                    $(
                        $(Self::$key => Pattern::$pattern,)*
                    )*
                    $(Self::$limit_key => Pattern::$limit_key,)*
                }
            }

            pub(crate) const fn value_type(self) -> ValueType {
                match self {
                    $(
                        $(Self::$key => ValueType::$value,)*
                    )*
                    $(Self::$limit_key => ValueType::Time,)*
                }
            }

            /// Whether the functions of a service share it, or each has its own.
            pub(crate) const fn is_shared(self) -> bool {
                match self {
                    $(
                        $(Self::$key => sharing!($sharing),)*
                    )*
                    $(Self::$limit_key => false,)*
                }
            }

            /// The first word of its variables.
            const fn prefix(self) -> &'static str {
                match self {
                    $(
                        $(Self::$key => $prefix,)*
                    )*
                    $(Self::$limit_key => $limit_prefix,)*
                }
            }

            /// The name within its group; empty: it has none.
            const fn spelling(self) -> &'static str {
                match self {
                    $( $(Self::$key => stringify!($field),)* )*
                    $(Self::$limit_key => "",)*
                }
            }
        }

        /// The first words of all variables.
        pub(crate) const PREFIXES: &[&str] = &[$($prefix,)* $($limit_prefix,)*];
    };
}

macro_rules! sharing {
    (shared) => {
        true
    };
    (own) => {
        false
    };
}

settings!(keys);

impl Key {
    /// How many keys there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// Whether it is of the limits per key.
    pub(crate) fn is_per_key(self) -> bool {
        self.pattern() == Pattern::RateLimit && self.spelling().starts_with("per_key_")
    }

    /// The variable that sets this key for a name (in upper case).
    pub(crate) fn variable(self, name: &str) -> String {
        let prefix = self.prefix();
        match self.spelling() {
            "" => format!("{prefix}_{name}"),
            spelling => format!("{prefix}_{name}_{}", spelling.to_ascii_uppercase()),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_variables_belong_to_one_key_each() {
        for key in Key::ALL {
            assert!(key.name().starts_with(key.pattern().name()), "{key}");
            let variable = key.variable("LLM");
            let owners = Key::ALL
                .iter()
                .filter(|other| other.variable("LLM") == variable)
                .count();
            assert_eq!(owners, 1, "{variable}");
            assert!(
                PREFIXES.iter().any(|prefix| variable.starts_with(prefix)),
                "{variable}"
            );
        }
    }
}
