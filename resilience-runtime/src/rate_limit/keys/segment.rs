//! A part of the [`table`](super::table), small enough to be rebuilt in one go: open addressing and linear
//! probing, so that a look-up is one or two neighbouring cache lines and a key costs no allocation.
//!
//! Deleting moves the rest of the run back (Knuth, TAOCP 6.4, algorithm R), so that there are no
//! tombstones.

use super::key::KeyHash;
use crate::rate_limit::waiting::wait_state::SideId;

/// What is known of one key: its counters, and where the rest is if it is cooling down or waited for.
#[derive(Clone, Debug, Default)]
pub(in crate::rate_limit) struct Account<S> {
    pub(in crate::rate_limit) state: S,
    pub(in crate::rate_limit) side: SideId,
}

/// An account and whose it is; no key marks a free slot.
#[derive(Clone, Default)]
pub(in crate::rate_limit) struct Slot<S> {
    pub(in crate::rate_limit) key: KeyHash,
    pub(in crate::rate_limit) account: Account<S>,
}

pub(in crate::rate_limit) struct Segment<S> {
    slots: Box<[Slot<S>]>,
    len: usize,
    /// So many leading bits are the same in all its keys.
    depth: u32,
}

/// At most 4 of 5 slots are taken: with more, probing gets long.
const FULL: (usize, usize) = (4, 5);

/// How many accounts so many slots are for.
pub(in crate::rate_limit) fn room(slots: usize) -> usize {
    slots * FULL.0 / FULL.1
}

/// How many slots so many accounts take, and one more.
pub(in crate::rate_limit) fn slots_for(accounts: usize) -> usize {
    accounts.saturating_mul(FULL.1) / FULL.0 + 2
}

impl<S: Default + Clone> Segment<S> {
    pub(in crate::rate_limit) fn new(slots: usize, depth: u32) -> Self {
        work::count(slots);
        Self {
            slots: vec![Slot::default(); slots].into(),
            len: 0,
            depth,
        }
    }

    pub(in crate::rate_limit) fn len(&self) -> usize {
        self.len
    }

    pub(in crate::rate_limit) fn slots(&self) -> usize {
        self.slots.len()
    }

    pub(in crate::rate_limit) fn depth(&self) -> u32 {
        self.depth
    }

    pub(in crate::rate_limit) fn is_full(&self) -> bool {
        self.len >= room(self.slots.len())
    }

    pub(in crate::rate_limit) fn slot(&self, index: usize) -> &Slot<S> {
        &self.slots[index]
    }

    pub(in crate::rate_limit) fn slot_mut(&mut self, index: usize) -> &mut Slot<S> {
        &mut self.slots[index]
    }

    #[inline]
    pub(in crate::rate_limit) fn find(&self, key: KeyHash) -> Option<usize> {
        let mut index = self.home(key);
        loop {
            work::count(1);
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

    /// Adds a key that is not there, where it is not full.
    pub(in crate::rate_limit) fn insert(&mut self, key: KeyHash) -> usize {
        debug_assert!(!key.is_none() && !self.is_full());
        let mut index = self.home(key);
        while !self.slots[index].key.is_none() {
            work::count(1);
            index = self.next(index);
        }
        self.slots[index].key = key;
        self.len += 1;
        index
    }

    fn put(&mut self, slot: Slot<S>) {
        let index = self.insert(slot.key);
        self.slots[index].account = slot.account;
    }

    /// Frees a slot; later accounts may move.
    pub(in crate::rate_limit) fn remove(&mut self, index: usize) {
        let mut free = index;
        let mut probe = index;
        loop {
            work::count(1);
            probe = self.next(probe);
            let key = self.slots[probe].key;
            if key.is_none() {
                break;
            }
            // It may move if the free slot lies on its way from home.
            if self.distance(self.home(key), probe) >= self.distance(free, probe) {
                self.slots.swap(free, probe);
                free = probe;
            }
        }
        self.slots[free] = Slot::default();
        self.len -= 1;
    }

    /// Takes everything out, for as many slots as are said.
    fn take(&mut self, slots: usize) -> impl Iterator<Item = Slot<S>> + use<S> {
        work::count(self.slots.len());
        let old = std::mem::replace(self, Self::new(slots, self.depth));
        old.slots.into_iter().filter(|slot| !slot.key.is_none())
    }

    /// Drops those that may go, and says how many stay on each side of the next bit. Nothing is to be found until it is
    /// resized or split.
    pub(in crate::rate_limit) fn sweep(
        &mut self,
        mut may_go: impl FnMut(&mut Account<S>) -> bool,
    ) -> [usize; 2] {
        work::count(self.slots.len());
        let mut stay = [0; 2];
        for slot in &mut self.slots {
            if slot.key.is_none() {
                continue;
            }
            if may_go(&mut slot.account) {
                *slot = Slot::default();
            } else {
                stay[usize::from(slot.key.bit(self.depth))] += 1;
            }
        }
        self.len = stay[0] + stay[1];
        stay
    }

    pub(in crate::rate_limit) fn resize(&mut self, slots: usize) {
        for slot in self.take(slots) {
            self.put(slot);
        }
    }

    /// Keeps those whose next bit is not set, and returns the others; each with so many slots.
    pub(in crate::rate_limit) fn split(&mut self, slots: usize) -> Self {
        let all = self.take(slots);
        self.depth += 1;
        let mut other = Self::new(slots, self.depth);
        for slot in all {
            if slot.key.bit(self.depth - 1) {
                other.put(slot);
            } else {
                self.put(slot);
            }
        }
        other
    }

    /// The same keys with other accounts; those without one are dropped.
    pub(in crate::rate_limit) fn map<T: Default + Clone>(
        mut self,
        account: &mut impl FnMut(Account<S>) -> Option<Account<T>>,
    ) -> Segment<T> {
        let mut other = Segment::new(self.slots.len(), self.depth);
        for slot in self.take(0) {
            if let Some(account) = account(slot.account) {
                other.put(Slot {
                    key: slot.key,
                    account,
                });
            }
        }
        other
    }

    #[inline]
    fn home(&self, key: KeyHash) -> usize {
        key.home(self.depth, self.slots.len())
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
}

/// Counts the slots that are touched, so that a test can say that there is no pause without a clock.
pub(in crate::rate_limit) mod work {
    #[cfg(test)]
    thread_local! {
        static SLOTS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    #[inline(always)]
    pub(in crate::rate_limit) fn count(slots: usize) {
        #[cfg(test)]
        SLOTS.with(|sum| sum.set(sum.get() + slots));
        let _ = slots;
    }

    /// Those touched since it was asked last.
    #[cfg(test)]
    pub(in crate::rate_limit) fn counted() -> usize {
        SLOTS.with(std::cell::Cell::take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_of_the_token_bucket_is_half_a_cache_line() {
        use crate::rate_limit::algorithms::token_bucket::FullAt;
        assert_eq!(size_of::<Slot<FullAt>>(), 32);
        assert_eq!(
            size_of::<Slot<crate::rate_limit::algorithms::sliding_window::Admitted>>(),
            32
        );
        assert_eq!(size_of::<Slot<((), FullAt)>>(), 32, "tokens alone");
        assert_eq!(
            size_of::<Slot<(FullAt, FullAt)>>(),
            48,
            "tokens beside requests"
        );
    }

    #[test]
    fn so_many_slots_have_room() {
        for accounts in 0..1_000 {
            let more = room(slots_for(accounts)) - accounts;
            assert!(more == 1 || more == 2, "{accounts}: {more}");
        }
    }
}
