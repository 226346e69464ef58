//! The parts that a caller can have in a load, as guards: dropped at any point they leave nothing behind.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Served;
use super::flights::{WaiterId, Waiting};
use super::store::{Found, LoadOutcome, LoadResult, Store};
use crate::clock::Moment;
use crate::instance::Instance;

/// What a caller finds, with its part in the load where there is one.
pub(crate) type Lookup = Found<Leader, Waiter>;

impl Store {
    /// Looks a key up. The caller gets its part in the load, where the value is to be loaded.
    pub(crate) fn lookup(self: &Arc<Self>, hash: u128, instance: Instance, now: Moment) -> Lookup {
        match self.find(hash, instance, now) {
            Found::Hit(value) => Found::Hit(value),
            Found::Stale(served) => Found::Stale(served),
            Found::Absent(absence) => Found::Absent(absence),
            Found::Load(flight) => Found::Load(Leader::of(self, flight)),
            Found::Refresh(flight) => Found::Refresh(Leader::of(self, flight)),
            Found::Wait(id) => Found::Wait(Waiter::of(self, id)),
        }
    }
}

/// Leads a load for all callers. Dropped before the load has ended, it passes the lead to a waiter.
pub(crate) struct Leader {
    store: Arc<Store>,
    flight: u64,
    active: bool,
}

impl Leader {
    pub(super) fn of(store: &Arc<Store>, flight: u64) -> Self {
        Self {
            store: Arc::clone(store),
            flight,
            active: true,
        }
    }

    /// Ends the load. A returned value is to be served in place of the result.
    pub(crate) fn complete(mut self, end: LoadResult, now: Moment) -> Option<Served> {
        self.active = false;
        self.store.complete(self.flight, end, now)
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        if self.active {
            self.store.abandon(self.flight);
        }
    }
}

/// Waits for the load of another caller.
pub(crate) struct Waiter {
    store: Arc<Store>,
    id: WaiterId<LoadOutcome>,
    active: bool,
}

/// How waiting ended.
pub(crate) enum WaitOutcome {
    /// With the outcome of the load.
    Completed(LoadOutcome),
    /// The leader was dropped: this caller leads the load.
    Leads(Leader),
}

impl Waiter {
    pub(super) fn of(store: &Arc<Store>, id: WaiterId<LoadOutcome>) -> Self {
        Self {
            store: Arc::clone(store),
            id,
            active: true,
        }
    }

    /// Polls for the end of the wait. Not to be polled again once it is ready.
    pub(crate) fn poll(&mut self, cx: &Context<'_>) -> Poll<WaitOutcome> {
        let outcome = match self.store.poll_waiter(&self.id, cx.waker().clone()) {
            Waiting::Pending => return Poll::Pending,
            Waiting::Leads => WaitOutcome::Leads(Leader::of(&self.store, self.id.flight)),
            Waiting::Completed => {
                let outcome = self
                    .id
                    .cell
                    .get()
                    .expect("a flight that ended has an outcome");
                WaitOutcome::Completed(outcome.clone())
            }
        };
        self.active = false;
        Poll::Ready(outcome)
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        if self.active {
            self.store.leave(&self.id);
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
