//! Tokens that the fleet's store has handed to this process for a while.

use std::time::Duration;

use crate::clock::Moment;
use crate::fleet::Grant;

/// An answer that took longer than this is of no use to those who waited for it.
const LONGEST_FLIGHT: Duration = Duration::from_millis(100);
/// How long those who waited have to take what came after the end of its life.
const LATE: Duration = Duration::from_millis(20);

/// Tokens of each limit, charged in the store, which may be used between two moments.
#[derive(Clone, Debug, Default)]
pub(super) struct Lease {
    left: Vec<u32>,
    granted: Vec<u32>,
    start: Moment,
    until: Moment,
    /// Its end by the store's clock, and the epoch of that.
    charged: Charged,
}

/// Where the store has counted tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Charged {
    pub(super) ends_at: u64,
    pub(super) epoch: u64,
}

/// When an answer came, and when its request was sent: the decision was made in between.
#[derive(Clone, Copy, Debug)]
pub(in crate::rate_limit) struct Flight {
    pub(in crate::rate_limit) sent: Moment,
    pub(in crate::rate_limit) received: Moment,
}

impl Lease {
    /// Makes one of an answer. Its beginning counts from when that came, and its end from when the request was sent, so that
    /// it is never used outside of the time that the store has in mind.
    pub(super) fn new(grant: &Grant, least: &[u32], flight: Flight) -> Self {
        let (granted, starts_in) = (&grant.granted, grant.starts_in);
        let start = flight.received.after(starts_in);
        let mut lease = Self {
            left: granted.clone(),
            granted: granted.clone(),
            start,
            until: flight.sent.after(starts_in).after(grant.life),
            charged: Charged {
                ends_at: grant.ends_at,
                epoch: grant.epoch,
            },
        };
        if lease.until <= start && flight.received.since(flight.sent) <= LONGEST_FLIGHT {
            // Only for those who waited for it, who use it now.
            for (left, least) in lease.left.iter_mut().zip(least) {
                *left = (*left).min(*least);
            }
            lease.until = start.after(LATE);
        }
        lease
    }

    pub(super) fn start(&self) -> Moment {
        self.start
    }

    /// Whether nothing of it can be used any more.
    pub(super) fn is_over(&self, now: Moment) -> bool {
        now >= self.until || self.left.iter().all(|left| *left == 0)
    }

    fn is_usable(&self, now: Moment) -> bool {
        self.start <= now && now < self.until
    }

    /// What is left of a limit now.
    #[inline]
    pub(super) fn left(&self, index: usize, now: Moment) -> u32 {
        if self.is_usable(now) {
            self.left.get(index).copied().unwrap_or(0)
        } else {
            0
        }
    }

    /// Takes as much as there is of a limit, at most `cost`. Returns the rest.
    #[inline]
    pub(super) fn take(&mut self, index: usize, cost: u32, now: Moment) -> u32 {
        if !self.is_usable(now) {
            return cost;
        }
        let Some(left) = self.left.get_mut(index) else {
            return cost;
        };
        let taken = cost.min(*left);
        *left -= taken;
        cost - taken
    }

    /// Gives back what was taken of it at that moment. Returns whether it was.
    pub(super) fn give_back(
        &mut self,
        index: usize,
        back: u32,
        taken: Option<Moment>,
        now: Moment,
    ) -> bool {
        let of_it = taken.is_some_and(|taken| self.start <= taken) && now < self.until;
        match (self.left.get_mut(index), self.granted.get(index)) {
            (Some(left), Some(granted)) if of_it && *left + back <= *granted => {
                *left += back;
                true
            }
            _ => false,
        }
    }

    /// Whether half of some limit is spent.
    #[inline]
    pub(super) fn is_half_spent(&self) -> bool {
        let mut all = self.left.iter().zip(&self.granted);
        all.any(|(left, granted)| *left * 2 < *granted)
    }

    /// Lowers what is left of a limit.
    pub(super) fn cap(&mut self, index: usize, most: u32) {
        if let Some(left) = self.left.get_mut(index) {
            *left = (*left).min(most);
        }
    }

    /// What is left of each limit when it is over, and where that was charged; `None`: nothing.
    pub(super) fn into_left(self) -> Option<(Vec<u32>, Charged)> {
        let is_left = self.left.iter().any(|left| *left > 0);
        is_left.then_some((self.left, self.charged))
    }

    pub(super) fn until(&self) -> Moment {
        self.until
    }
}
