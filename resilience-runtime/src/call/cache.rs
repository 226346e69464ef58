//! The read-through cache, outermost in a call: before the attempts it is asked for the answer, after them the answer is
//! stored.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tokio::task::coop::{Unconstrained, unconstrained};
use tokio::time::Sleep;

use super::Call;
use super::cold_state::CacheLoad;
use super::ending::Leaves;
use super::outcome::Outcome;
use super::rejection::Rejection;
use crate::cache::{
    Cacheable, Failure, Leader, LoadOutcome, LoadResult, Lookup, Served, Store, Value, WaitOutcome,
    Waiter, copied,
};
use crate::clock::Moment;
use crate::fallback::FailureCause;
use crate::instance::Instance;
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::timer;

/// What the cache has for a call.
enum CacheAnswer {
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
        timer: Option<Unconstrained<Sleep>>,
        armed: bool,
        value_ops: ValueOps<R>,
    }
}

/// What can be done with the answers of a function once they are stored without their type.
pub struct ValueOps<R> {
    store: fn(&R) -> Option<Value>,
    load: fn(&Value) -> R,
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
                Some(Arc::new(answer.clone()))
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
            timer: None,
            armed: false,
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
                self.load(leader)
            }
            Lookup::Refresh(leader) => {
                self.count(Counter::CacheRefreshes);
                self.load(leader)
            }
            Lookup::Wait(waiter) => CacheAnswer::Wait(waiter),
        }
    }

    fn load(&mut self, leader: Leader) -> CacheAnswer {
        self.ended = false;
        self.cold().load = Some(CacheLoad {
            leader,
            verdict: None,
        });
        CacheAnswer::Miss
    }

    /// Waits for another call's load, at most until the deadline of this one.
    fn await_load(
        &mut self,
        waiter: &mut Waiter,
        mut timer: Pin<&mut Option<Unconstrained<Sleep>>>,
        armed: &mut bool,
        cx: &mut Context<'_>,
    ) -> Poll<CacheAnswer> {
        if let Poll::Ready(turn) = waiter.poll(cx) {
            return Poll::Ready(self.on_load_done(turn));
        }
        if !*armed && self.deadline_at() != Moment::FAR_FUTURE {
            *armed = true;
            match timer::at(self.deadline_at()) {
                Ok(sleep) => timer.set(sleep.map(unconstrained)),
                Err(cause) => return Poll::Ready(CacheAnswer::Rejected(Rejection::NoTimer(cause))),
            }
        }
        match timer.as_pin_mut().map(|timer| timer.poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(CacheAnswer::Rejected(Rejection::Deadline)),
            Some(Poll::Pending) | None => Poll::Pending,
        }
    }

    fn on_load_done(&mut self, turn: WaitOutcome) -> CacheAnswer {
        let outcome = match turn {
            WaitOutcome::Leads(leader) => {
                self.now = Moment::now().max(self.now);
                self.count(Counter::CacheMisses);
                return self.load(leader);
            }
            WaitOutcome::Completed(outcome) => outcome,
        };
        self.count(Counter::CacheShared);
        match outcome {
            LoadOutcome::Answer(value) => {
                self.forget_failures();
                CacheAnswer::Answer(value)
            }
            LoadOutcome::Served(served) => CacheAnswer::Answer(self.served(&served)),
            LoadOutcome::Failed(failure, at) => CacheAnswer::Failed(failure, at),
        }
    }

    /// Returns an answer that stands in for a new one.
    fn served(&mut self, served: &Served) -> Value {
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
    fn shared<R: Outcome>(&mut self, failure: Failure, at: Moment) -> R {
        let age = Moment::now().since(at);
        let error = failure.shared(self.service(), age);
        self.leave_with(error, Leaves::Shared)
    }

    /// Stores the result of the call for others, or returns the answer that stands in for it.
    pub fn store<R>(call: &mut Self, value_ops: ValueOps<R>, out: R) -> R {
        if call.cold.as_ref().is_none_or(|cold| cold.load.is_none()) {
            return out;
        }
        match call.complete_load((value_ops.store)(&out)) {
            Some(value) => (value_ops.load)(&value),
            None => out,
        }
    }

    fn complete_load(&mut self, value: Option<Value>) -> Option<Value> {
        let loading = self.cold.as_mut()?.load.take()?;
        let end = match (value, self.failure) {
            (Some(value), None) => LoadResult::Value(value),
            (Some(value), Some(cause)) => LoadResult::FallbackValue(value, loading.failure(cause)),
            (None, cause) => {
                LoadResult::Failed(loading.failure(cause.unwrap_or(FailureCause::Permanent)))
            }
        };
        let now = Moment::now().max(self.now);
        let served = loading.leader.complete(end, now)?;
        Some(self.served(&served))
    }
}

impl<R: Outcome> Future for CacheLookup<'_, '_, R> {
    type Output = ControlFlow<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let call = &mut **this.call;
        if let CacheAnswer::Wait(waiter) = this.found {
            match call.await_load(waiter, this.timer, this.armed, cx) {
                Poll::Ready(found) => *this.found = found,
                Poll::Pending => return Poll::Pending,
            }
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
