//! The type and the variant of an error, to recognize it where it arrives.

use std::error::Error;
use std::hash::{Hash, Hasher};
use std::mem;

/// The type of an error, and its variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ErrorType {
    pub(crate) name: &'static str,
    pub(crate) variant: Variant,
}

/// The variant of an enum; every value of another type has the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Variant(u64);

/// Whether an error is of the type that the function was made for, and of this variant.
pub(crate) type IsHeld = fn(&(dyn Error + 'static), Variant) -> bool;

impl ErrorType {
    #[inline]
    pub(crate) fn of<E>(error: &E) -> Self {
        Self {
            name: std::any::type_name::<E>(),
            variant: Variant::of(error),
        }
    }
}

impl Variant {
    #[inline]
    pub(crate) fn of<E>(error: &E) -> Self {
        let mut last = LastWord(0);
        mem::discriminant(error).hash(&mut last);
        Self(last.0)
    }
}

/// Whether `error` is an `E` of this variant.
pub(crate) fn is_held<E: Error + 'static>(error: &(dyn Error + 'static), variant: Variant) -> bool {
    (error.downcast_ref::<E>()).is_some_and(|held| Variant::of(held) == variant)
}

/// Takes the number that a discriminant hashes, as it is.
struct LastWord(u64);

impl Hasher for LastWord {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_isize(&mut self, number: isize) {
        self.0 ^= number.cast_unsigned() as u64;
    }

    fn write_u64(&mut self, number: u64) {
        self.0 ^= number;
    }
}
