//! Who has asked lately, and how much each needs.

use std::collections::HashMap;

/// How long those who asked are counted at least, in microseconds.
const SLOT: u64 = 2_000_000;

/// How long a holder is remembered, in microseconds.
pub(super) const REMEMBERED: u64 = 120_000_000;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Presence {
    slot: u64,
    current: Total,
    previous: Total,
    holders: HashMap<u64, Holder>,
    /// When those that were gone have been dropped last.
    swept_at: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Total {
    holders: u64,
    demand: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Holder {
    slot: u64,
    demand: u64,
    /// The last settlement that was taken account of.
    settled: u64,
}

impl Presence {
    pub(super) fn new(now: u64) -> Self {
        Self {
            swept_at: now,
            ..Self::default()
        }
    }

    /// Notes that a holder has asked.
    pub(super) fn note(&mut self, holder: u64, demand: u64, now: u64) {
        let slot = now / SLOT;
        if slot > self.slot {
            let is_next = slot == self.slot + 1;
            self.previous = if is_next {
                self.current
            } else {
                Total::default()
            };
            (self.current, self.slot) = (Total::default(), slot);
        }
        if now >= self.swept_at + REMEMBERED {
            self.holders
                .retain(|_, holder| now < (holder.slot + 1) * SLOT + REMEMBERED);
            self.swept_at = now;
        }
        let known = self.holders.entry(holder).or_insert(Holder {
            slot: 0,
            demand: 0,
            settled: 0,
        });
        if known.slot == slot {
            self.current.demand -= known.demand;
        } else {
            self.current.holders += 1;
        }
        self.current.demand += demand;
        (known.slot, known.demand) = (slot, demand);
    }

    /// Whether the settlement is to be applied: each is once.
    pub(super) fn settle(&mut self, holder: u64, number: u64) -> bool {
        self.holders.get_mut(&holder).is_some_and(|known| {
            let is_new = number > known.settled;
            known.settled = known.settled.max(number);
            is_new
        })
    }

    pub(super) fn holders(&self) -> u64 {
        self.current.holders.max(self.previous.holders).max(1)
    }

    /// The part of so many tokens that a holder with this demand may have: an equal one, or one in proportion.
    pub(super) fn part(&self, tokens: u64, demand: u64) -> u64 {
        let all = self.current.demand.max(self.previous.demand).max(demand);
        let weight = demand * 65_536 / all;
        (tokens / self.holders()).max(tokens * weight / 65_536)
    }
}
