//! The fixed window: the limit in each window, and a window begins with its first request.
//!
//! Two adjacent windows may together pass twice the limit within one period; where that is not acceptable, use
//! the sliding window.

use std::time::Duration;

use super::meter::Meter;
use crate::clock::{Moment, nanos};

/// The current window of one key; without use there is no window.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::rate_limit) struct Window {
    start: Moment,
    used: u64,
}

impl Window {
    pub(super) fn new(start: Moment, used: u64) -> Self {
        Self { start, used }
    }

    pub(super) fn start(self) -> Moment {
        self.start
    }

    /// What was taken in it.
    pub(super) fn taken(self) -> u64 {
        self.used
    }
}

#[derive(Clone, Copy, Debug)]
pub(in crate::rate_limit) struct FixedWindow {
    limit: u32,
    period: u64,
}

impl FixedWindow {
    pub(in crate::rate_limit) fn new(limit: u32, period: Duration) -> Self {
        Self {
            limit,
            period: nanos(period),
        }
    }

    fn end(&self, state: &Window) -> Moment {
        Moment(state.start.0.saturating_add(self.period))
    }

    fn used(&self, state: &Window, now: Moment) -> u64 {
        if now < self.end(state) { state.used } else { 0 }
    }
}

impl Meter for FixedWindow {
    type State = Window;

    fn capacity(&self) -> u32 {
        self.limit
    }

    fn try_take(&self, state: &mut Window, cost: u32, now: Moment) -> bool {
        let passes = self.used(state, now) + u64::from(cost) <= self.limit.into();
        if passes {
            self.charge(state, cost, now);
        }
        passes
    }

    fn charge(&self, state: &mut Window, cost: u32, now: Moment) {
        let used = self.used(state, now);
        if used == 0 {
            state.start = now;
        }
        state.used = used.saturating_add(cost.into());
    }

    fn credit(&self, state: &mut Window, amount: u32, taken: Option<Moment>, _: Moment) {
        // What was taken in an earlier window is no longer counted.
        if taken.is_none_or(|taken| taken >= state.start) {
            state.used = state.used.saturating_sub(amount.into());
        }
    }

    fn ready(&self, state: &Window, cost: u32, from: Moment) -> Moment {
        if self.used(state, from) + u64::from(cost) <= self.limit.into() {
            from
        } else {
            self.end(state)
        }
    }

    fn tokens(&self, state: &Window, now: Moment) -> i64 {
        let used = i64::try_from(self.used(state, now)).unwrap_or(i64::MAX);
        i64::from(self.limit).saturating_sub(used)
    }

    fn reset_at(&self, state: &Window, now: Moment) -> Moment {
        if self.used(state, now) == 0 {
            now
        } else {
            self.end(state)
        }
    }

    fn is_idle(&self, state: &Window, now: Moment) -> bool {
        self.used(state, now) == 0
    }

    fn migrate(&self, _: &Self, state: &Window, _: Moment) -> Window {
        *state
    }

    fn with_tokens(&self, tokens: i64, now: Moment) -> Window {
        Window {
            start: now,
            used: i64::from(self.limit).saturating_sub(tokens).max(0) as u64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_begins_with_first_request_and_ends_a_period_later() {
        let meter = FixedWindow::new(2, Duration::from_nanos(100));
        let mut state = Window::default();
        assert!(meter.try_take(&mut state, 1, Moment(30)));
        assert!(meter.try_take(&mut state, 1, Moment(129)));
        assert!(!meter.try_take(&mut state, 1, Moment(129)));
        assert_eq!(meter.ready(&state, 1, Moment(129)), Moment(130));
        assert_eq!(meter.reset_at(&state, Moment(129)), Moment(130));
        assert!(meter.is_idle(&state, Moment(130)));
        assert!(meter.try_take(&mut state, 2, Moment(200)));
        assert_eq!(meter.ready(&state, 1, Moment(200)), Moment(300));
    }

    #[test]
    fn credit_for_an_earlier_window_changes_nothing() {
        let meter = FixedWindow::new(4, Duration::from_nanos(100));
        let mut state = Window::default();
        assert!(meter.try_take(&mut state, 4, Moment(0)));
        assert!(meter.try_take(&mut state, 3, Moment(100)));
        meter.credit(&mut state, 4, Some(Moment(0)), Moment(110));
        assert_eq!(meter.tokens(&state, Moment(110)), 1);
        meter.credit(&mut state, 2, Some(Moment(100)), Moment(110));
        assert_eq!(meter.tokens(&state, Moment(110)), 3);
    }

    #[test]
    fn ready_behind_waiters_skips_windows_that_they_fill() {
        let meter = FixedWindow::new(3, Duration::from_nanos(100));
        let state = Window::default();
        let at = |ahead: &[u32], cost| {
            meter.ready_behind(&state, ahead.iter().copied(), 0, cost, Moment(10))
        };
        assert_eq!(at(&[2], 1), Moment(10));
        assert_eq!(at(&[2], 2), Moment(110));
        assert_eq!(at(&[2, 2, 2], 1), Moment(210));
        assert_eq!(at(&[3, 0, 3], 1), Moment(210));
    }

    #[test]
    fn charge_above_the_limit_is_a_debt_until_the_window_ends() {
        let meter = FixedWindow::new(3, Duration::MAX);
        let mut state = Window::default();
        meter.charge(&mut state, u32::MAX, Moment(1));
        assert_eq!(meter.tokens(&state, Moment(1)), 3 - i64::from(u32::MAX));
        assert_eq!(meter.ready(&state, 1, Moment(1)), Moment::FAR_FUTURE);
    }
}
