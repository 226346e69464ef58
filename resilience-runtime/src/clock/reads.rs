//! How often the clock is read, for the tests that promise how often it is.

use std::cell::Cell;

thread_local! {
    static READS: Cell<u64> = const { Cell::new(0) };
}

#[inline]
pub(super) fn count() {
    READS.set(READS.get() + 1);
}

/// How often this thread has read the clock.
#[must_use]
pub fn reads() -> u64 {
    READS.get()
}
