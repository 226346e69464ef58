//! A hash table from keys to their states, in memory that grows without a pause.
//!
//! It is extendible hashing (Fagin and others, 1979): the first bits of a key's hash lead to one of many small
//! [segments](super::segment), and a segment that is full is made larger, or split in two, by itself. So no operation
//! touches more than one segment, however many keys there are, and there is never a second copy of all of
//! them. What does grow with their number is the directory, 4 bytes for some hundred keys.

pub(in crate::rate_limit) use super::segment::KeyState;
use super::segment::{Segment, capacity_of, slots_for, work};
use crate::rate_limit::key_hash::KeyHash;

/// Where a key is. Valid until the next key is inserted or removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rate_limit) struct SlotIndex {
    segment: u32,
    slot: u32,
}

/// The table. `SPLIT_AT` is the fewest slots that a segment has when it is split.
pub(in crate::rate_limit) struct Table<S, const SPLIT_AT: usize = 1_024> {
    segments: Vec<Segment<S>>,
    /// The segment for each value of the first `depth` bits of a hash.
    directory: Vec<u32>,
    depth: u32,
    len: usize,
    /// The clock hand of the eviction (the clock algorithm of page replacement).
    clock_hand: SlotIndex,
}

impl<S: Default + Clone, const SPLIT_AT: usize> Table<S, SPLIT_AT> {
    const MIN_SLOTS: usize = 8;
    /// Up to this size, an eviction visits all slots.
    const SMALL: usize = 128;
    /// The slots that an eviction visits in a larger table: 1 KiB with the token bucket.
    const EVICTION_STEPS: usize = 32;
    /// A segment is not split beyond this depth. A good hash does not fill a segment whose keys have so
    /// many leading bits in common.
    const MAX_DEPTH: u32 = 24;

    /// Makes an empty table, without an allocation.
    pub(in crate::rate_limit) fn new() -> Self {
        Self {
            segments: Vec::new(),
            directory: Vec::new(),
            depth: 0,
            len: 0,
            clock_hand: SlotIndex::default(),
        }
    }

    pub(in crate::rate_limit) fn len(&self) -> usize {
        self.len
    }

    /// Returns the segment of a key; `None` in an empty table.
    #[inline]
    fn segment(&self, key: KeyHash) -> Option<u32> {
        self.directory.get(key.first(self.depth)).copied()
    }

    #[inline]
    pub(in crate::rate_limit) fn find(&self, key: KeyHash) -> Option<SlotIndex> {
        let segment = self.segment(key)?;
        let slot = self.segments[segment as usize].find(key)? as u32;
        Some(SlotIndex { segment, slot })
    }

    #[inline]
    pub(in crate::rate_limit) fn get(&self, at: SlotIndex) -> &KeyState<S> {
        let segment = &self.segments[at.segment as usize];
        &segment.slot(at.slot as usize).key_state
    }

    #[inline]
    pub(in crate::rate_limit) fn get_mut(&mut self, at: SlotIndex) -> &mut KeyState<S> {
        let segment = &mut self.segments[at.segment as usize];
        &mut segment.slot_mut(at.slot as usize).key_state
    }

    /// Inserts a key that is not there. If its segment is full, evictable keys are dropped before the segment
    /// grows. `max_keys` is the most keys that there will ever be.
    pub(in crate::rate_limit) fn insert(
        &mut self,
        key: KeyHash,
        max_keys: usize,
        is_evictable: impl FnMut(&mut KeyState<S>) -> bool,
    ) -> SlotIndex {
        debug_assert!(self.find(key).is_none());
        let has_room = |index: u32| !self.segments[index as usize].is_full();
        let segment = match self.segment(key) {
            Some(index) if has_room(index) => index,
            _ => self.make_room(key, max_keys, is_evictable),
        };
        let slot = self.segments[segment as usize].insert(key) as u32;
        self.len += 1;
        SlotIndex { segment, slot }
    }

