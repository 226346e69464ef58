//! The fallbacks of a failed call.

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::Call;
use super::ending::Leaves;
use super::failed_attempt::Pushback;
use super::outcome::Outcome;
use crate::cache::CacheLifetime;
use crate::clock::Moment;
use crate::error::{BoxError, ResilienceError};
use crate::fallback::{AnswerFuture, EntryKey, FailureCause, FallbackContext};
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::verdict::is_partial;

/// The failures that a fallback answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FallbackOn {
    /// All.
    Any,
    /// Those that might not happen again: all but permanent errors.
    Transient,
    /// Rejections.
    Rejection,
}

/// The failures that one step of a fallback answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Those of the fallback's `on`.
    On(FallbackOn),
    /// The prompt was larger than the model's context.
    ContextTooLarge,
    /// The server asked for fewer calls, the limit here was reached, or the account is used up.
    Throttled,
}

impl FallbackOn {
    fn answers(self, cause: FailureCause) -> bool {
        match (self, cause) {
            (_, FailureCause::InvalidConfig) => false,
            (Self::Any, _) | (Self::Rejection, FailureCause::Rejection) => true,
            (Self::Transient, cause) => cause != FailureCause::Permanent,
            (Self::Rejection, _) => false,
        }
    }
}

impl<'p> Call<'p> {
    pub(super) fn cause(&self) -> Option<FailureCause> {
        self.failure
    }

    fn last_good_key(&self) -> EntryKey {
        EntryKey::from_ne_bytes(self.cache_key)
    }

    /// Returns the error that a fallback is to answer (`Continue`), or the result that needs none (`Break`).
    #[inline]
    pub fn failure_to_answer<R: Outcome>(
        call: &mut Self,
        out: R,
        on: FallbackOn,
    ) -> ControlFlow<R, R::Error> {
        match out.into_result() {
            Ok(value) => ControlFlow::Break(R::from_result(Ok(value))),
            Err(error) if call.cause().is_some_and(|cause| on.answers(cause)) => {
                ControlFlow::Continue(error)
            }
            Err(error) => ControlFlow::Break(R::from_result(Err(error))),
        }
    }

    /// Whether a step that answers only some failures answers this one.
    #[must_use]
    pub fn answers(call: &Self, condition: Condition) -> bool {
        match condition {
            Condition::On(on) => call.cause().is_some_and(|cause| on.answers(cause)),
            Condition::ContextTooLarge => call.pushback == Some(Pushback::ContextTooLarge),
            Condition::Throttled => call.pushback == Some(Pushback::Throttled),
        }
    }

    /// Stores a good answer, unless it was revoked meanwhile.
    pub fn last_good_put<R: Outcome>(call: &mut Self, out: &R)
    where
        R::Ok: Clone + Send + Sync + 'static,
    {
        // An `Ok` with the verdict of a failure is no good answer.
        if call.cause().is_none()
            && let Some(last_good) = &call.plan.function.last_good
            && let Some(value) = out.success()
            && !is_partial(value)
        {
            last_good.put(call.last_good_key(), value, Moment::now());
        }
    }

    /// As [`last_good_put`](Self::last_good_put), with what the answer itself says: one that is for this caller alone is kept where
    /// the read-through cache keeps it, and nowhere else.
    pub fn last_good_put_for<R: Outcome>(
        call: &mut Self,
        out: &R,
        lifetime: impl FnOnce(&R) -> Option<CacheLifetime>,
    ) where
        R::Ok: Clone + Send + Sync + 'static,
    {
        if call.cause().is_some() {
            return;
        }
        let cache = call.plan.function.cache();
        let keeps_private = cache.is_some_and(|cache| cache.config().private);
        if !keeps_private && lifetime(out).is_some_and(|lifetime| lifetime.is_private()) {
            // What was kept before is out of date.
            call.forget_last_good();
        } else {
            Self::last_good_put(call, out);
        }
    }

    /// Forgets the last good answer: the server says that it does not hold any more.
    pub(super) fn forget_last_good(&self) {
        if let Some(last_good) = &self.plan.function.last_good {
            last_good.remove(self.last_good_key());
        }
    }

    /// Whether the last attempt was denied, or what it asked for not found.
    pub(super) fn is_revoked(&self) -> bool {
        self.pushback == Some(Pushback::Revoked)
    }

    /// Returns the last good answer, unless the error was permanent.
    pub fn last_good_get<R: Outcome>(call: &mut Self) -> Option<R>
    where
        R::Ok: Clone + Send + Sync + 'static,
    {
        if call.cause() == Some(FailureCause::Permanent) {
            return None;
        }
        let last_good = call.plan.function.last_good.as_ref()?;
        let value = last_good.get::<R::Ok>(call.last_good_key(), Moment::now())?;
        Some(Self::answered(call, "cache", value))
    }

