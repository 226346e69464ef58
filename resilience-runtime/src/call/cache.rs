//! The read-through cache, outermost in a call: before the attempts it is asked for the answer. How the call loads it
//! where there is none is in [`cache_load`](super::cache_load).

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Call;
use super::cold_state::CacheLoad;
use super::ending::Leaves;
use super::outcome::Outcome;
use super::rejection::Rejection;
use crate::cache::{
    CacheLifetime, Cacheable, Failure, Leader, LoadOutcome, Lookup, Served, Store, Timer, Value,
    WaitEnd, WaitOutcome, Waiter, copied,
};
use crate::clock::Moment;
use crate::instance::Instance;
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::verdict::is_partial;

/// What the cache has for a call.
pub(super) enum CacheAnswer {
    Answer(Value),
    Failed(Failure, Moment),
    /// Nothing: the call loads it.
    Miss,
    /// Another call loads it already.
    Wait(Waiter),
    /// The wait for another call failed.
    Rejected(Rejection),
}

pin_project! {
    /// The future of [`Call::look_up`]: `Break` with the function's result, or `Continue` with the call.
    #[must_use = "futures do nothing unless polled"]
    pub struct CacheLookup<'a, 'p, R> {
        call: &'a mut Call<'p>,
        found: CacheAnswer,
        #[pin]
        timer: Timer,
        value_ops: ValueOps<R>,
    }
}

/// What can be done with the answers of a function once they are stored without their type.
pub struct ValueOps<R> {
    pub(super) store: fn(&R) -> Option<Storable>,
    pub(super) load: fn(&Value) -> R,
}

/// An answer without its type.
pub(super) struct Storable {
    pub(super) value: Value,
    /// It only asks for more.
    pub(super) is_partial: bool,
}

/// Returns what `ttl = |answer| …` reads from the answer of a call that did not fail.
#[inline]
pub fn lifetime_of<R: Outcome, L: Into<CacheLifetime>>(
    out: &R,
    lifetime: impl FnOnce(&R::Ok) -> L,
) -> Option<CacheLifetime> {
    out.success().map(|answer| lifetime(answer).into())
}

impl<R> Clone for ValueOps<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for ValueOps<R> {}

impl<R> fmt::Debug for ValueOps<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ValueOps")
    }
}

impl<'p> Call<'p> {
    /// Returns the key of the read-through cache, where it is to be asked.
    pub fn read_key<K: Hash + ?Sized>(call: &mut Self, key: &K) -> Option<u128> {
        call.cache().map(|cache| cache.hash(key))
    }

    /// Returns how the function's answers are stored. Only this bounds the answer, so that the compiler reports once
    /// that it does not fit.
    #[must_use]
    pub fn value_ops<R: Outcome<Ok: Cacheable>>() -> ValueOps<R> {
        ValueOps {
            store: |out| {
                let answer = out.success()?;
                Some(Storable {
                    value: Arc::new(answer.clone()),
                    is_partial: is_partial(answer),
                })
            },
            load: |value| R::from_result(Ok(copied(value))),
        }
    }

