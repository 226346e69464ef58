//! The key that identifies an entry.

use std::any::TypeId;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Separates the values of the instances of a generic function, which share one cache.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct TypeSlot {
    answer: TypeId,
    /// The instance's path with its generic arguments, as the compiler prints it.
    instance: &'static str,
}

impl TypeSlot {
    pub(crate) fn of<T: 'static>(instance: &'static str) -> Self {
        Self {
            answer: TypeId::of::<T>(),
            instance,
        }
    }
}

/// The hash of a key, and the index of its type slot in the cache's list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) hash: u128,
    pub(super) type_slot: usize,
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // It is a keyed hash already.
        state.write_u64(self.hash as u64);
    }
}

/// Hashes keys that are hashes already, to themselves.
#[derive(Default)]
pub(super) struct IdentityHasher(u64);

impl Hasher for IdentityHasher {
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

pub(super) type ByKey<V> = std::collections::HashMap<Key, V, BuildHasherDefault<IdentityHasher>>;

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use super::*;

    #[test]
    fn key_hashes_to_its_own_bits() {
        let spread = |hash, type_slot| {
            BuildHasherDefault::<IdentityHasher>::default().hash_one(Key { hash, type_slot })
        };
        assert_eq!(spread(7, 1), 7);
        assert_eq!(spread(u128::MAX, 0), u64::MAX);
    }
}
