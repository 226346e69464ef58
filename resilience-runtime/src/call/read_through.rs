//! Round everything else: the read-through cache. Before the call it is asked for the answer, after it
//! the answer is kept.

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

use super::outcome::Outcome;
use super::{Call, Refusal};
use crate::cache::{
    CacheEffect, Cacheable, Failure, Leader, LoadOutcome, LoadResult, Lookup, Served, Store,
    TypeSlot, Value, WaitOutcome, Waiter, copied,
};
use crate::clock::Moment;
use crate::fallback::FailureCause;
use crate::poll_context;
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::timer;
use crate::verdict::{ErrorCode, Reason, Verdict};

/// What a call knows that is made for a cache. Boxed, so that every other call is smaller.
pub(super) struct Loading {
    leader: Leader,
    /// What it failed of.
    verdict: Option<Verdict>,
}

impl Loading {
    fn failure(&self, cause: FailureCause) -> Failure {
        let failure = Failure::of(self.verdict.unwrap_or(Verdict::permanent()));
        match cause {
            FailureCause::InvalidConfig => Failure {
                effect: CacheEffect::Misconfigured,
                ..failure
            },
            _ => failure,
        }
    }
}

/// What the cache says to a call.
enum Found {
    Answer(Value),
    Failed(Failure, Moment),
    /// Nothing: the call is to be made.
    Nothing,
    /// It is being asked for already.
    Wait(Waiter),
    /// Waiting for it ended badly.
    Refused,
}

pin_project! {
    /// The future of [`Call::look_up`]: `Break` with the function's result, or `Continue` with the call.
    #[must_use = "futures do nothing unless polled"]
    pub struct LookUp<'a, R> {
        call: &'a mut Call,
        found: Found,
        #[pin]
        timer: Option<Unconstrained<Sleep>>,
        armed: bool,
        copying: Copying<R>,
    }
}

/// What can be done with the answers of a function that have lost their type.
pub struct Copying<R> {
    variant: fn(&'static str) -> TypeSlot,
    keep: fn(&R) -> Option<Value>,
    give: fn(&Value) -> R,
}

impl<R> Clone for Copying<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Copying<R> {}

impl<R> fmt::Debug for Copying<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Copying")
    }
}

impl Call {
    /// The key of the read-through cache, where it is to be asked.
    pub fn read_key<K: Hash + ?Sized>(call: &mut Self, key: &K) -> Option<u128> {
        call.cache().map(|cache| cache.hash(key))
    }

    /// How the function's answers are copied. This alone asks of the answer that it can be, so that the
    /// compiler says once that it cannot.
    #[must_use]
    pub fn copying<R: Outcome<Ok: Cacheable>>() -> Copying<R> {
        Copying {
            variant: TypeSlot::of::<R::Ok>,
            keep: |out| {
                let answer = out.success()?;
                Some(Arc::new(answer.clone()))
            },
            give: |value| R::from_result(Ok(copied(value))),
        }
    }

