//! The load of a cache entry by a call, from its first poll to its end.
//!
//! It ends as the call does; or without it, where there is an answer that the call need not be kept waiting for. A call
//! that was rejected leaves the load to others.

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

use super::Call;
use super::cache::{CacheAnswer, ValueOps};
use super::ending::Leaves;
use super::outcome::Outcome;
use super::rejection::Rejection;
use crate::cache::{
    CacheLifetime, Extent, Failure, Instead, Keep, Load, LoadOutcome, LoadResult, LoadWatch,
    Loaded, Rejected, Shortcut, Timer, Value, WaitEnd, WaitOutcome, Waiter, Withdrawn,
};
use crate::clock::Moment;
use crate::fallback::FailureCause;
use crate::rate_limit::KeyHash;
use crate::telemetry::Counter;

/// A call whose own load was rejected while others load, see [`Call::stand_by`].
#[derive(Debug)]
pub struct Bystander {
    waiter: Waiter,
    rejection: Rejection,
}

/// What the waiters of a load watch, see [`Call::watch`].
#[derive(Debug)]
pub struct CacheWatch(Option<LoadWatch>);

pin_project! {
    /// The future of [`Call::stand_by`].
    #[must_use = "futures do nothing unless polled"]
    pub struct StandBy<'a, 'p, R> {
        call: &'a mut Call<'p>,
        bystander: Bystander,
        #[pin]
        timer: Timer,
        value_ops: ValueOps<R>,
    }
}

impl<'p> Call<'p> {
    /// Makes the future of what loads the entry, so that those who wait for it can look after it.
    pub fn load<F: Future>(watch: CacheWatch, call: F) -> Load<F> {
        Load::new(watch.0, Extent::Call, call)
    }

    /// What the others watch of the load that this call makes, if it makes one.
    #[must_use]
    pub fn watch(call: &Self) -> CacheWatch {
        let load = call.cold.as_ref().and_then(|cold| cold.load.as_ref());
        CacheWatch(load.map(|load| load.leader.load_watch()))
    }

    /// Stores the result of the call for others: `Break` with it, or with the answer that stands in for it. `Continue`:
    /// the call was rejected, and waits for others that load.
    pub fn store<R: Outcome>(
        call: &mut Self,
        value_ops: ValueOps<R>,
        loaded: Loaded<R>,
    ) -> ControlFlow<R, Bystander> {
        Self::store_for(call, value_ops, loaded, |_| None)
    }

    /// As [`store`](Self::store), with how long the answer itself says that it is kept.
    pub fn store_for<R: Outcome>(
        call: &mut Self,
        value_ops: ValueOps<R>,
        loaded: Loaded<R>,
        lifetime: impl FnOnce(&R) -> Option<CacheLifetime>,
    ) -> ControlFlow<R, Bystander> {
        let out = match loaded {
            Loaded::Own(out) => out,
            Loaded::Instead(Instead(shortcut)) => {
                let value = call.cut_short(shortcut);
                return ControlFlow::Break((value_ops.load)(&value));
            }
        };
        if call.cold.as_ref().is_none_or(|cold| cold.load.is_none()) {
            return ControlFlow::Break(out);
        }
        let stored = (value_ops.store)(&out);
        let keep = if stored.as_ref().is_some_and(|stored| stored.is_partial) {
            Keep::Own
        } else {
            lifetime(&out).map_or(Keep::Configured, Keep::Given)
        };
        match call.complete_load(stored.map(|stored| stored.value), keep) {
            Some(Ok(value)) => ControlFlow::Break((value_ops.load)(&value)),
            Some(Err(bystander)) => ControlFlow::Continue(bystander),
            None => ControlFlow::Break(out),
        }
    }

    /// Records why the call's last attempt did not begin, where the call loads an entry.
    pub(super) fn note_rejection(&mut self, rejection: Rejection) {
        if let Some(load) = self.cold.as_mut().and_then(|cold| cold.load.as_mut()) {
            load.rejection = Some(rejection);
        }
    }

