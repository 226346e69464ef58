//! Failures in a row: while there are none, asking and succeeding are one load each of the same word.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Breaker {
    in_a_row: AtomicU32,
    /// When it lets calls through again.
    closes_at: AtomicU64,
    failures: u32,
    open: u64,
}

impl Breaker {
    pub(super) fn new(failures: u32, open: Duration) -> Self {
        Self {
            in_a_row: AtomicU32::new(0),
            closes_at: AtomicU64::new(0),
            failures,
            open: u64::try_from(open.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    #[inline]
    pub(super) fn admits(&self, now: u64) -> bool {
        self.in_a_row.load(Relaxed) < self.failures || now >= self.closes_at.load(Relaxed)
    }

    #[inline]
    pub(super) fn succeeded(&self) {
        if self.in_a_row.load(Relaxed) != 0 {
            self.in_a_row.store(0, Relaxed);
        }
    }

    #[inline]
    pub(super) fn failed(&self, now: u64) {
        if self.in_a_row.fetch_add(1, Relaxed) + 1 >= self.failures {
            self.closes_at.store(now.saturating_add(self.open), Relaxed);
        }
    }
}