    /// Asks the cache of the function, of which this is the `instance`.
    pub fn look_up<'a, R>(
        call: &'a mut Self,
        hash: Option<u128>,
        copying: Copying<R>,
        instance: &'static str,
    ) -> LookUp<'a, R> {
        let found = match hash {
            Some(hash) => call.look(hash, (copying.variant)(instance)),
            None => Found::Nothing,
        };
        LookUp {
            call,
            found,
            copying,
            timer: None,
            armed: false,
        }
    }

    /// The function's cache, unless bodies run bare or not at all.
    fn cache(&self) -> Option<&Arc<Store>> {
        let plan = self.plan();
        if plan.bare || plan.refusal.is_some() {
            return None;
        }
        plan.function.cache()
    }

    fn look(&mut self, hash: u128, variant: TypeSlot) -> Found {
        let Some(cache) = self.cache() else {
            return Found::Nothing;
        };
        let look = cache.lookup(hash, variant, self.now);
        // What is answered from here is not a call.
        self.ended = true;
        match look {
            Lookup::Hit(value) => {
                self.count(Counter::CacheHits);
                Found::Answer(value)
            }
            Lookup::Stale(served) => Found::Answer(self.served(&served)),
            Lookup::Absent(absence) => {
                self.count(Counter::CacheNegative);
                Found::Failed(absence.failure, absence.since)
            }
            Lookup::Load(leader) => {
                self.count(Counter::CacheMisses);
                self.load(leader)
            }
            Lookup::Refresh(leader) => {
                self.count(Counter::CacheRefreshes);
                self.load(leader)
            }
            Lookup::Wait(waiter) => Found::Wait(waiter),
        }
    }

    fn load(&mut self, leader: Leader) -> Found {
        self.ended = false;
        self.aside().loading = Some(Loading {
            leader,
            verdict: None,
        });
        Found::Nothing
    }

    /// Waits for somebody else's call, at most until the deadline of this one.
    fn await_load(
        &mut self,
        waiter: &mut Waiter,
        mut timer: Pin<&mut Option<Unconstrained<Sleep>>>,
        armed: &mut bool,
        cx: &mut Context<'_>,
    ) -> Poll<Found> {
        if let Poll::Ready(turn) = waiter.poll(cx) {
            return Poll::Ready(self.take_turn(turn));
        }
        if !*armed && self.deadline_at != Moment::FAR_FUTURE {
            *armed = true;
            match timer::at(self.deadline_at) {
                Ok(sleep) => timer.set(sleep.map(unconstrained)),
                Err(cause) => return Poll::Ready(self.waited_in_vain(Refusal::NoTimer(cause))),
            }
        }
        match timer.as_pin_mut().map(|timer| timer.poll(cx)) {
            Some(Poll::Ready(())) => Poll::Ready(self.waited_in_vain(Refusal::Deadline)),
            Some(Poll::Pending) | None => Poll::Pending,
        }
    }

    fn waited_in_vain(&mut self, refusal: Refusal) -> Found {
        self.refusal = Some(refusal);
        Found::Refused
    }

    fn take_turn(&mut self, turn: WaitOutcome) -> Found {
        let landing = match turn {
            WaitOutcome::Leads(leader) => {
                self.now = Moment::now().max(self.now);
                self.count(Counter::CacheMisses);
                return self.load(leader);
            }
            WaitOutcome::Completed(landing) => landing,
        };
        self.count(Counter::CacheShared);
        match landing {
            LoadOutcome::Answer(value) => Found::Answer(value),
            LoadOutcome::Served(served) => Found::Answer(self.served(&served)),
            LoadOutcome::Failed(failure, at) => Found::Failed(failure, at),
        }
    }

    /// Hands out an answer that stands in for a new one.
    fn served(&mut self, served: &Served) -> Value {
        if let Some(stale) = served.stale {
            self.count(Counter::CacheStale);
            if self.is_heard(Level::WARN) {
                let Failure { class, code, .. } = served.failure;
                self.tell(EventKind::Stale {
                    class,
                    code,
                    age: stale,
                });
            }
        }
        Arc::clone(&served.value)
    }

    /// The end of somebody else's call as the function's result.
    #[cold]
    fn shared<R: Outcome>(&mut self, failure: Failure, at: Moment) -> R {
        // Nothing was sent, and an outer call that is tried again would hear the same.
        poll_context::mark(true);
        let age = Moment::now().since(at);
        let error = failure.shared(self.service(), age);
        R::from_ours(error)
    }

    /// Takes note of why an attempt failed, or none was made, for those who wait. That the caller may not
    /// is not outweighed by what another attempt meets.
    #[inline]
    pub(super) fn blame(&mut self, verdict: Verdict) {
        if let Some(aside) = &mut self.aside
            && let Some(loading) = &mut aside.loading
        {
            let denied = |verdict: &Verdict| verdict.reason() == Some(Reason::Denied);
            if !loading.verdict.as_ref().is_some_and(denied) {
                loading.verdict = Some(verdict);
            }
        }
    }

    /// Keeps the result of the call for others, or finds the answer that stands in for it.
    pub fn keep<R>(call: &mut Self, copying: Copying<R>, out: R) -> R {
        if call
            .aside
            .as_ref()
            .is_none_or(|aside| aside.loading.is_none())
        {
            return out;
        }
        match call.land((copying.keep)(&out)) {
            Some(value) => (copying.give)(&value),
            None => out,
        }
    }

    fn land(&mut self, value: Option<Value>) -> Option<Value> {
        let loading = self.aside.as_mut()?.loading.take()?;
        let end = match (value, self.cause) {
            (Some(value), None) => LoadResult::Value(value),
            (Some(value), Some(cause)) => LoadResult::FallbackValue(value, loading.failure(cause)),
            (None, cause) => {
                LoadResult::Failed(loading.failure(cause.unwrap_or(FailureCause::Permanent)))
            }
        };
        let now = Moment::now().max(self.now);
        let served = loading.leader.complete(end, now)?;
        poll_context::mark(false);
        Some(self.served(&served))
    }
}

impl Refusal {
    /// What it means to those who wait for the call.
    pub(super) fn verdict(self) -> Verdict {
        let (verdict, name) = match self {
            Self::CircuitBreaker { .. } => (Verdict::transient(), "circuit_breaker"),
            Self::RateLimit { .. } => (Verdict::throttled(None), "rate_limit"),
            Self::Bulkhead => (Verdict::transient(), "bulkhead"),
            Self::Deadline => (Verdict::outcome_unknown(), "deadline"),
            Self::InvalidConfig | Self::NoTimer(_) => (Verdict::permanent(), "invalid_config"),
        };
        verdict.with_code(ErrorCode::Name(name))
    }
}

impl<R: Outcome> Future for LookUp<'_, R> {
    type Output = ControlFlow<R>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let call = &mut **this.call;
        if let Found::Wait(waiter) = this.found {
            match call.await_load(waiter, this.timer, this.armed, cx) {
                Poll::Ready(found) => *this.found = found,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(match this.found {
            Found::Nothing | Found::Wait(_) => ControlFlow::Continue(()),
            Found::Answer(value) => ControlFlow::Break((this.copying.give)(value)),
            Found::Failed(failure, at) => ControlFlow::Break(call.shared(*failure, *at)),
            Found::Refused => ControlFlow::Break(Call::refuse(call)),
        })
    }
}

impl<R> fmt::Debug for LookUp<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LookUp").finish_non_exhaustive()
    }
}
