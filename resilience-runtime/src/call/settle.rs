//! After an attempt: the result is unwrapped, judged, and either handed out or dropped for another
//! attempt. An error is dropped before anything sleeps, so that it need not be `Send`.

use std::any::type_name;
use std::ops::ControlFlow;

use super::Call;
use super::decide::Next;
use super::outcome::{Attempt, AttemptEnd, Outcome};
use crate::error::{BoxError, ResilienceError};
use crate::verdict::Verdict;
use crate::verdict::probe::Judgement;

impl Call {
    /// Decides on an attempt: `Break` with the call's result, or `Continue` with another attempt.
    ///
    /// Only this much is compiled into each annotated function; what follows from a failure is compiled
    /// once for each result type.
    #[inline]
    pub fn settle<R: Outcome>(
        call: &mut Self,
        attempt: Attempt<R>,
        judge: impl FnOnce(&R::Error) -> Judgement,
        ok: impl FnOnce(&R::Ok) -> Option<Verdict>,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        match attempt.0 {
            AttemptEnd::Done(out) => match out.into_result() {
                Ok(value) => match ok(&value) {
                    None => {
                        call.succeeded();
                        ControlFlow::Break(R::from_result(Ok(value)))
                    }
                    Some(verdict) => call.failed_with_ok(verdict, value),
                },
                Err(error) => {
                    let judgement = judge(&error);
                    call.failed_with_error(judgement, error, exhausted)
                }
            },
            end => call.cut_short(end, exhausted),
        }
    }

    #[inline(never)]
    pub(super) fn failed_with_error<R: Outcome>(
        &mut self,
        judgement: Judgement,
        error: R::Error,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        let next = self.failed(judgement, type_name::<R::Error>());
        self.follow(next, error, exhausted)
    }

    /// An `Ok` that means a failure is handed out unchanged.
    #[cold]
    fn failed_with_ok<R: Outcome>(&mut self, verdict: Verdict, value: R::Ok) -> ControlFlow<R> {
        self.keep_tokens();
        match self.failed(Judgement::of(verdict), type_name::<R::Ok>()) {
            Next::Retry => ControlFlow::Continue(()),
            Next::Stop { .. } => ControlFlow::Break(R::from_result(Ok(value))),
        }
    }

    #[cold]
    fn cut_short<R: Outcome>(
        &mut self,
        end: AttemptEnd<R>,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        let error = match end {
            AttemptEnd::Done(out) => return ControlFlow::Break(out),
            AttemptEnd::TimedOut => {
                let next = self.timed_out();
                return self.follow(next, self.timeout_error().into(), exhausted);
            }
            AttemptEnd::DeadlinePassed => {
                self.deadline_passed();
                self.deadline_error()
            }
            AttemptEnd::NoTimer(cause) => {
                self.could_not_be_timed();
                ResilienceError::InvalidConfig(cause.into())
            }
            #[cfg(feature = "testing")]
            AttemptEnd::Injected(verdict) => {
                let next = self.failed(Judgement::of(verdict), "Injected");
                return self.follow(next, self.injected_error(verdict).into(), exhausted);
            }
        };
        ControlFlow::Break(R::from_result(Err(error.into())))
    }

    fn follow<R: Outcome>(
        &self,
        next: Next,
        error: R::Error,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        match next {
            Next::Retry => ControlFlow::Continue(()),
            Next::Stop { exhausted: false } => ControlFlow::Break(R::from_result(Err(error))),
            Next::Stop { exhausted: true } => {
                ControlFlow::Break(R::from_result(Err(exhausted(self, error))))
            }
        }
    }

    /// As [`settle`](Self::settle), where retries are off in the code.
    #[inline]
    pub fn settle_last<R: Outcome>(
        call: &mut Self,
        attempt: Attempt<R>,
        judge: impl FnOnce(&R::Error) -> Judgement,
        ok: impl FnOnce(&R::Ok) -> Option<Verdict>,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> R {
        match Self::settle(call, attempt, judge, ok, exhausted) {
            ControlFlow::Break(out) => out,
            ControlFlow::Continue(()) => {
                unreachable!("a call with `retry = off` was to be retried")
            }
        }
    }
}

/// The default of `exhausted`: the last error as it is.
#[inline]
pub fn unchanged<E>(_: &Call, error: E) -> E {
    error
}

/// `exhausted = "wrap"`.
pub fn wrapped<E>(call: &Call, error: E) -> E
where
    E: From<ResilienceError> + Into<BoxError>,
{
    ResilienceError::RetryExhausted {
        service: call.core().name.clone(),
        attempts: call.attempt,
        source: error.into(),
    }
    .into()
}

/// The verdict of `classify = …`.
#[inline]
pub fn judge_by<E>(error: &E, classify: impl FnOnce(&E) -> Verdict) -> Judgement {
    Judgement::of(classify(error))
}

/// The verdict of `classify_ok = …`.
#[inline]
pub fn judge_ok<T>(value: &T, classify_ok: impl FnOnce(&T) -> Option<Verdict>) -> Option<Verdict> {
    classify_ok(value)
}

/// The judgement with the retry decided by `retry_if = …`.
#[inline]
pub fn retry_if<E>(judgement: Judgement, error: &E, decide: impl FnOnce(&E) -> bool) -> Judgement {
    Judgement {
        retry: Some(decide(error)),
        ..judgement
    }
}
