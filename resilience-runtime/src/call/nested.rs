//! One flag per thread: whether an error that leaves a body now was already given up on inside.
//!
//! Without it, an annotated function that calls an annotated function multiplies attempts. It is saved
//! and cleared round each poll of a body, so only an error that leaves in the same poll counts.

use std::cell::Cell;

thread_local! {
    static GIVEN_UP: Cell<bool> = const { Cell::new(false) };
}

/// Says that the error which is about to leave an annotated call is not to be retried by an outer one.
pub(crate) fn mark(given_up: bool) {
    GIVEN_UP.set(given_up);
}

/// The time of one poll of a body.
pub(crate) struct PollScope {
    outer: bool,
}

impl PollScope {
    #[inline]
    pub(crate) fn enter() -> Self {
        Self {
            outer: GIVEN_UP.replace(false),
        }
    }

    /// Whether an inner call gave up during this poll.
    #[inline]
    pub(crate) fn given_up(&self) -> bool {
        GIVEN_UP.get()
    }
}

impl Drop for PollScope {
    fn drop(&mut self) {
        GIVEN_UP.set(self.outer);
    }
}
