//! After a failed call: its fallbacks.

use std::fmt;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use super::outcome::Outcome;
use super::{Call, Pushback};
use crate::clock::Moment;
use crate::error::{BoxError, ResilienceError};
use crate::fallback::{AnswerFuture, FailureCause, FallbackContext};
use crate::poll_context;
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};

/// Which failures a fallback answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// All.
    Any,
    /// Those that might not happen again: all but permanent errors.
    Transient,
    /// Calls that were turned away here.
    Rejection,
}

/// Which failures one step of a fallback answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// As `on` says.
    On(On),
    /// The prompt was larger than the model's context.
    ContextTooLarge,
    /// The server asked for fewer calls, the limit here was reached, or the account is used up.
    Throttled,
}

impl On {
    fn answers(self, cause: FailureCause) -> bool {
        match (self, cause) {
            (_, FailureCause::InvalidConfig) => false,
            (Self::Any, _) | (Self::Rejection, FailureCause::Rejection) => true,
            (Self::Transient, cause) => cause != FailureCause::Permanent,
            (Self::Rejection, _) => false,
        }
    }
}

impl Call {
    /// `Continue` with the error that a fallback is to answer, `Break` with what is the answer already.
    #[inline]
    pub fn rescue<R: Outcome>(call: &mut Self, out: R, on: On) -> ControlFlow<R, R::Error> {
        match out.into_result() {
            Ok(value) => ControlFlow::Break(R::from_result(Ok(value))),
            Err(error) if call.cause.is_some_and(|cause| on.answers(cause)) => {
                ControlFlow::Continue(error)
            }
            Err(error) => ControlFlow::Break(R::from_result(Err(error))),
        }
    }

    /// Whether a step that answers only some failures answers this one.
    #[must_use]
    pub fn answers(call: &Self, when: When) -> bool {
        match when {
            When::On(on) => call.cause.is_some_and(|cause| on.answers(cause)),
            When::ContextTooLarge => call.pushback == Some(Pushback::ContextTooLarge),
            When::Throttled => call.pushback == Some(Pushback::Throttled),
        }
    }

    /// Remembers a good answer.
    pub fn remember<R: Outcome>(call: &mut Self, out: &R)
    where
        R::Ok: Clone + Send + Sync + 'static,
    {
        // An `Ok` that was judged a failure is not a good answer.
        if call.cause.is_none()
            && let Some(last_good) = &call.plan().function.last_good
            && let Some(value) = out.success()
        {
            last_good.put(call.last_good_key(), value, Moment::now());
        }
    }

    /// The last good answer, unless the error was permanent.
    pub fn recall<R: Outcome>(call: &mut Self) -> Option<R>
    where
        R::Ok: Clone + Send + Sync + 'static,
    {
        if call.cause == Some(FailureCause::Permanent) {
            return None;
        }
        let last_good = call.plan().function.last_good.as_ref()?;
        let value = last_good.get::<R::Ok>(call.last_good_key(), Moment::now())?;
        Some(Self::rescued(call, "cache", value))
    }

    /// The answer of a fallback.
    pub fn rescued<R: Outcome>(call: &mut Self, strategy: &'static str, value: R::Ok) -> R {
        call.answered_by(strategy);
        R::from_result(Ok(value))
    }

    pub(super) fn answered_by(&mut self, strategy: &'static str) {
        poll_context::mark(false);
        self.count(match strategy {
            "cache" => Counter::FallbackCache,
            "value" => Counter::FallbackValue,
            "registered" => Counter::FallbackRegistered,
            _ => Counter::FallbackCall,
        });
        if self.is_heard(Level::WARN) {
            let cause = self.cause;
            self.tell(EventKind::Fallback { strategy, cause });
        }
    }

    /// Runs a fallback function inside the call's span.
    pub fn attempt_fallback<F: Future>(call: &mut Self, fallback: F) -> InCall<'_, F> {
        InCall {
            call,
            future: fallback,
        }
    }

    /// Asks the fallback that was registered at run time for this service and type, if there is one.
    pub fn registered<R: Outcome>(call: &mut Self) -> Registered<'_, R::Ok>
    where
        R::Ok: Send + 'static,
    {
        let core = call.core();
        let context = || FallbackContext {
            service: call.service(),
            kind: core.kind,
            function: call.plan().function.name.as_ref().into(),
            cause: call.cause.unwrap_or(FailureCause::Permanent),
            attempts: call.attempt,
        };
        let answer = core.registered.call(context, &core.name);
        Registered { call, answer }
    }

    /// No fallback answered. If one failed, that is said along with the call's own error.
    pub fn unrescued<R: Outcome>(
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
        R::from_ours(error)
    }

    /// No fallback answered, and none could fail.
    pub fn unrescued_as_it_was<R: Outcome>(_: &mut Self, error: R::Error) -> R {
        R::from_result(Err(error))
    }

    /// Tells of a fallback that failed itself; others may follow.
    #[cold]
    pub(super) fn fallback_failed(&mut self, strategy: &'static str) {
        self.count(Counter::FallbackFailed);
        if self.is_heard(Level::WARN) {
            let cause = self.cause;
            self.tell(EventKind::FallbackFailed { strategy, cause });
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
        }
    }
}

pin_project! {
    /// A future inside the call's span.
    #[must_use = "futures do nothing unless polled"]
    pub struct InCall<'a, F> {
        call: &'a mut Call,
        #[pin]
        future: F,
    }
}

impl<F: Future<Output: Outcome>> Future for InCall<'_, F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let scope = this.call.enter_scope();
        let polled = this.future.poll(cx);
        drop(scope);
        if let Poll::Ready(out) = &polled
            && out.success().is_none()
        {
            this.call.fallback_failed("call");
        }
        polled
    }
}

impl<F> fmt::Debug for InCall<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InCall").finish_non_exhaustive()
    }
}

/// The future of [`Call::registered`].
#[must_use = "futures do nothing unless polled"]
pub struct Registered<'a, T> {
    call: &'a mut Call,
    answer: Option<AnswerFuture<T>>,
}

impl<T> Future for Registered<'_, T> {
    type Output = Option<Result<T, BoxError>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        let Self { call, answer } = this;
        let scope = call.enter_scope();
        let Some(answer) = answer else {
            return Poll::Ready(None);
        };
        let polled = answer.as_mut().poll(cx);
        drop(scope);
        if let Poll::Ready(Err(_)) = &polled {
            call.fallback_failed("registered");
        }
        polled.map(Some)
    }
}

impl<T> fmt::Debug for Registered<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registered").finish_non_exhaustive()
    }
}
