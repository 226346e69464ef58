//! Whether a pattern is in shadow, and how often it let pass what it would have held back.

use crate::config::PatternMode;
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{AtomicBool, AtomicU64};

/// Asked only where a call would be rejected or wait, so that it costs the others nothing.
#[derive(Debug)]
pub(crate) struct Shadow {
    // Relaxed: it guards no other data. Who waits asks under the lock of the line, and who switches holds that lock after
    // the store, to wake those who stand in it.
    is_on: AtomicBool,
    // Relaxed: a statistic.
    rejected: AtomicU64,
}

impl Shadow {
    pub(crate) fn new(mode: PatternMode) -> Self {
        Self {
            is_on: AtomicBool::new(mode == PatternMode::Shadow),
            rejected: AtomicU64::new(0),
        }
    }

    pub(crate) fn set(&self, mode: PatternMode) {
        self.is_on.store(mode == PatternMode::Shadow, Relaxed);
    }

    #[inline]
    pub(crate) fn is_on(&self) -> bool {
        self.is_on.load(Relaxed)
    }

    pub(crate) fn mode(&self) -> PatternMode {
        if self.is_on() {
            PatternMode::Shadow
        } else {
            PatternMode::Enforce
        }
    }

    /// Whether a call passes that would be held back, which is counted.
    #[inline]
    pub(crate) fn lets_pass(&self) -> bool {
        let is_on = self.is_on();
        if is_on {
            self.count();
        }
        is_on
    }

    /// Counts a call that passes and would have been held back.
    #[cold]
    pub(crate) fn count(&self) {
        self.rejected.fetch_add(1, Relaxed);
    }

    /// Returns how many calls passed that would have been held back.
    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.load(Relaxed)
    }
}