    /// Waits for others that load.
    pub fn stand_by<'a, R>(
        call: &'a mut Self,
        value_ops: ValueOps<R>,
        bystander: Bystander,
    ) -> StandBy<'a, 'p, R> {
        StandBy {
            call,
            bystander,
            value_ops,
            timer: Timer::new(),
        }
    }

    /// Ends a call whose load was dropped, since there is an answer without it.
    fn cut_short(&mut self, shortcut: Shortcut) -> Value {
        let load = self.cold.as_mut().and_then(|cold| cold.load.take());
        self.refund_retry();
        self.now = Moment::now().max(self.now);
        match shortcut {
            Shortcut::Fresh(value) => {
                self.end(Counter::Abandoned);
                if let Some(load) = load {
                    let failed = LoadResult::Failed(Failure::cut());
                    load.leader.complete(failed, self.now);
                }
                value
            }
            Shortcut::Shared(outcome) => {
                // Before its first attempt it was but a waiter.
                if self.attempts == 0 {
                    self.ended = true;
                } else {
                    self.end(Counter::Abandoned);
                }
                self.count(Counter::CacheShared);
                match outcome {
                    LoadOutcome::Answer(value) => value,
                    LoadOutcome::Served(served) => self.served(&served),
                    LoadOutcome::Failed(..) | LoadOutcome::NotShared => {
                        unreachable!("it cuts nothing short")
                    }
                }
            }
        }
    }

    /// Ends the load: with the value that stands in for its result, if there is one, or with others to wait for.
    fn complete_load(
        &mut self,
        value: Option<Value>,
        keep: Keep,
    ) -> Option<Result<Value, Bystander>> {
        let loading = self.cold.as_mut()?.load.take()?;
        let now = Moment::now().max(self.now);
        let failure = loading.failure(self.failure.unwrap_or(FailureCause::Permanent));
        let mut leader = loading.leader;
        if let Some(rejection) = loading.rejection {
            let rejected = Rejected {
                failure,
                by_own_limit: rejection.is_by_limit() && self.key != KeyHash::NONE,
                stale_too: value.is_none(),
            };
            match leader.withdraw(rejected, now) {
                Ok(withdrawn) => return self.after_withdrawal(withdrawn, rejection, value),
                Err(unchanged) => leader = unchanged,
            }
        }
        let end = match (value, self.failure) {
            (Some(value), None) => LoadResult::Value(value, keep),
            (Some(value), Some(_)) => LoadResult::FallbackValue(value, failure, keep),
            (None, _) => LoadResult::Failed(failure),
        };
        let served = leader.complete(end, now)?;
        Some(Ok(self.served(&served)))
    }

    fn after_withdrawal(
        &mut self,
        withdrawn: Withdrawn<Waiter>,
        rejection: Rejection,
        fallback: Option<Value>,
    ) -> Option<Result<Value, Bystander>> {
        if let Some(served) = withdrawn.served {
            return Some(Ok(self.served(&served)));
        }
        let waiter = withdrawn.bystander.filter(|_| fallback.is_none())?;
        // It has not failed yet.
        self.forget_failures();
        Some(Err(Bystander { waiter, rejection }))
    }
}

impl<R: Outcome> Future for StandBy<'_, '_, R> {
    type Output = R;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let this = self.project();
        let (call, Bystander { waiter, rejection }) = (&mut **this.call, this.bystander);
        let end = ready!(waiter.poll_until(call.deadline_at(), this.timer, cx));
        if let WaitEnd::Outcome(WaitOutcome::Completed(outcome)) = end {
            match call.shared_outcome(outcome) {
                CacheAnswer::Answer(value) => return Poll::Ready((this.value_ops.load)(&value)),
                CacheAnswer::Failed(failure, at) => return Poll::Ready(call.shared(failure, at)),
                _ => {}
            }
        }
        let error = rejection.into_error(call);
        Poll::Ready(call.leave_with(error, Leaves::Failed))
    }
}

impl<R> fmt::Debug for StandBy<'_, '_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandBy").finish_non_exhaustive()
    }
}
