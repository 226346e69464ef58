//! A part of the [`table`](super::table), small enough to be rebuilt in one go: open addressing and linear
//! probing, so that a look-up is one or two neighbouring cache lines and a key costs no allocation.
//!
//! Deleting moves the rest of the run back (Knuth, TAOCP 6.4, algorithm R), so that there are no
//! tombstones.

use crate::rate_limit::key_hash::KeyHash;
use crate::rate_limit::waiting::ticket::WaitStateId;

/// The state of one key: its counters, and where its wait state is if it is cooling down or has waiters.
#[derive(Clone, Debug, Default)]
pub(in crate::rate_limit) struct KeyState<S> {
    pub(in crate::rate_limit) state: S,
    pub(in crate::rate_limit) wait_state: WaitStateId,
}

/// A key and its state. [`KeyHash::NONE`] marks a free slot.
#[derive(Clone, Default)]
pub(in crate::rate_limit) struct Slot<S> {
    pub(in crate::rate_limit) key: KeyHash,
    pub(in crate::rate_limit) key_state: KeyState<S>,
}

pub(in crate::rate_limit) struct Segment<S> {
    slots: Box<[Slot<S>]>,
    len: usize,
    /// How many leading bits are the same in all keys of the segment.
    depth: u32,
}

/// The maximum load factor, 4 of 5 slots: with more, probe sequences get long.
const MAX_LOAD: (usize, usize) = (4, 5);

/// Returns how many keys fit into `slots` slots.
pub(super) fn capacity_of(slots: usize) -> usize {
    slots * MAX_LOAD.0 / MAX_LOAD.1
}

/// Returns how many slots are needed for `keys` keys and one more.
pub(in crate::rate_limit) fn slots_for(keys: usize) -> usize {
    keys.saturating_mul(MAX_LOAD.1) / MAX_LOAD.0 + 2
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

    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    pub(super) fn is_full(&self) -> bool {
        self.len >= capacity_of(self.slots.len())
    }

    pub(in crate::rate_limit) fn slot(&self, index: usize) -> &Slot<S> {
        &self.slots[index]
    }

    pub(super) fn slot_mut(&mut self, index: usize) -> &mut Slot<S> {
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

    /// Inserts a key that is not there. The segment must not be full.
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
        self.slots[index].key_state = slot.key_state;
    }

    /// Removes the key of a slot; later keys may move.
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

    /// Takes all keys out and leaves `slots` free slots.
    fn take(&mut self, slots: usize) -> impl Iterator<Item = Slot<S>> + use<S> {
        work::count(self.slots.len());
        let old = std::mem::replace(self, Self::new(slots, self.depth));
        old.slots.into_iter().filter(|slot| !slot.key.is_none())
    }

    /// Drops evictable keys. Returns how many of the others have the next bit clear, and how many have it set.
    /// The segment must be resized or split before the next look-up.
    pub(super) fn sweep(
        &mut self,
        mut is_evictable: impl FnMut(&mut KeyState<S>) -> bool,
    ) -> [usize; 2] {
        work::count(self.slots.len());
        let mut kept = [0; 2];
        for slot in &mut self.slots {
            if slot.key.is_none() {
                continue;
            }
            if is_evictable(&mut slot.key_state) {
                *slot = Slot::default();
            } else {
                kept[usize::from(slot.key.bit(self.depth))] += 1;
            }
        }
        self.len = kept[0] + kept[1];
        kept
    }

    pub(in crate::rate_limit) fn resize(&mut self, slots: usize) {
        for slot in self.take(slots) {
            self.put(slot);
        }
    }

    /// Keeps the keys whose next bit is clear, and returns a segment with the others; each has `slots` slots.
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

    /// Converts the state of each key; keys for which `convert` returns `None` are dropped.
    pub(in crate::rate_limit) fn map<T: Default + Clone>(
        mut self,
        convert: &mut impl FnMut(KeyState<S>) -> Option<KeyState<T>>,
    ) -> Segment<T> {
        let mut other = Segment::new(self.slots.len(), self.depth);
        for slot in self.take(0) {
            if let Some(key_state) = convert(slot.key_state) {
                other.put(Slot {
                    key: slot.key,
                    key_state,
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

/// Counts the slots that are touched, so that a test can bound the longest pause without a clock.
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

    /// Returns the slots touched since the last call.
    #[cfg(test)]
    pub(in crate::rate_limit) fn counted() -> usize {
        SLOTS.with(std::cell::Cell::take)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_bucket_slot_is_half_a_cache_line() {
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
    fn slots_for_leaves_room_for_one_or_two_more() {
        for keys in 0..1_000 {
            let more = capacity_of(slots_for(keys)) - keys;
            assert!(more == 1 || more == 2, "{keys}: {more}");
        }
    }
}
