//! A hash in place of a key, so that keys are neither stored nor printed.

use std::fmt;
use std::hash::Hash;

use siphasher::sip128::{Hasher128, SipHasher13};

use crate::random::seed;

/// Hashes a key to 128 bits, by SipHash-1-3 under random seeds of its own.
///
/// Two keys share a hash by chance only: among 10⁹ keys with a probability of 10⁻²¹. Without the seeds such a pair
/// cannot be constructed.
pub(crate) struct KeyedHash(SipHasher13);

impl KeyedHash {
    pub(crate) fn new() -> Self {
        Self(SipHasher13::new_with_keys(seed(), seed()))
    }

    /// Hashes alike wherever the secret is the same.
    #[cfg(feature = "fleet")]
    pub(crate) fn under([first, second]: [u64; 2]) -> Self {
        Self(SipHasher13::new_with_keys(first, second))
    }

    #[inline]
    pub(crate) fn hash<K: Hash + ?Sized>(&self, key: &K) -> u128 {
        let mut hasher = self.0;
        key.hash(&mut hasher);
        hasher.finish128().as_u128()
    }
}

impl fmt::Debug for KeyedHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyedHash")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_equal_only_for_equal_keys() {
        let hasher = KeyedHash::new();
        assert_eq!(hasher.hash("user_1"), hasher.hash(&"user_1".to_owned()));
        assert_eq!(hasher.hash(&("a", &1)), hasher.hash(&("a".to_owned(), 1)));
        assert_ne!(hasher.hash("user_1"), hasher.hash("user_2"));
        assert_ne!(hasher.hash("user_1"), KeyedHash::new().hash("user_1"));
    }
}
