//! The key that identifies an entry.

use std::hash::{BuildHasherDefault, Hash, Hasher};

/// The hash of a key, and the place of its instance in the cache's list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) hash: u128,
    pub(super) instance: usize,
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
        let spread = |hash, instance| {
            BuildHasherDefault::<IdentityHasher>::default().hash_one(Key { hash, instance })
        };
        assert_eq!(spread(7, 1), 7);
        assert_eq!(spread(u128::MAX, 0), u64::MAX);
    }
}
