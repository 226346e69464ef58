//! The window of outcomes, over the last calls or over the last time.

use super::calls::CallWindow;
use super::time::TimeWindow;
use super::totals::Totals;
use crate::clock::{Moment, nanos};
use crate::config::Window;

/// A sliding window with running totals. Memory is taken when it is made, not when it is used.
#[derive(Debug)]
pub(in super::super) enum History {
    Calls(CallWindow),
    Time(TimeWindow),
}

impl History {
    pub(in super::super) fn new(window: Window) -> Self {
        match window {
            Window::Calls(calls) => Self::Calls(CallWindow::new(calls)),
            Window::Time(span) => Self::Time(TimeWindow::new(nanos(span))),
        }
    }

    /// The clock is read only by a window of time.
    #[inline]
    pub(in super::super) fn record(&mut self, now: impl Fn() -> Moment, failed: bool, slow: bool) {
        match self {
            Self::Calls(window) => window.record(failed, slow),
            Self::Time(window) => window.record(now(), failed, slow),
        }
    }

    /// Returns the totals as of the last [`record`](Self::record) or [`expire`](Self::expire).
    #[inline]
    pub(in super::super) fn totals(&self) -> Totals {
        match self {
            Self::Calls(window) => window.totals(),
            Self::Time(window) => window.totals(),
        }
    }

    pub(in super::super) fn expire(&mut self, now: Moment) {
        if let Self::Time(window) = self {
            window.expire(now);
        }
    }

    pub(in super::super) fn clear(&mut self) {
        match self {
            Self::Calls(window) => window.clear(),
            Self::Time(window) => window.clear(),
        }
    }

    /// Keeps what fits into the new window; nothing where its kind is another one.
    pub(in super::super) fn resize(&mut self, window: Window) {
        match (&mut *self, window) {
            (Self::Calls(old), Window::Calls(calls)) => old.resize(calls),
            (Self::Time(old), Window::Time(span)) => old.resize(nanos(span)),
            (_, other) => *self = Self::new(other),
        }
    }

    pub(in super::super) fn is_clocked(&self) -> bool {
        matches!(self, Self::Time(_))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

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
