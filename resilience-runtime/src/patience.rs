//! The times of a line in which nobody depends on another caller's poll.
//!
//! Who waits in a line, is woken and is not polled for [`PATIENCE`] is passed over until it is polled again. Only the
//! waiters themselves can notice that, so each has a timer for the case that all ahead of it are out of use: twice as
//! many of them wake with every further [`PATIENCE`], and `k` unpolled ones at the front are gone after at most
//! `1 + log2 k` of them.

use std::time::Duration;

/// How long a woken waiter has to be polled.
pub(crate) const PATIENCE: Duration = Duration::from_millis(5);

/// The waiters before this place watch the head, each in its turn; those behind them seldom.
pub(crate) const NEAR: usize = (1 << 10) - 1;

/// How long after the head a waiter far behind is woken. Thousands of waiters must not wake all the time.
pub(crate) const FAR: Duration = Duration::from_secs(1);

/// How many of the first waiters learn at once that the head was woken earlier than planned.
pub(crate) const ALERTED: usize = 15;

/// Returns how long after the head the waiter at that place, counted from 0, is woken:
/// `floor(log2(place + 1))` times the patience.
pub(crate) fn delay(place: usize) -> Duration {
    if place < NEAR {
        PATIENCE * (place + 1).ilog2()
    } else {
        FAR
    }
}

/// The places behind the head whose waiters learn at once that it was woken earlier than planned, or that somebody
/// left.
pub(crate) fn alerted_places() -> impl Iterator<Item = usize> {
    // When a waiter left, only the last ones of those that are woken together come sooner than before.
    let last_places = (4..=NEAR.ilog2() + 1).map(|level| (1 << level) - 2);
    (1..ALERTED).chain(last_places)
}
