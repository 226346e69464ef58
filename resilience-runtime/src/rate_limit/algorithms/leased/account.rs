//! What a process has of shared limits for one key.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::demand::Demand;
use super::lease::{Charged, Flight, Lease};
use crate::clock::Moment;
use crate::fleet::{Grant, Settlement};
use crate::rate_limit::algorithms::any_meter::AnyState;

/// Of so many leases what was left is kept, until it is given back.
const MOST_UNUSED: usize = 4;

/// Tokens that are here, what was asked for, and what the store has to be told.
#[derive(Clone, Debug)]
pub(in crate::rate_limit) struct Account {
    /// The first one ends first.
    leases: [Lease; 2],
    /// Before that there is nothing to be had.
    refused_until: Moment,
    /// A request is on its way.
    pub(super) is_asking: bool,
    pub(super) demand: Demand,
    /// What was used otherwise than it was charged, of each limit.
    accrued: Vec<i64>,
    /// What was left of leases that are over, and has not been given back.
    unused: VecDeque<(Vec<u32>, Charged)>,
    /// What was told, until the store has answered.
    told: Option<Settlement>,
    epoch: u64,
    /// The end of the cooldown that the store was told of.
    told_cooldown: Moment,
    /// What is counted by this process alone, while the store is away.
    pub(super) alone: Option<Vec<AnyState>>,
}

/// Of all settlements of the process: a key may be forgotten here before the store has forgotten what it was told last.
fn next_number() -> u64 {
    static NUMBERS: AtomicU64 = AtomicU64::new(1);
    NUMBERS.fetch_add(1, Ordering::Relaxed)
}

/// Whether the store has to be told of it. What would only be given back may be forgotten.
fn owes(accrued: &[i64]) -> bool {
    accrued.iter().any(|accrued| *accrued > 0)
}

/// A request for tokens, without whose it is.
#[derive(Clone, Debug)]
pub(in crate::rate_limit) struct Ask {
    pub(in crate::rate_limit) least: Vec<u32>,
    pub(in crate::rate_limit) wanted: Vec<u32>,
    pub(in crate::rate_limit) demand: u64,
    pub(in crate::rate_limit) settlement: Option<Settlement>,
    pub(in crate::rate_limit) cooldown: Duration,
}

impl Account {
    pub(super) fn new(limits: usize, now: Moment) -> Self {
        Self {
            leases: Default::default(),
            refused_until: Moment::default(),
            is_asking: false,
            demand: Demand::new(limits, now),
            accrued: vec![0; limits],
            unused: VecDeque::new(),
            told: None,
            epoch: 0,
            told_cooldown: Moment::default(),
            alone: None,
        }
    }

    /// What is here of a limit.
    #[inline]
    pub(super) fn left(&self, index: usize, now: Moment) -> u64 {
        let [first, second] = &self.leases;
        u64::from(first.left(index, now)) + u64::from(second.left(index, now))
    }

    /// Whether more was used of a limit than was charged.
    pub(super) fn is_in_debt(&self, index: usize) -> bool {
        self.accrued.get(index).is_some_and(|accrued| *accrued > 0)
    }

    /// Takes of a limit; what is not here is owed to the store.
    #[inline]
    pub(super) fn take(&mut self, index: usize, cost: u32, now: Moment) {
        let [first, second] = &mut self.leases;
        let rest = first.take(index, cost, now);
        if rest > 0 {
            let rest = second.take(index, rest, now);
            if rest > 0 {
                self.owe(index, i64::from(rest));
            }
        }
    }

    pub(super) fn owe(&mut self, index: usize, more: i64) {
        if let Some(accrued) = self.accrued.get_mut(index) {
            *accrued = accrued.saturating_add(more);
        }
    }

    /// Gives back what was taken at that moment and not used.
    pub(super) fn give_back(
        &mut self,
        index: usize,
        back: u32,
        taken: Option<Moment>,
        now: Moment,
    ) {
        let mut leases = self.leases.iter_mut();
        if !leases.any(|lease| lease.give_back(index, back, taken, now)) {
            self.owe(index, -i64::from(back));
        }
    }

    pub(super) fn cap(&mut self, index: usize, most: u32) {
        for lease in &mut self.leases {
            lease.cap(index, most);
        }
    }

    /// When the second lease may be used, if that is still to come.
    pub(super) fn starts_at(&self, now: Moment) -> Option<Moment> {
        let coming = |lease: &&Lease| !lease.is_over(now) && lease.start() > now;
        let coming = self.leases.iter().filter(coming);
        coming.map(Lease::start).min()
    }

    /// Whether there is no room for another lease.
    fn has_both(&self, now: Moment) -> bool {
        self.leases.iter().all(|lease| !lease.is_over(now))
    }

    /// The end of the last lease.
    pub(super) fn ends_at(&self) -> Moment {
        let [first, second] = &self.leases;
        first.until().max(second.until())
    }

    pub(super) fn refused_until(&self) -> Moment {
        self.refused_until
    }

    /// Whether there is nothing to be kept.
    pub(super) fn is_idle(&self, now: Moment) -> bool {
        self.leases.iter().all(|lease| lease.is_over(now))
            && !self.is_asking
            && self.refused_until <= now
            && self.told.as_ref().is_none_or(|told| !owes(&told.used))
            && !owes(&self.accrued)
            && self.alone.is_none()
    }

