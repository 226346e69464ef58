//! The parts that a caller can have in a load. Dropped at any point they leave nothing behind.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Served;
use super::flights::{Seat, Waiting};
use super::store::{End, Landing, Store};
use crate::clock::Moment;

/// The one who makes a call for all. Dropped before the call has ended, it hands that on.
pub(crate) struct Leader {
    store: Arc<Store>,
    flight: u64,
    up: bool,
}

impl Leader {
    pub(super) fn of(store: &Arc<Store>, flight: u64) -> Self {
        Self {
            store: Arc::clone(store),
            flight,
            up: true,
        }
    }

    /// Ends the load. What comes back is to be given in place of its result.
    pub(crate) fn land(mut self, end: End, now: Moment) -> Option<Served> {
        self.up = false;
        self.store.land(self.flight, end, now)
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        if self.up {
            self.store.abandon(self.flight);
        }
    }
}

/// One who waits for somebody else's load.
pub(crate) struct Waiter {
    store: Arc<Store>,
    seat: Seat<Landing>,
    waits: bool,
}

/// How waiting ended.
pub(crate) enum Turn {
    /// With what the leader brought.
    Landed(Landing),
    /// The leader went away: the caller is to load it.
    Leads(Leader),
}

impl Waiter {
    pub(super) fn of(store: &Arc<Store>, seat: Seat<Landing>) -> Self {
        Self {
            store: Arc::clone(store),
            seat,
            waits: true,
        }
    }

    /// Once it is ready it is not to be polled again.
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<Turn> {
        let turn = match self.store.look_after(&self.seat, cx.waker().clone()) {
            Waiting::Still => return Poll::Pending,
            Waiting::Leads => Turn::Leads(Leader::of(&self.store, self.seat.flight)),
            Waiting::Landed => {
                let landing = self.seat.ground.get().expect("it has landed");
                Turn::Landed(landing.clone())
            }
        };
        self.waits = false;
        Poll::Ready(turn)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.waits {
            self.store.leave(&self.seat);
        }
    }
}

impl fmt::Debug for Leader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Leader")
    }
}

impl fmt::Debug for Waiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waiter")
    }
}
