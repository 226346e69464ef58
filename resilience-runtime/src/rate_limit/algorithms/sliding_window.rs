//! The sliding window: never more than the limit in any window `[t, t + period)`, at any offset.
//!
//! Only a full [log](super::log) of what was admitted is exact; one counter a window, or two of them weighted,
//! admit up to twice the limit. What was admitted at one instant is one entry, so that a key's log has at most
//! `limit` of them.

use std::time::Duration;

use super::log::{Entry, Log};
use super::meter::Meter;
use crate::clock::{Moment, nanos};

/// What one key was admitted. A key that was not admitted anything yet has no log.
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

    /// When what was admitted then leaves the window.
    fn end(&self, at: Moment) -> Moment {
        Moment(at.0.saturating_add(self.period))
    }

    /// The sum of the entries still in the window at `now`.
    fn used(&self, state: &Admitted, now: Moment) -> u64 {
        let gone: u64 = state
            .entries()
            .take_while(|entry| self.end(entry.at) <= now)
            .map(|entry| u64::from(entry.count))
            .sum();
        state.used() - gone
    }

    fn forget(&self, state: &mut Admitted, now: Moment) {
        if let Some(log) = &mut state.0 {
            log.forget(|at| self.end(at) <= now);
        }
    }
}

impl Meter for SlidingWindow {
    type State = Admitted;

    fn capacity(&self) -> u32 {
        self.limit
    }

    fn try_take(&self, state: &mut Admitted, cost: u32, now: Moment) -> bool {
        self.forget(state, now);
        let passes = state.used() + u64::from(cost) <= self.limit.into();
        if passes {
            state.0.get_or_insert_default().add(cost, now);
        }
        passes
    }

    fn charge(&self, state: &mut Admitted, cost: u32, now: Moment) {
        self.forget(state, now);
        state.0.get_or_insert_default().add(cost, now);
    }

    fn refund(&self, state: &mut Admitted, amount: u32, taken: Option<Moment>, now: Moment) {
        self.forget(state, now);
        // Where nobody knows what it was, the oldest go first: then what remains counts for longer than
        // the truth and never for less.
        let mut left = amount;
        if let Some(log) = &mut state.0 {
            log.take_off(|entry| {
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

    fn rest_at(&self, state: &Admitted, now: Moment) -> Moment {
        state.last_at().map_or(now, |at| self.end(at).max(now))
    }

    fn at_rest(&self, state: &Admitted, now: Moment) -> bool {
        state.last_at().is_none_or(|at| self.end(at) <= now)
    }

    /// What was admitted stays admitted. A longer period does not bring back what had left the old one.
    fn adopt(&self, old: &Self, state: &Admitted, now: Moment) -> Admitted {
        let mut state = state.clone();
        old.forget(&mut state, now);
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
    fn an_entry_leaves_exactly_one_period_later() {
        let meter = SlidingWindow::new(3, Duration::from_nanos(100));
        let mut log = Admitted::default();
        for at in [0, 40, 40] {
            assert!(meter.try_take(&mut log, 1, Moment(at)));
        }
        assert_eq!(log.entries().count(), 2, "one entry an instant");
        assert!(!meter.try_take(&mut log, 1, Moment(99)));
        assert_eq!(meter.ready(&log, 1, Moment(99)), Moment(100));
        assert_eq!(meter.ready(&log, 2, Moment(99)), Moment(140));
        assert_eq!(meter.rest_at(&log, Moment(99)), Moment(140));
        assert!(meter.try_take(&mut log, 1, Moment(100)));
        assert_eq!(meter.tokens(&log, Moment(139)), 0);
        assert_eq!(meter.tokens(&log, Moment(140)), 2);
    }

    #[test]
    fn a_refund_takes_back_what_was_taken_then() {
        let meter = SlidingWindow::new(10, Duration::from_nanos(100));
        let mut log = Admitted::default();
        assert!(meter.try_take(&mut log, 5, Moment(0)));
        assert!(meter.try_take(&mut log, 5, Moment(90)));
        meter.refund(&mut log, 3, Some(Moment(90)), Moment(95));
        assert_eq!(meter.tokens(&log, Moment(95)), 3);
        assert_eq!(meter.tokens(&log, Moment(100)), 8);
        meter.refund(&mut log, 5, Some(Moment(0)), Moment(100));
        assert_eq!(meter.tokens(&log, Moment(100)), 8, "it had left already");
    }

    #[test]
    fn a_refund_of_unknown_time_never_admits_more_than_the_truth() {
        let meter = SlidingWindow::new(10, Duration::from_nanos(100));
        let mut log = Admitted::default();
        assert!(meter.try_take(&mut log, 5, Moment(0)));
        assert!(meter.try_take(&mut log, 5, Moment(90)));
        meter.refund(&mut log, 5, None, Moment(90));
        assert_eq!(
            meter.tokens(&log, Moment(100)),
            5,
            "5 of them at 90 may be real"
        );
    }

    #[test]
    fn those_ahead_are_admitted_first() {
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
    fn extremes() {
        let meter = SlidingWindow::new(u32::MAX, Duration::MAX);
        let mut log = Admitted::default();
        assert!(meter.try_take(&mut log, u32::MAX, Moment(1)));
        meter.charge(&mut log, u32::MAX, Moment(1));
        assert_eq!(meter.tokens(&log, Moment(1)), -i64::from(u32::MAX));
        assert_eq!(meter.ready(&log, 1, Moment(1)), Moment::FAR_FUTURE);
        meter.refund(&mut log, u32::MAX, None, Moment(1));
        assert_eq!(meter.tokens(&log, Moment(1)), 0);
    }
}
