//! Keys to their accounts: a flat table with open addressing and linear probing, so that a look-up is
//! one or two neighbouring cache lines and a key costs no allocation.
//!
//! Deleting moves the rest of the run back (Knuth, TAOCP 6.4, algorithm R), so that there are no
//! tombstones.

use super::key::KeyHash;
use super::side::SideId;

/// What is known of one key: its counters, and where the rest is if it is parked or waited for.
#[derive(Clone, Debug, Default)]
pub(super) struct Account<S> {
    pub(super) state: S,
    pub(super) side: SideId,
}

/// An account and whose it is; no key marks a free slot.
#[derive(Clone, Default)]
struct Slot<S> {
    key: KeyHash,
    account: Account<S>,
}

pub(super) struct Table<S> {
    slots: Box<[Slot<S>]>,
    len: usize,
    /// Where the clock hand of the eviction stands.
    hand: usize,
}

impl<S: Default + Clone> Table<S> {
    /// At most 4 of 5 slots are taken: with more, probing gets long.
    const FULL: (usize, usize) = (4, 5);
    const SMALLEST: usize = 8;
    /// Up to so many slots, an eviction looks at all of them.
    const SMALL: usize = 128;
    /// In a larger table it looks at so many, 1 KiB of the token bucket's.
    const STEPS: usize = 32;

