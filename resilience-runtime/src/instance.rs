//! What tells the instances of one generic function apart.

use std::any::TypeId;
use std::fmt;

/// One instance of a generic function, or of a function in a generic block. Two types of one name are two instances, though
/// lifetimes make no difference.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instance(TypeId);

impl Instance {
    /// Returns the instance in which a closure was written: its type carries all generic arguments that are in scope.
    #[must_use]
    #[inline]
    pub fn of_closure<C>(_: &C) -> Self {
        Self(typeid::of::<C>())
    }

    /// Returns the instance of a type that is generic itself.
    #[inline]
    pub(crate) fn of_type<T>() -> Self {
        Self(typeid::of::<T>())
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Instance")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instance<T>() -> Instance {
        Instance::of_closure(&|| std::mem::size_of::<T>())
    }

    fn local_a() -> Instance {
        struct Local;
        instance::<Local>()
    }

    fn local_b() -> Instance {
        struct Local;
        instance::<Local>()
    }

    #[test]
    fn instances_differ_by_their_types_and_not_by_the_names_of_these() {
        assert_eq!(instance::<u8>(), instance::<u8>());
        assert_ne!(instance::<u8>(), instance::<i8>());
        assert_ne!(local_a(), local_b());
        assert_eq!(local_a(), local_a());
    }
}
