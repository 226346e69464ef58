//! A hash in place of each key, so that keys are neither stored nor printed.

use std::fmt;
use std::hash::Hash;

use crate::keyed_hash::KeyedHash;

/// The hash of a key, 127 bits under a random seed, see [`KeyedHash`]; the last bit says what the key is for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct KeyHash([u64; 2]);

impl KeyHash {
    /// Stands for all callers without a key, which share one state.
    pub(crate) const NONE: Self = Self([0; 2]);

    #[inline]
    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Whether it is the key of limits per key, beside which those of the service hold; otherwise all limits are of the key.
    #[inline]
    pub(super) fn is_per_key(self) -> bool {
        self.0[1] & 1 == 1
    }

    /// Whether it takes from what callers without a key share.
    #[inline]
    pub(super) fn shares(self) -> bool {
        self.is_none() || self.is_per_key()
    }

    /// Returns the key under the limits of the service.
    pub(super) fn of_service(self) -> Self {
        if self.is_per_key() { Self::NONE } else { self }
    }

    /// Returns the first `depth` bits as a number.
    #[inline]
    pub(super) fn first(self, depth: u32) -> usize {
        // In two steps, because a word cannot be shifted by its whole length.
        (self.0[0] >> 1 >> (63 - depth)) as usize
    }

    /// Whether bit number `index` is set.
    #[inline]
    pub(super) fn bit(self, index: u32) -> bool {
        self.0[0] << index >> 63 == 1
    }

    /// Returns its home among `slots` slots, by the bits after the first `depth`. The multiplication spreads evenly over any
    /// number of slots, a power of two or not (Lemire, "A fast alternative to the modulo reduction", 2016).
    #[inline]
    pub(super) fn home(self, depth: u32, slots: usize) -> usize {
        ((u128::from(self.0[0] << depth) * slots as u128) >> 64) as usize
    }

    /// Returns its bits.
    #[cfg(feature = "fleet")]
    pub(super) fn bits(self) -> [u64; 2] {
        self.0
    }

    #[cfg(test)]
    pub(super) fn for_test(high: u64, low: u64) -> Self {
        Self([high, low])
    }
}

impl fmt::Debug for KeyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_none() { "no key" } else { "key" })
    }
}

/// Hashes the keys of one limiter.
pub(super) struct KeyHasher(KeyedHash);

impl KeyHasher {
    pub(super) fn new() -> Self {
        Self(KeyedHash::new())
    }

    /// Hashes the same key alike in all processes that have the secret.
    #[cfg(feature = "fleet")]
    pub(super) fn under(secret: [u64; 2]) -> Self {
        Self(KeyedHash::under(secret))
    }

    #[inline]
    pub(super) fn hash<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        let bits = self.0.hash(key);
        let hash = KeyHash([(bits >> 64) as u64, bits as u64 & !1]);
        if hash.is_none() {
            // Zero is taken: it means "no key".
            return KeyHash([0, 2]);
        }
        hash
    }

    /// As [`hash`](Self::hash), for the key of limits per key.
    #[inline]
    pub(super) fn hash_per_key<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        let KeyHash([high, low]) = self.hash(key);
        KeyHash([high, low | 1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_equal_only_for_equal_keys() {
        let hasher = KeyHasher::new();
        assert_eq!(hasher.hash("user_1"), hasher.hash(&"user_1".to_owned()));
        assert_ne!(hasher.hash("user_1"), hasher.hash("user_2"));
        assert_ne!(hasher.hash("user_1"), KeyHasher::new().hash("user_1"));
        assert!(!hasher.hash(&()).is_none());
        let per_key = hasher.hash_per_key("user_1");
        assert_ne!(per_key, hasher.hash("user_1"));
        assert!(per_key.is_per_key() && !hasher.hash("user_1").is_per_key());
        assert!(!KeyHash::NONE.is_per_key());
        let KeyHash([high, low]) = hasher.hash("user_1");
        assert!(high != 0 && low != 0, "one of 2⁶⁴ keys has such a half");
    }

    #[test]
    fn home_covers_all_slots() {
        assert_eq!(KeyHash([0, 1]).home(0, 7), 0);
        assert_eq!(KeyHash([u64::MAX, 1]).home(0, 7), 6);
        assert_eq!(KeyHash([1 << 63, 1]).home(1, 7), 0);
    }

    #[test]
    fn first_returns_the_highest_bits() {
        let key = KeyHash([0b101 << 61, 0]);
        assert_eq!([0, 1, 2, 3].map(|depth| key.first(depth)), [0, 1, 2, 5]);
        assert_eq!([0, 1, 2].map(|index| key.bit(index)), [true, false, true]);
    }

    #[test]
    fn debug_does_not_print_the_hash() {
        assert_eq!(format!("{:?}", KeyHasher::new().hash("secret")), "key");
    }
}
