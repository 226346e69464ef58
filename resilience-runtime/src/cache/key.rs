//! What identifies an entry.

use std::any::TypeId;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// One instance of a generic function: its answers are its own. A function is one place in the source,
/// whatever it is generic over.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant {
    answer: TypeId,
    /// The instance's path with its generic arguments, as the compiler prints it.
    instance: &'static str,
}

impl Variant {
    pub(crate) fn of<T: 'static>(instance: &'static str) -> Self {
        Self {
            answer: TypeId::of::<T>(),
            instance,
        }
    }
}

/// A key's hash, and the place of the variant in the cache's list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) hash: u128,
    pub(super) variant: usize,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // It is random already.
        state.write_u64(self.hash as u64);
    }
}

/// Hashes what is a hash already.
#[derive(Default)]
pub(super) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _: &[u8]) {
        unreachable!("a key is written as one number");
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

pub(super) type ByKey<V> = std::collections::HashMap<Key, V, BuildHasherDefault<AsItIs>>;

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn a_key_is_spread_by_its_own_bits() {
        let spread =
            |hash, variant| BuildHasherDefault::<AsItIs>::default().hash_one(Key { hash, variant });
        assert_eq!(spread(7, 1), 7);
        assert_eq!(spread(u128::MAX, 0), u64::MAX);
    }
}
