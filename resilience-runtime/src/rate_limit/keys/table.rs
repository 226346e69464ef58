//! Keys to their accounts, in memory that grows without a pause.
//!
//! It is extendible hashing (Fagin and others, 1979): the first bits of a key's hash lead to one of many small
//! [segments](super::segment), and a segment that is full is made larger, or split in two, by itself. So no operation
//! touches more than one segment, however many keys there are, and there is never a second copy of all of
//! them. What does grow with their number is the directory, 4 bytes for some hundred keys.

use super::key::KeyHash;
pub(in crate::rate_limit) use super::segment::Account;
use super::segment::{Segment, room, slots_for, work};

/// Where an account is, until the next key enters or leaves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rate_limit) struct Spot {
    segment: u32,
    slot: u32,
}

/// `LARGE` is how many slots a segment has at least when it is split.
pub(in crate::rate_limit) struct Table<S, const LARGE: usize = 1_024> {
    segments: Vec<Segment<S>>,
    /// The segment for each value of the first `depth` bits of a hash.
    directory: Vec<u32>,
    depth: u32,
    len: usize,
    /// Where the clock hand of the eviction stands.
    hand: Spot,
}

impl<S: Default + Clone, const LARGE: usize> Table<S, LARGE> {
    const SMALLEST: usize = 8;
    /// Up to so many slots, an eviction looks at all of them.
    const SMALL: usize = 128;
    /// In a larger table it looks at so many, 1 KiB of the token bucket's.
    const STEPS: usize = 32;
    /// No hash that deserves the name fills a segment that has so many bits in common.
    const DEEPEST: u32 = 24;

    /// Allocates nothing.
    pub(in crate::rate_limit) fn new() -> Self {
        Self {
            segments: Vec::new(),
            directory: Vec::new(),
            depth: 0,
            len: 0,
            hand: Spot::default(),
        }
    }

    pub(in crate::rate_limit) fn len(&self) -> usize {
        self.len
    }

    /// The segment of a key; `None` where there are none yet.
    #[inline]
    fn segment(&self, key: KeyHash) -> Option<u32> {
        self.directory.get(key.first(self.depth)).copied()
    }

    #[inline]
    pub(in crate::rate_limit) fn find(&self, key: KeyHash) -> Option<Spot> {
        let segment = self.segment(key)?;
        let slot = self.segments[segment as usize].find(key)? as u32;
        Some(Spot { segment, slot })
    }

    #[inline]
    pub(in crate::rate_limit) fn get(&self, spot: Spot) -> &Account<S> {
        let segment = &self.segments[spot.segment as usize];
        &segment.slot(spot.slot as usize).account
    }

    #[inline]
    pub(in crate::rate_limit) fn get_mut(&mut self, spot: Spot) -> &mut Account<S> {
        let segment = &mut self.segments[spot.segment as usize];
        &mut segment.slot_mut(spot.slot as usize).account
    }

    /// Adds a key that is not there. Where it takes more room for that, those that may go are dropped first; `most`
    /// is how many accounts there will ever be.
    pub(in crate::rate_limit) fn insert(
        &mut self,
        key: KeyHash,
        most: usize,
        may_go: impl FnMut(&mut Account<S>) -> bool,
    ) -> Spot {
        debug_assert!(self.find(key).is_none());
        let has_room = |index: u32| !self.segments[index as usize].is_full();
        let segment = match self.segment(key) {
            Some(index) if has_room(index) => index,
            _ => self.make_room(key, most, may_go),
        };
        let slot = self.segments[segment as usize].insert(key) as u32;
        self.len += 1;
        Spot { segment, slot }
    }

    /// Makes room in the segment of that key, and returns it.
    #[cold]
    fn make_room(
        &mut self,
        key: KeyHash,
        most: usize,
        may_go: impl FnMut(&mut Account<S>) -> bool,
    ) -> u32 {
        let Some(index) = self.segment(key) else {
            self.segments = vec![Segment::new(Self::SMALLEST, 0)];
            self.directory = vec![0];
            return 0;
        };
        if self.hand.segment == index {
            self.hand.slot = 0;
        }
        let alone = self.segments.len() == 1;
        let segment = &mut self.segments[index as usize];
        let before = segment.len();
        let stay = segment.sweep(may_go);
        self.len -= before - segment.len();
        let slots = segment.slots();
        if segment.len() < room(slots) / 4 * 3 {
            segment.resize(slots);
            return index;
        }
        // By a quarter: a key then costs at most 5 / 4 × 5 / 4 slots, and a little for the odds of the hash.
        let half = slots / 2 + slots / 8;
        let evenly = stay.into_iter().all(|part| part < room(half));
        if slots >= LARGE && evenly && segment.depth() < Self::DEEPEST {
            return self.split(index, half, key);
        }
        let by = if slots < Self::SMALL { 2 } else { 4 };
        let mut more = slots + slots / by;
        if alone {
            more = more.min(slots_for(most.max(segment.len())));
        }
        segment.resize(more);
        index
    }

    /// Splits a segment into two of so many slots. Returns the one for that key.
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

    /// Frees a place; later accounts may move.
    #[cfg(test)]
    pub(in crate::rate_limit) fn remove(&mut self, spot: Spot) {
        self.segments[spot.segment as usize].remove(spot.slot as usize);
        self.len -= 1;
    }

    /// Lets a hand go round and removes the first account that may go. In a small table it looks at all of
    /// them; in others at a few, and goes on from there the next time.
    pub(in crate::rate_limit) fn evict(
        &mut self,
        mut may_go: impl FnMut(&mut Account<S>) -> bool,
    ) -> bool {
        let steps = match &*self.segments {
            [] => 0,
            [only] if only.slots() <= Self::SMALL => only.slots(),
            _ => Self::STEPS,
        };
        for _ in 0..steps {
            work::count(1);
            let Spot { segment, slot } = self.hand;
            let part = &mut self.segments[segment as usize];
            let candidate = part.slot_mut(slot as usize);
            if !candidate.key.is_none() && may_go(&mut candidate.account) {
                // The hand stays: another account may have moved here.
                part.remove(slot as usize);
                self.len -= 1;
                return true;
            }
            self.hand = if slot as usize + 1 < part.slots() {
                Spot {
                    segment,
                    slot: slot + 1,
                }
            } else if segment as usize + 1 < self.segments.len() {
                Spot {
                    segment: segment + 1,
                    slot: 0,
                }
            } else {
                Spot::default()
            };
        }
        false
    }

    /// The same keys with other accounts; those without one are dropped. This looks at every key, though at no time
    /// are there two copies of more than a segment.
    pub(in crate::rate_limit) fn map<T: Default + Clone>(
        self,
        mut account: impl FnMut(Account<S>) -> Option<Account<T>>,
    ) -> Table<T, LARGE> {
        let segments: Vec<_> = (self.segments.into_iter())
            .map(|segment| segment.map(&mut account))
            .collect();
        Table {
            len: segments.iter().map(Segment::len).sum(),
            segments,
            directory: self.directory,
            depth: self.depth,
            hand: Spot::default(),
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