    /// Makes room in the segment of that key, and returns the index of the segment.
    #[cold]
    fn make_room(
        &mut self,
        key: KeyHash,
        max_keys: usize,
        is_evictable: impl FnMut(&mut KeyState<S>) -> bool,
    ) -> u32 {
        let Some(index) = self.segment(key) else {
            self.segments = vec![Segment::new(Self::MIN_SLOTS, 0)];
            self.directory = vec![0];
            return 0;
        };
        if self.clock_hand.segment == index {
            self.clock_hand.slot = 0;
        }
        let only_segment = self.segments.len() == 1;
        let segment = &mut self.segments[index as usize];
        let before = segment.len();
        let kept = segment.sweep(is_evictable);
        self.len -= before - segment.len();
        let slots = segment.slots();
        if segment.len() < capacity_of(slots) / 4 * 3 {
            segment.resize(slots);
            return index;
        }
        // Growth by a quarter: a key then costs at most 5 / 4 × 5 / 4 slots, and a little for an uneven hash.
        let half = slots / 2 + slots / 8;
        let evenly = kept.into_iter().all(|part| part < capacity_of(half));
        if slots >= SPLIT_AT && evenly && segment.depth() < Self::MAX_DEPTH {
            return self.split(index, half, key);
        }
        let by = if slots < Self::SMALL { 2 } else { 4 };
        let mut more = slots + slots / by;
        if only_segment {
            more = more.min(slots_for(max_keys.max(segment.len())));
        }
        segment.resize(more);
        index
    }

    /// Splits a segment into two of `slots` slots each. Returns the one for that key.
    fn split(&mut self, index: u32, slots: usize, key: KeyHash) -> u32 {
        if self.segments[index as usize].depth() == self.depth {
            work::count(self.directory.len() / 4);
            self.directory = (self.directory.iter())
                .flat_map(|&segment| [segment; 2])
                .collect();
            self.depth += 1;
        }
        let other = self.segments[index as usize].split(slots);
        let depth = other.depth();
        let new = u32::try_from(self.segments.len()).expect("fewer than 2²⁴ segments");
        self.segments.push(other);
        // All values that begin like the key and go on with a 1.
        let entries = 1 << (self.depth - depth);
        let begin = (key.first(depth) | 1) * entries;
        work::count(entries / 8 + 1);
        self.directory[begin..begin + entries].fill(new);
        if key.bit(depth - 1) { new } else { index }
    }

    /// Removes a key; later keys may move.
    #[cfg(test)]
    pub(in crate::rate_limit) fn remove(&mut self, at: SlotIndex) {
        self.segments[at.segment as usize].remove(at.slot as usize);
        self.len -= 1;
    }

    /// Moves the clock hand and removes the first evictable key. In a small table it visits all keys; in
    /// others a few, and the next eviction continues from there.
    pub(in crate::rate_limit) fn evict(
        &mut self,
        mut is_evictable: impl FnMut(&mut KeyState<S>) -> bool,
    ) -> bool {
        let steps = match &*self.segments {
            [] => 0,
            [only] if only.slots() <= Self::SMALL => only.slots(),
            _ => Self::EVICTION_STEPS,
        };
        for _ in 0..steps {
            work::count(1);
            let SlotIndex { segment, slot } = self.clock_hand;
            let part = &mut self.segments[segment as usize];
            let candidate = part.slot_mut(slot as usize);
            if !candidate.key.is_none() && is_evictable(&mut candidate.key_state) {
                // The hand stays: another key may have moved here.
                part.remove(slot as usize);
                self.len -= 1;
                return true;
            }
            self.clock_hand = if slot as usize + 1 < part.slots() {
                SlotIndex {
                    segment,
                    slot: slot + 1,
                }
            } else if segment as usize + 1 < self.segments.len() {
                SlotIndex {
                    segment: segment + 1,
                    slot: 0,
                }
            } else {
                SlotIndex::default()
            };
        }
        false
    }

    /// Converts the state of each key; keys for which `convert` returns `None` are dropped. This visits every
    /// key, though at no time are there two copies of more than a segment.
    pub(in crate::rate_limit) fn map<T: Default + Clone>(
        self,
        mut convert: impl FnMut(KeyState<S>) -> Option<KeyState<T>>,
    ) -> Table<T, SPLIT_AT> {
        let segments: Vec<_> = (self.segments.into_iter())
            .map(|segment| segment.map(&mut convert))
            .collect();
        Table {
            len: segments.iter().map(Segment::len).sum(),
            segments,
            directory: self.directory,
            depth: self.depth,
            clock_hand: SlotIndex::default(),
        }
    }

    #[cfg(test)]
    pub(in crate::rate_limit) fn bytes(&self) -> usize {
        self.slots() * size_of::<super::segment::Slot<S>>()
            + self.segments.capacity() * size_of::<Segment<S>>()
            + self.directory.capacity() * size_of::<u32>()
    }

    #[cfg(test)]
    pub(in crate::rate_limit) fn slots(&self) -> usize {
        self.segments.iter().map(Segment::slots).sum()
    }
}
