//! How many outcomes there are of each kind.

/// The number of calls, failures and slow calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Totals {
    pub(in super::super) calls: u64,
    pub(in super::super) failures: u64,
    pub(in super::super) slow: u64,
}

impl Totals {
    pub(super) fn one(failed: bool, slow: bool) -> Self {
        Self {
            calls: 1,
            failures: u64::from(failed),
            slow: u64::from(slow),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.failures += other.failures;
        self.slow += other.slow;
    }

    pub(super) fn subtract(&mut self, other: Self) {
        self.calls -= other.calls;
        self.failures -= other.failures;
        self.slow -= other.slow;
    }
}
