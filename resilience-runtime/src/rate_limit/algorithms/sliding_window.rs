//! The sliding window: never more than the limit in any window `[t, t + period)`, at any offset.
//!
//! Only a full [log](super::log) of admissions is exact; one counter for each window, or two of them weighted,
//! admit up to twice the limit. All admissions at one instant are one entry, so that the log of a key has at
//! most `limit` entries.

use std::time::Duration;

use super::log::{Entry, Log};
use super::meter::Meter;
use crate::clock::{Moment, nanos};

/// The admissions of one key. A key without admissions has no log.
#[derive(Clone, Debug, Default)]
pub(in crate::rate_limit) struct Admitted(Option<Box<Log>>);

impl Admitted {
    fn entries(&self) -> impl Iterator<Item = Entry> {
        self.0.iter().flat_map(|log| log.entries())
    }

    fn used(&self) -> u64 {
        self.0.as_ref().map_or(0, |log| log.used())
    }

    fn last_at(&self) -> Option<Moment> {
        self.0.as_ref()?.last_at()
    }
}

#[derive(Clone, Copy, Debug)]
pub(in crate::rate_limit) struct SlidingWindow {
    limit: u32,
    period: u64,
}

impl SlidingWindow {
    pub(in crate::rate_limit) fn new(limit: u32, period: Duration) -> Self {
        Self {
            limit,
            period: nanos(period),
        }
    }

    /// Returns when an admission at `at` leaves the window.
    fn end(&self, at: Moment) -> Moment {
        Moment(at.0.saturating_add(self.period))
    }

    /// Returns the sum of the entries that are still in the window at `now`.
    fn used(&self, state: &Admitted, now: Moment) -> u64 {
        let expired: u64 = state
            .entries()
            .take_while(|entry| self.end(entry.at) <= now)
            .map(|entry| u64::from(entry.count))
            .sum();
        state.used() - expired
    }

    fn drop_expired(&self, state: &mut Admitted, now: Moment) {
        if let Some(log) = &mut state.0 {
            log.drop_expired(|at| self.end(at) <= now);
        }
    }
}

impl Meter for SlidingWindow {
    type State = Admitted;

    fn capacity(&self) -> u32 {
        self.limit
    }

    fn try_take(&self, state: &mut Admitted, cost: u32, now: Moment) -> bool {
        self.drop_expired(state, now);
        let passes = state.used() + u64::from(cost) <= self.limit.into();
        if passes {
            state.0.get_or_insert_default().add(cost, now);
        }
        passes
    }

    fn charge(&self, state: &mut Admitted, cost: u32, now: Moment) {
        self.drop_expired(state, now);
        state.0.get_or_insert_default().add(cost, now);
    }

    fn credit(&self, state: &mut Admitted, amount: u32, taken: Option<Moment>, now: Moment) {
        self.drop_expired(state, now);
        // If the moment is not known, the oldest entries are credited first: then the others count longer than
        // they should, and never shorter.
        let mut left = amount;
        if let Some(log) = &mut state.0 {
            log.subtract(|entry| {
                let mine = taken.is_none_or(|taken| taken == entry.at);
                let back = if mine { left.min(entry.count) } else { 0 };
                left -= back;
                back
            });
        }
    }

    fn ready(&self, state: &Admitted, cost: u32, from: Moment) -> Moment {
        let mut used = state.used();
        let mut ready = from;
        let mut entries = state.entries();
        while used + u64::from(cost) > self.limit.into()
            && let Some(entry) = entries.next()
        {
            used -= u64::from(entry.count);
            ready = ready.max(self.end(entry.at));
        }
        ready
    }

    fn tokens(&self, state: &Admitted, now: Moment) -> i64 {
        let used = i64::try_from(self.used(state, now)).unwrap_or(i64::MAX);
        i64::from(self.limit).saturating_sub(used)
    }

    fn reset_at(&self, state: &Admitted, now: Moment) -> Moment {
        state.last_at().map_or(now, |at| self.end(at).max(now))
    }

    fn is_idle(&self, state: &Admitted, now: Moment) -> bool {
        state.last_at().is_none_or(|at| self.end(at) <= now)
    }

