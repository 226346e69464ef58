//! The parts that a caller can have in a load, as guards: dropped at any point they leave nothing behind.

use std::fmt;
use std::sync::Arc;
use std::task::Context;

use super::flights::{Lead, WaiterId, Waiting};
use super::load::LoadWatch;
use super::outcome::{LoadOutcome, LoadResult, Rejected, Withdrawn};
use super::store::{Found, Store};
use super::watch::Watch;
use super::{Failure, Served};
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
            Found::Load(lead) => Found::Load(Leader::of(self, lead)),
            Found::Refresh(lead) => {
                let mut leader = Leader::of(self, lead);
                leader.refreshes = true;
                Found::Refresh(leader)
            }
            Found::Wait(id) => Found::Wait(Waiter::of(self, id)),
        }
    }
}

/// Leads a load for all callers. Dropped before the load has ended, it passes the lead to a waiter.
pub(crate) struct Leader {
    store: Arc<Store>,
    lead: Lead<LoadOutcome>,
    /// There is a fresh value.
    refreshes: bool,
    active: bool,
}

impl Leader {
    pub(super) fn of(store: &Arc<Store>, lead: Lead<LoadOutcome>) -> Self {
        Self {
            store: Arc::clone(store),
            lead,
            refreshes: false,
            active: true,
        }
    }

    /// What the others watch.
    pub(crate) fn watch(&self) -> &Watch {
        &self.lead.watch
    }

    /// What the load shares with the others.
    pub(crate) fn load_watch(&self) -> LoadWatch {
        let refreshes = self
            .refreshes
            .then(|| (Arc::clone(&self.store), self.lead.key));
        LoadWatch {
            watch: Arc::clone(&self.lead.watch),
            cell: Arc::clone(&self.lead.cell),
            refreshes,
        }
    }

    /// Ends the part of a leader whose own load was rejected, unless that is the outcome for all.
    pub(crate) fn withdraw(
        mut self,
        rejected: Rejected,
        now: Moment,
    ) -> Result<Withdrawn<Waiter>, Self> {
        let Some(withdrawn) = self.store.withdraw(&self.lead, rejected, now) else {
            return Err(self);
        };
        self.active = false;
        Ok(Withdrawn {
            served: withdrawn.served,
            bystander: withdrawn.bystander.map(|id| Waiter::of(&self.store, id)),
        })
    }

    /// Ends the load of one that nothing was sent for: for all only where nobody else leads.
    pub(super) fn rejected(self, failure: Failure, now: Moment) -> Option<Served> {
        let rejected = Rejected {
            failure,
            by_own_limit: false,
            stale_too: true,
        };
        match self.withdraw(rejected, now) {
            Ok(withdrawn) => withdrawn.served,
            Err(leader) => leader.complete(LoadResult::Failed(failure), now),
        }
    }

    /// Ends the load. A returned value is to be served in place of the result.
    pub(crate) fn complete(mut self, end: LoadResult, now: Moment) -> Option<Served> {
        self.active = false;
        self.store.complete(self.lead.flight, end, now)
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        if self.active {
            self.store.abandon(&self.lead);
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
    /// The leader was dropped, or cannot be counted on: this caller leads the load.
    Leads(Leader),
    /// Nobody is left to wait for, and this caller's own load was rejected.
    Alone,
}

impl Waiter {
    pub(super) fn of(store: &Arc<Store>, id: WaiterId<LoadOutcome>) -> Self {
        Self {
            store: Arc::clone(store),
            id,
            active: true,
        }
    }

    /// Polls for the end of the wait; as long as there is none it returns when to look again. Not to be polled again
    /// once it has ended.
    pub(crate) fn poll(&mut self, cx: &Context<'_>, now: Moment) -> Result<WaitOutcome, Moment> {
        let outcome = match self.store.poll_waiter(&self.id, now, cx.waker().clone()) {
            Waiting::Pending(look_at) => return Err(look_at),
            Waiting::Leads(lead) => WaitOutcome::Leads(Leader::of(&self.store, lead)),
            // It is still in the list, and its drop removes it.
            Waiting::Due | Waiting::Alone => return Ok(WaitOutcome::Alone),
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
        Ok(outcome)
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