    /// Ends the call with the answer of a fallback.
    pub fn answered<R: Outcome>(call: &mut Self, strategy: &'static str, value: R::Ok) -> R {
        call.answered_by(strategy);
        R::from_result(Ok(value))
    }

    pub(super) fn answered_by(&mut self, strategy: &'static str) {
        self.forget_failures();
        self.count(match strategy {
            "cache" => Counter::FallbackCache,
            "value" => Counter::FallbackValue,
            "registered" => Counter::FallbackRegistered,
            _ => Counter::FallbackCall,
        });
        if self.is_enabled(Level::WARN) {
            let cause = self.cause();
            self.emit(EventKind::Fallback { strategy, cause });
        }
    }

    /// Runs a fallback function inside the call's span.
    pub fn attempt_fallback<F: Future>(call: &mut Self, fallback: F) -> InSpan<'_, 'p, F> {
        InSpan {
            call,
            future: fallback,
        }
    }

    /// Runs the fallback that was registered at run time for this service and type, if there is one.
    pub fn registered<R: Outcome>(call: &mut Self) -> Registered<'_, 'p, R::Ok>
    where
        R::Ok: Send + 'static,
    {
        let core = call.core();
        let context = || FallbackContext {
            service: call.service(),
            kind: core.kind,
            function: call.plan.function.name.as_ref().into(),
            cause: call.cause().unwrap_or(FailureCause::Permanent),
            attempts: call.attempts,
        };
        let answer = core.registered.call(context, &core.name);
        Registered { call, answer }
    }

    /// Ends the call where no fallback answered: with its own error, beside that of a fallback that failed.
    pub fn unanswered<R: Outcome>(
        call: &mut Self,
        error: R::Error,
        last: Option<(&'static str, BoxError)>,
    ) -> R
    where
        R::Error: Into<BoxError>,
    {
        let Some((strategy, failed)) = last else {
            return R::from_result(Err(error));
        };
        let error = call.fallback_failure(strategy, failed, error.into());
        call.leave_with(error, Leaves::Rewritten)
    }

    /// Ends the call where no fallback answered and none could fail: with its own error.
    pub fn unchanged_error<R: Outcome>(_: &mut Self, error: R::Error) -> R {
        R::from_result(Err(error))
    }

    /// Emits that a fallback failed itself; others may follow.
    #[cold]
    pub(super) fn fallback_failed(&mut self, strategy: &'static str) {
        self.count(Counter::FallbackFailed);
        if self.is_enabled(Level::WARN) {
            let cause = self.cause();
            self.emit(EventKind::FallbackFailed { strategy, cause });
        }
    }

    pub(super) fn fallback_failure(
        &mut self,
        strategy: &'static str,
        error: BoxError,
        source: BoxError,
    ) -> ResilienceError {
        ResilienceError::FallbackFailed {
            service: self.service(),
            strategy,
            error,
            source,
            attempts: self.attempts,
        }
    }
}

pin_project! {
    /// A future inside the call's span.
    #[must_use = "futures do nothing unless polled"]
    pub struct InSpan<'a, 'p, F> {
        call: &'a mut Call<'p>,
        #[pin]
        future: F,
    }
}

impl<F: Future<Output: Outcome>> Future for InSpan<'_, '_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let span = this.call.enter_span();
        let polled = this.future.poll(cx);
        drop(span);
        if let Poll::Ready(out) = &polled
            && out.success().is_none()
        {
            this.call.fallback_failed("call");
        }
        polled
    }
}

impl<F> fmt::Debug for InSpan<'_, '_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InSpan").finish_non_exhaustive()
    }
}

/// The future of [`Call::registered`].
#[must_use = "futures do nothing unless polled"]
pub struct Registered<'a, 'p, T> {
    call: &'a mut Call<'p>,
    answer: Option<AnswerFuture<T>>,
}

impl<T> Future for Registered<'_, '_, T> {
    type Output = Option<Result<T, BoxError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Self { call, answer } = this;
        let span = call.enter_span();
        let Some(answer) = answer else {
            return Poll::Ready(None);
        };
        let polled = answer.as_mut().poll(cx);
        drop(span);
        if let Poll::Ready(Err(_)) = &polled {
            call.fallback_failed("registered");
        }
        polled.map(Some)
    }
}

impl<T> fmt::Debug for Registered<'_, '_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered").finish_non_exhaustive()
    }
}