    /// Admissions stay. A longer period does not bring back what had left the old one.
    fn migrate(&self, old: &Self, state: &Admitted, now: Moment) -> Admitted {
        let mut state = state.clone();
        old.drop_expired(&mut state, now);
        state
    }

    fn with_tokens(&self, tokens: i64, now: Moment) -> Admitted {
        let mut state = Admitted::default();
        let mut used = i64::from(self.limit).saturating_sub(tokens).max(0);
        while used > 0 {
            let part = u32::try_from(used).unwrap_or(u32::MAX);
            self.charge(&mut state, part, now);
            used -= i64::from(part);
        }
        state
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_leaves_exactly_one_period_later() {
        let meter = SlidingWindow::new(3, Duration::from_nanos(100));
        let mut log = Admitted::default();
        for at in [0, 40, 40] {
            assert!(meter.try_take(&mut log, 1, Moment(at)));
        }
        assert_eq!(log.entries().count(), 2, "one entry an instant");
        assert!(!meter.try_take(&mut log, 1, Moment(99)));
        assert_eq!(meter.ready(&log, 1, Moment(99)), Moment(100));
        assert_eq!(meter.ready(&log, 2, Moment(99)), Moment(140));
        assert_eq!(meter.reset_at(&log, Moment(99)), Moment(140));
        assert!(meter.try_take(&mut log, 1, Moment(100)));
        assert_eq!(meter.tokens(&log, Moment(139)), 0);
        assert_eq!(meter.tokens(&log, Moment(140)), 2);
    }

    #[test]
    fn credit_with_a_moment_is_exact() {
        let meter = SlidingWindow::new(10, Duration::from_nanos(100));
        let mut log = Admitted::default();
        assert!(meter.try_take(&mut log, 5, Moment(0)));
        assert!(meter.try_take(&mut log, 5, Moment(90)));
        meter.credit(&mut log, 3, Some(Moment(90)), Moment(95));
        assert_eq!(meter.tokens(&log, Moment(95)), 3);
        assert_eq!(meter.tokens(&log, Moment(100)), 8);
        meter.credit(&mut log, 5, Some(Moment(0)), Moment(100));
        assert_eq!(meter.tokens(&log, Moment(100)), 8, "it had left already");
    }

    #[test]
    fn credit_without_a_moment_never_admits_too_much() {
        let meter = SlidingWindow::new(10, Duration::from_nanos(100));
        let mut log = Admitted::default();
        assert!(meter.try_take(&mut log, 5, Moment(0)));
        assert!(meter.try_take(&mut log, 5, Moment(90)));
        meter.credit(&mut log, 5, None, Moment(90));
        assert_eq!(
            meter.tokens(&log, Moment(100)),
            5,
            "5 of them at 90 may be real"
        );
    }

    #[test]
    fn ready_behind_waiters_admits_them_first() {
        let meter = SlidingWindow::new(2, Duration::from_nanos(100));
        let mut log = Admitted::default();
        assert!(meter.try_take(&mut log, 1, Moment(0)));
        assert!(meter.try_take(&mut log, 1, Moment(30)));
        let at = |ahead: &[u32], cost| {
            meter.ready_behind(&log, ahead.iter().copied(), 0, cost, Moment(50))
        };
        assert_eq!(at(&[], 1), Moment(100));
        assert_eq!(at(&[1], 1), Moment(130));
        assert_eq!(at(&[1, 1], 1), Moment(200));
        assert_eq!(at(&[1, 2], 1), Moment(300));
    }

    #[test]
    fn extreme_limits_do_not_overflow() {
        let meter = SlidingWindow::new(u32::MAX, Duration::MAX);
        let mut log = Admitted::default();
        assert!(meter.try_take(&mut log, u32::MAX, Moment(1)));
        meter.charge(&mut log, u32::MAX, Moment(1));
        assert_eq!(meter.tokens(&log, Moment(1)), -i64::from(u32::MAX));
        assert_eq!(meter.ready(&log, 1, Moment(1)), Moment::FAR_FUTURE);
        meter.credit(&mut log, u32::MAX, None, Moment(1));
        assert_eq!(meter.tokens(&log, Moment(1)), 0);
    }
}