    /// Allocates nothing.
    pub(super) fn new() -> Self {
        Self {
            slots: Box::default(),
            len: 0,
            hand: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn find(&self, key: KeyHash) -> Option<usize> {
        if self.len == 0 {
            return None;
        }
        let mut index = key.home(self.slots.len());
        loop {
            let found = self.slots[index].key;
            if found == key {
                return Some(index);
            }
            if found.is_none() {
                return None;
            }
            index = self.next(index);
        }
    }

    pub(super) fn get(&self, index: usize) -> &Account<S> {
        &self.slots[index].account
    }

    pub(super) fn get_mut(&mut self, index: usize) -> &mut Account<S> {
        &mut self.slots[index].account
    }

    /// Whether the next insertion needs [`rebuild`](Self::rebuild) first.
    pub(super) fn is_full(&self) -> bool {
        self.len >= self.slots.len() * Self::FULL.0 / Self::FULL.1
    }

    /// Adds a key that is not there, in a table that is not full.
    pub(super) fn insert(&mut self, key: KeyHash) -> usize {
        debug_assert!(!key.is_none() && !self.is_full() && self.find(key).is_none());
        let mut index = key.home(self.slots.len());
        while !self.slots[index].key.is_none() {
            index = self.next(index);
        }
        self.slots[index].key = key;
        self.len += 1;
        index
    }

    /// Frees a slot; later accounts may move.
    pub(super) fn remove(&mut self, index: usize) {
        let mut free = index;
        let mut probe = index;
        loop {
            probe = self.next(probe);
            let key = self.slots[probe].key;
            if key.is_none() {
                break;
            }
            // It may move if the free slot lies on its way from home.
            let home = key.home(self.slots.len());
            if self.distance(home, probe) >= self.distance(free, probe) {
                self.slots.swap(free, probe);
                free = probe;
            }
        }
        self.slots[free] = Slot::default();
        self.len -= 1;
    }

    /// Lets a hand go round and removes the first account that may go. In a small table it looks at all of
    /// them; in others at a few, and goes on from there the next time.
    pub(super) fn evict(&mut self, mut may_go: impl FnMut(&mut Account<S>) -> bool) -> bool {
        let slots = self.slots.len();
        let steps = if slots <= Self::SMALL {
            slots
        } else {
            Self::STEPS
        };
        for _ in 0..steps {
            let hand = self.hand;
            let slot = &mut self.slots[hand];
            if !slot.key.is_none() && may_go(&mut slot.account) {
                // The hand stays: another account may have moved here.
                self.remove(hand);
                self.hand = hand;
                return true;
            }
            self.hand = self.next(hand);
        }
        false
    }

    /// Makes room for more, for at most `most` accounts in all, and drops those that may go. It grows only
    /// if those that stay need it.
    pub(super) fn rebuild(&mut self, most: usize, mut may_go: impl FnMut(&mut Account<S>) -> bool) {
        let mut stay = 0;
        for slot in &mut self.slots {
            if !slot.key.is_none() {
                if may_go(&mut slot.account) {
                    *slot = Slot::default();
                } else {
                    stay += 1;
                }
            }
        }
        let room = self.slots.len() * Self::FULL.0 / Self::FULL.1;
        let slots = if stay < room / 2 {
            self.slots.len()
        } else {
            // By half: a key then never costs more than 1.5 × 5 / 4 slots.
            let needed = most.max(stay + 1).saturating_mul(Self::FULL.1) / Self::FULL.0 + 2;
            (self.slots.len() + self.slots.len() / 2)
                .max(Self::SMALLEST)
                .min(needed)
        };
        self.len = 0;
        self.hand = 0;
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); slots].into());
        for slot in old {
            if !slot.key.is_none() {
                let index = self.insert(slot.key);
                self.slots[index].account = slot.account;
            }
        }
    }

    /// The same keys with other accounts; those without one are dropped.
    pub(super) fn map<T: Default + Clone>(
        self,
        mut account: impl FnMut(Account<S>) -> Option<Account<T>>,
    ) -> Table<T> {
        let mut table = Table {
            slots: vec![Slot::default(); self.slots.len()].into(),
            len: 0,
            hand: 0,
        };
        for slot in self.slots {
            if !slot.key.is_none()
                && let Some(account) = account(slot.account)
            {
                let index = table.insert(slot.key);
                table.slots[index].account = account;
            }
        }
        table
    }

    #[inline]
    fn next(&self, index: usize) -> usize {
        let next = index + 1;
        if next == self.slots.len() { 0 } else { next }
    }

    /// Steps from one slot forward to another.
    fn distance(&self, from: usize, to: usize) -> usize {
        if to >= from {
            to - from
        } else {
            to + self.slots.len() - from
        }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.slots.len() * size_of::<Slot<S>>()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    type Numbers = Table<u64>;

    fn add(table: &mut Numbers, key: KeyHash, value: u64) {
        if table.is_full() {
            table.rebuild(usize::MAX, |_| false);
        }
        let index = table.insert(key);
        table.get_mut(index).state = value;
    }

    #[test]
    fn a_slot_of_the_token_bucket_is_half_a_cache_line() {
        use super::super::token_bucket::FullAt;
        assert_eq!(size_of::<Slot<FullAt>>(), 32);
        assert_eq!(size_of::<Slot<((), FullAt)>>(), 32, "tokens alone");
        assert_eq!(
            size_of::<Slot<(FullAt, FullAt)>>(),
            48,
            "tokens beside requests"
        );
    }

    #[test]
    fn a_key_never_costs_more_than_64_bytes() {
        type State = super::super::token_bucket::FullAt;
        for most in [1_000_000, usize::MAX] {
            let mut table = Table::<State>::new();
            let mut random = 0x9E37_79B9_7F4A_7C15_u64;
            for count in 1..=1_000_000_usize {
                random = random.wrapping_mul(0xD134_2543_DE82_EF95).wrapping_add(1);
                if table.is_full() {
                    table.rebuild(most, |_| false);
                }
                table.insert(KeyHash::for_test(random ^ random >> 29, count as u64));
                if count >= 100 {
                    assert!(table.bytes() <= 64 * count, "{count}: {}", table.bytes());
                }
            }
        }
    }

    #[test]
    fn the_hand_reaches_every_account_in_one_round() {
        let mut table = Numbers::new();
        for key in 0..100_u64 {
            add(&mut table, KeyHash::for_test(key << 57, key + 1), key);
        }
        let round = |table: &mut Numbers, wanted| {
            (0..table.slots.len()).any(|_| table.evict(|account| account.state == wanted))
        };
        for wanted in [99, 0, 42, 17] {
            assert!(round(&mut table, wanted));
            assert!(!round(&mut table, wanted));
        }
        assert_eq!(table.len(), 96);
    }

    #[test]
    fn a_rebuild_without_the_departed_does_not_grow() {
        let mut table = Numbers::new();
        for key in 0..1_000_u64 {
            add(&mut table, KeyHash::for_test(key << 54, key + 1), key);
        }
        let bytes = table.bytes();
        table.rebuild(usize::MAX, |account| account.state % 10 > 0);
        assert_eq!((table.len(), table.bytes()), (100, bytes));
    }

    #[derive(Clone, Debug)]
    enum Step {
        Add(u8),
        Remove(u8),
        Evict(u8),
        Rebuild(u8),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => (0..60_u8).prop_map(Step::Add),
            2 => (0..60_u8).prop_map(Step::Remove),
            1 => (0..60_u8).prop_map(Step::Evict),
            1 => any::<u8>().prop_map(Step::Rebuild),
        ]
    }

    proptest! {
        #[test]
        fn behaves_like_a_map(steps in prop::collection::vec(step(), 1..200)) {
            // Few homes, some at the very end: long runs that wrap round.
            let key = |name: u8| KeyHash::for_test(
                [0, 1 << 63, u64::MAX, u64::MAX - (1 << 60)][usize::from(name % 4)],
                u64::from(name) + 1,
            );
            let mut table = Numbers::new();
            let mut model = HashMap::new();
            for step in steps {
                match step {
                    Step::Add(name) => if table.find(key(name)).is_none() {
                        add(&mut table, key(name), u64::from(name));
                        model.insert(name, u64::from(name));
                    },
                    Step::Remove(name) => {
                        let index = table.find(key(name));
                        prop_assert_eq!(index.is_some(), model.remove(&name).is_some());
                        if let Some(index) = index {
                            table.remove(index);
                        }
                    }
                    Step::Evict(name) => {
                        let gone = table.evict(|account| account.state == u64::from(name));
                        prop_assert_eq!(gone, model.remove(&name).is_some());
                    }
                    Step::Rebuild(odd) => {
                        let may_go = |state: u64| state % 3 == u64::from(odd % 3);
                        table.rebuild(usize::MAX, |account| may_go(account.state));
                        model.retain(|_, state| !may_go(*state));
                    }
                }
                prop_assert_eq!(table.len(), model.len());
                for name in 0..60_u8 {
                    let found = table.find(key(name)).map(|index| table.get(index).state);
                    prop_assert_eq!(found, model.get(&name).copied());
                }
            }
        }
    }
}
