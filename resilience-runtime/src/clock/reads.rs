//! Counts the reads of the clock, for tests that assert their number.

use std::cell::Cell;

thread_local! {
    static READS: Cell<u64> = const { Cell::new(0) };
}

#[inline]
pub(super) fn count() {
    READS.set(READS.get() + 1);
}

/// Returns how often this thread has read the clock.
#[must_use]
pub fn reads() -> u64 {
    READS.get()
}
