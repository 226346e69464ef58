//! The sliding window of a fleet: never more than the limit in any window, though tokens are used up to a life after they were
//! charged.
//!
//! Grants are counted in the slot of a grid in which their life ends, and count until that slot has left the window: longer
//! than they should, by less than a slot, and never shorter.

use std::collections::BTreeMap;

use super::Term;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sliding {
    /// The sum of all slots.
    sum: u64,
    slots: BTreeMap<u64, u64>,
    /// The length of a slot: a power of two, so that grids of different lengths fit into each other.
    grid: u64,
    /// How long slots are kept: the longest period of those that asked within as long, so that two versions of a limit see
    /// the same.
    keep: u64,
    /// When it was asked for last with that period.
    keep_at: u64,
}

/// The greatest power of two that is at most 1/128 of the period.
fn grid(period: u64) -> u64 {
    1 << (period / 128).ilog2()
}

impl Sliding {
    pub(super) fn new(term: &Term, now: u64) -> Self {
        Self {
            sum: 0,
            slots: BTreeMap::new(),
            grid: grid(term.period),
            keep: term.period,
            keep_at: now,
        }
    }

    pub(super) fn lost(term: &Term, then: u64, life: u64, ahead: u64) -> Self {
        Self::with_taken(term, term.limit, life, then + ahead)
    }

    pub(super) fn with_taken(term: &Term, tokens: u64, life: u64, at: u64) -> Self {
        let mut new = Self::new(term, at);
        if tokens > 0 {
            new.charge(life, tokens, at);
        }
        new
    }

    pub(super) fn adopt(&mut self, term: &Term, now: u64) {
        let is_over = now >= self.keep_at + self.keep;
        if term.period >= self.keep || is_over {
            (self.keep, self.keep_at) = (term.period, now);
            let grid = grid(term.period);
            if grid != self.grid {
                self.move_to(grid);
            }
        }
        let gone = self.first_live(self.keep, now);
        while let Some(slot) = self.slots.first_entry()
            && *slot.key() < gone
        {
            self.sum -= slot.remove();
        }
    }

    /// Moves all to the slots of another grid that do not end earlier.
    fn move_to(&mut self, grid: u64) {
        let mut slots = BTreeMap::new();
        for (slot, count) in &self.slots {
            let end = (slot + 1) * self.grid;
            *slots.entry(end.div_ceil(grid) - 1).or_insert(0) += count;
        }
        (self.grid, self.slots) = (grid, slots);
    }

    /// The first slot that counts at `at` in a window of `period`.
    fn first_live(&self, period: u64, at: u64) -> u64 {
        at.saturating_sub(period) / self.grid
    }

    pub(super) fn ready_at(&self, term: &Term, tokens: u64, now: u64) -> Option<u64> {
        if tokens > term.limit {
            return None;
        }
        let mut above = (self.sum + tokens).saturating_sub(term.limit);
        let mut ready = now;
        for (slot, count) in &self.slots {
            if above == 0 {
                break;
            }
            above = above.saturating_sub(*count);
            ready = ready.max((slot + 1) * self.grid + term.period);
        }
        Some(ready)
    }

    pub(super) fn fits_by(&self, term: &Term, deadline: u64) -> u64 {
        let live = self.first_live(term.period, deadline);
        let left: u64 = self.slots.range(..live).map(|(_, count)| count).sum();
        term.limit.saturating_sub(self.sum - left)
    }

    pub(super) fn charge(&mut self, life: u64, tokens: u64, start: u64) {
        *self.slots.entry((start + life) / self.grid).or_insert(0) += tokens;
        self.sum += tokens;
    }

    /// Gives back from the slot in which they were counted. From another one it would be wrong for as long as both count.
    pub(super) fn uncharge(&mut self, tokens: u64, ends_at: u64) {
        let slot = ends_at / self.grid;
        if let Some(count) = self.slots.get_mut(&slot) {
            let back = tokens.min(*count);
            *count -= back;
            self.sum -= back;
            if *count == 0 {
                self.slots.remove(&slot);
            }
        }
    }

    /// Gives back from the slots that leave first, as the local window does: the others count longer than they should.
    pub(super) fn give_back(&mut self, tokens: u64) {
        let mut left = tokens;
        while left > 0
            && let Some(mut slot) = self.slots.first_entry()
        {
            let back = left.min(*slot.get());
            left -= back;
            self.sum -= back;
            *slot.get_mut() -= back;
            if *slot.get() == 0 {
                slot.remove();
            }
        }
    }

    pub(super) fn taken(&self) -> u64 {
        self.sum
    }

    pub(super) fn rest_at(&self, now: u64) -> u64 {
        let last = self.slots.last_key_value();
        last.map_or(now, |(slot, _)| (slot + 1) * self.grid + self.keep)
    }
}