    /// Asks the cache of the function; `instance` distinguishes the instances of a generic one.
    pub fn look_up<'a, R>(
        call: &'a mut Self,
        hash: Option<u128>,
        value_ops: ValueOps<R>,
        instance: Instance,
    ) -> CacheLookup<'a, 'p, R> {
        let found = match hash {
            Some(hash) => call.lookup(hash, instance),
            None => CacheAnswer::Miss,
        };
        CacheLookup {
            call,
            found,
            value_ops,
            timer: Timer::new(),
        }
    }

    /// The function's cache, unless bodies run bare or not at all.
    fn cache(&self) -> Option<&Arc<Store>> {
        let plan = self.plan;
        if plan.bare || plan.refusal.is_some() {
            return None;
        }
        plan.function.cache()
    }

    fn lookup(&mut self, hash: u128, instance: Instance) -> CacheAnswer {
        let Some(cache) = self.cache() else {
            return CacheAnswer::Miss;
        };
        let look = cache.lookup(hash, instance, self.now);
        // What is answered from here is not a call.
        self.ended = true;
        match look {
            Lookup::Hit(value) => {
                self.count(Counter::CacheHits);
                self.forget_failures();
                CacheAnswer::Answer(value)
            }
            Lookup::Stale(served) => CacheAnswer::Answer(self.served(&served)),
            Lookup::Absent(absence) => {
                self.count(Counter::CacheNegative);
                CacheAnswer::Failed(absence.failure, absence.since)
            }
            Lookup::Load(leader) => {
                self.count(Counter::CacheMisses);
                self.lead(leader)
            }
            Lookup::Refresh(leader) => {
                self.count(Counter::CacheRefreshes);
                self.lead(leader)
            }
            Lookup::Wait(waiter) => CacheAnswer::Wait(waiter),
        }
    }

    fn lead(&mut self, leader: Leader) -> CacheAnswer {
        self.ended = false;
        self.cold().load = Some(CacheLoad::new(leader));
        CacheAnswer::Miss
    }

    /// Waits for another call's load, at most until the deadline of this one.
    fn await_load(
        &mut self,
        waiter: &mut Waiter,
        timer: Pin<&mut Timer>,
        cx: &mut Context<'_>,
    ) -> Poll<CacheAnswer> {
        waiter
            .poll_until(self.deadline_at(), timer, cx)
            .map(|end| match end {
                WaitEnd::Outcome(WaitOutcome::Leads(leader)) => {
                    self.now = Moment::now().max(self.now);
                    self.count(Counter::CacheMisses);
                    self.lead(leader)
                }
                WaitEnd::Outcome(WaitOutcome::Completed(outcome)) => self.shared_outcome(outcome),
                WaitEnd::Outcome(WaitOutcome::Alone) => {
                    unreachable!("its own load was not rejected")
                }
                WaitEnd::DeadlinePassed => CacheAnswer::Rejected(Rejection::Deadline),
                WaitEnd::NoTimer(cause) => CacheAnswer::Rejected(Rejection::NoTimer(cause)),
            })
    }

    pub(super) fn shared_outcome(&mut self, outcome: LoadOutcome) -> CacheAnswer {
        self.count(match outcome {
            LoadOutcome::NotShared => Counter::CacheMisses,
            _ => Counter::CacheShared,
        });
        match outcome {
            LoadOutcome::Answer(value) => {
                self.forget_failures();
                CacheAnswer::Answer(value)
            }
            LoadOutcome::Served(served) => CacheAnswer::Answer(self.served(&served)),
            LoadOutcome::Failed(failure, at) => CacheAnswer::Failed(failure, at),
            LoadOutcome::NotShared => {
                // It is a call after all.
                self.ended = false;
                self.now = Moment::now().max(self.now);
                CacheAnswer::Miss
            }
        }
    }

    /// Returns an answer that stands in for a new one.
    pub(super) fn served(&mut self, served: &Served) -> Value {
        self.forget_failures();
        if let Some(stale) = served.stale {
            self.count(Counter::CacheStale);
            if self.is_enabled(Level::WARN) {
                let Failure { class, code, .. } = served.failure;
                self.emit(EventKind::Stale {
                    class,
                    code,
                    age: stale,
                });
            }
        }
        Arc::clone(&served.value)
    }

    /// Returns the failure of another call's load as the function's result.
    #[cold]
    pub(super) fn shared<R: Outcome>(&mut self, failure: Failure, at: Moment) -> R {
        let age = Moment::now().since(at);
        let error = failure.shared(self.service(), age);
        self.leave_with(error, Leaves::Shared)
    }
}

impl<R: Outcome> Future for CacheLookup<'_, '_, R> {
    type Output = ControlFlow<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let call = &mut **this.call;
        if let CacheAnswer::Wait(waiter) = this.found {
            *this.found = ready!(call.await_load(waiter, this.timer, cx));
        }
        Poll::Ready(match this.found {
            CacheAnswer::Miss | CacheAnswer::Wait(_) => ControlFlow::Continue(()),
            CacheAnswer::Answer(value) => ControlFlow::Break((this.value_ops.load)(value)),
            CacheAnswer::Failed(failure, at) => ControlFlow::Break(call.shared(*failure, *at)),
            CacheAnswer::Rejected(rejection) => ControlFlow::Break(Call::reject(call, *rejection)),
        })
    }
}

impl<R> fmt::Debug for CacheLookup<'_, '_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CacheLookup").finish_non_exhaustive()
    }
}
