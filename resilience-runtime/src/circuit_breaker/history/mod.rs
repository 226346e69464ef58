//! The recent outcomes that the rates are computed over.

mod calls;
mod time;

use std::time::Duration;

use self::calls::CallWindow;
use self::time::TimeWindow;
use crate::clock::{Moment, nanos};
use crate::config::Window;

/// The number of calls, failures and slow calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) calls: u64,
    pub(super) failures: u64,
    pub(super) slow: u64,
}

impl Totals {
    fn one(failed: bool, slow: bool) -> Self {
        Self {
            calls: 1,
            failures: u64::from(failed),
            slow: u64::from(slow),
        }
    }

    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failures += other.failures;
        self.slow += other.slow;
    }

    fn subtract(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failures -= other.failures;
        self.slow -= other.slow;
    }
}

/// A sliding window with running totals. Memory is taken when it is made, not when it is used.
#[derive(Debug)]
pub(super) enum History {
    Calls(CallWindow),
    Time(TimeWindow),
}

impl History {
    pub(super) fn new(window: Window) -> Self {
        match window {
            Window::Calls(calls) => Self::Calls(CallWindow::new(calls)),
            Window::Time(span) => Self::Time(TimeWindow::new(nanos(span))),
        }
    }

    /// The clock is read only by a window of time.
    #[inline]
    pub(super) fn record(&mut self, now: impl Fn() -> Moment, failed: bool, slow: bool) {
        match self {
            Self::Calls(window) => window.record(failed, slow),
            Self::Time(window) => window.record(now(), failed, slow),
        }
    }

    /// Returns the totals as of the last [`record`](Self::record) or [`expire`](Self::expire).
    #[inline]
    pub(super) fn totals(&self) -> Totals {
        match self {
            Self::Calls(window) => window.totals(),
            Self::Time(window) => window.totals(),
        }
    }

    pub(super) fn expire(&mut self, now: Moment) {
        if let Self::Time(window) = self {
            window.expire(now);
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Calls(window) => window.clear(),
            Self::Time(window) => window.clear(),
        }
    }

    /// Keeps what fits into the new window; nothing where its kind is another one.
    pub(super) fn resize(&mut self, window: Window) {
        match (&mut *self, window) {
            (Self::Calls(old), Window::Calls(calls)) => old.resize(calls),
            (Self::Time(old), Window::Time(span)) => old.resize(nanos(span)),
            (_, other) => *self = Self::new(other),
        }
    }

    pub(super) fn is_clocked(&self) -> bool {
        matches!(self, Self::Time(_))
    }
}

/// Whether `part` of `calls` reaches `rate`. A quotient, not a product: `7.0 / 100.0` is the same number as
/// `0.07`, while `0.07 * 100.0` is above 7.
#[inline]
pub(super) fn reaches(part: u64, calls: u64, rate: f64) -> bool {
    part as f64 / calls as f64 >= rate
}

/// A call is slow once it took so long.
#[inline]
pub(super) fn is_slow(limit: Option<Duration>, started: Moment, now: impl Fn() -> Moment) -> bool {
    limit.is_some_and(|limit| now().since(started) >= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_is_reached_by_its_decimal_fraction() {
        for percent in 1..=100_u32 {
            let rate: f64 = format!("{}.{:02}", percent / 100, percent % 100)
                .parse()
                .expect("a number");
            assert!(reaches(u64::from(percent), 100, rate));
            assert!(!reaches(u64::from(percent - 1), 100, rate));
            assert!(reaches(u64::from(percent) * 10, 1_000, rate));
        }
    }

    #[test]
    fn resize_to_another_kind_starts_empty() {
        let mut history = History::new(Window::Calls(4));
        assert!(!history.is_clocked());
        history.record(|| Moment(0), true, false);
        history.resize(Window::Time(Duration::from_secs(1)));
        assert!(history.is_clocked());
        assert_eq!(history.totals(), Totals::default());
    }
}