    /// Whether more is to be asked for before it is missed.
    #[inline]
    pub(super) fn is_low(&self, now: Moment) -> bool {
        let [first, second] = &self.leases;
        !self.is_asking
            && first.is_half_spent()
            && second.is_over(now)
            && self.demand.is_fast()
            && self.refused_until <= now
    }

    /// Somebody found less than this.
    pub(super) fn miss(&mut self, costs: impl Iterator<Item = u32>) {
        self.demand.miss(costs);
    }

    /// Whether there is nothing to be had, or nothing yet.
    pub(super) fn is_refused(&self, now: Moment) -> bool {
        self.refused_until > now || self.starts_at(now).is_some()
    }

    /// Whether something is on its way, or can be asked for.
    pub(super) fn is_awaited(&self, now: Moment) -> bool {
        self.is_asking || !self.is_refused(now)
    }

    pub(super) fn is_asking(&self) -> bool {
        self.is_asking
    }

    /// Puts away what is over: what nobody used goes back.
    pub(super) fn roll(&mut self, now: Moment) {
        for index in [1, 0] {
            if self.leases[index].is_over(now) {
                let over = std::mem::take(&mut self.leases[index]);
                self.unused.extend(over.into_left());
                // Of those that nobody gives back, the oldest ones are lost.
                if self.unused.len() > MOST_UNUSED {
                    self.unused.pop_front();
                }
            }
        }
        if self.leases[0].is_over(now) {
            self.leases.swap(0, 1);
        }
    }

    /// Begins a request, unless one is on its way or there is nothing to be had.
    pub(super) fn ask(
        &mut self,
        queued: (Vec<u32>, Vec<u64>),
        cooldown_until: Moment,
        life: Duration,
        now: Moment,
    ) -> Option<Ask> {
        let tells_cooldown = cooldown_until > self.told_cooldown && cooldown_until > now;
        self.roll(now);
        // What was promised is waited for before more is asked for.
        let is_promised = self.starts_at(now).is_some() || self.has_both(now);
        let is_refused = self.refused_until > now || cooldown_until > now || is_promised;
        if self.is_asking || is_refused && !tells_cooldown {
            return None;
        }
        // While the store is away, somebody has to find out when it is back.
        let has_news =
            self.told.is_some() || owes(&self.accrued) || tells_cooldown || self.alone.is_some();
        if !has_news && queued.0.is_empty() && !self.demand.is_missed() && !self.demand.is_fast() {
            return None;
        }
        let limits = 0..self.accrued.len();
        let left: Vec<u64> = limits.map(|index| self.left(index, now)).collect();
        let (mut least, mut wanted, demand) = self.demand.ask(&left, life, now);
        let (first, all) = queued;
        if !first.is_empty() {
            least = first;
            for (wanted, all) in wanted.iter_mut().zip(all) {
                *wanted = (*wanted).max(u32::try_from(all).unwrap_or(u32::MAX));
            }
        }
        if is_refused {
            least.fill(0);
            wanted.fill(0);
        }
        for (wanted, least) in wanted.iter_mut().zip(&least) {
            *wanted = (*wanted).max(*least);
        }
        self.is_asking = true;
        self.told_cooldown = self.told_cooldown.max(cooldown_until);
        Some(Ask {
            least,
            wanted,
            demand,
            settlement: self.settle(),
            cooldown: cooldown_until.since(now),
        })
    }

    /// What the store is told: the same until it has answered.
    fn settle(&mut self) -> Option<Settlement> {
        if self.told.is_none() {
            self.told = self.next_settlement();
        }
        self.told.clone()
    }

    /// What has accrued, and else what was left of one lease.
    fn next_settlement(&mut self) -> Option<Settlement> {
        let (used, charged) = if self.accrued.iter().any(|accrued| *accrued != 0) {
            let nothing = vec![0; self.accrued.len()];
            let used = std::mem::replace(&mut self.accrued, nothing);
            let charged = Charged {
                ends_at: 0,
                epoch: self.epoch,
            };
            (used, charged)
        } else {
            let (left, charged) = self.unused.pop_front()?;
            (
                left.into_iter().map(|left| -i64::from(left)).collect(),
                charged,
            )
        };
        Some(Settlement {
            number: next_number(),
            used,
            ends_at: charged.ends_at,
            epoch: charged.epoch,
        })
    }

    /// The store has answered.
    pub(super) fn answered(&mut self, ask: &Ask, grant: &Grant, flight: Flight) {
        let now = flight.received;
        self.is_asking = false;
        self.told = None;
        self.epoch = grant.epoch;
        self.told_cooldown = self.told_cooldown.max(now.after(grant.cooldown));
        self.roll(now);
        if grant.granted.iter().any(|granted| *granted > 0) {
            let lease = Lease::new(grant, &ask.least, flight);
            let place = usize::from(!self.leases[0].is_over(now));
            self.leases[place] = lease;
            self.refused_until = Moment::default();
        } else if ask.wanted.iter().any(|wanted| *wanted > 0) {
            // What can never be granted is asked for again when the limits have changed.
            let again = grant.retry_after.unwrap_or(Duration::from_secs(1));
            self.refused_until = now.after(again);
        }
    }

    /// The store has not answered: what it may have granted is lost.
    pub(super) fn unanswered(&mut self) {
        self.is_asking = false;
        self.told_cooldown = Moment::default();
    }
}
