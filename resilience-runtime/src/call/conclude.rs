//! After an attempt: its outcome is looked at, classified, and either returned or dropped for another attempt. An error
//! is dropped before anything sleeps, so that it need not be `Send`.

use std::any::type_name;
use std::ops::ControlFlow;

use super::Call;
use super::attempt::Attempt;
use super::ending::Leaves;
use super::outcome::Outcome;
use super::rejection::Interruption;
use super::retry::Next;
use crate::error::{BoxError, ResilienceError};
use crate::error_type::ErrorType;
use crate::poll_context;
use crate::verdict::Verdict;
use crate::verdict::autoref::{Classified, Known};

/// Whether an attempt was a success.
#[derive(Clone, Copy, Debug)]
pub enum Checked {
    /// It was: the call has ended with it.
    Success,
    /// An error, or an `Ok` that `classify_ok` takes for a failure with this verdict.
    Failure(Option<Verdict>),
}

impl<'p> Call<'p> {
    /// As [`succeeded`](Self::succeeded), with `classify_ok`.
    #[inline(never)]
    pub fn check<R: Outcome>(
        call: &mut Self,
        attempt: &mut Attempt<'p>,
        outcome: &Result<R, Interruption>,
        classify_ok: impl FnOnce(&R::Ok) -> Option<Verdict>,
    ) -> Checked {
        let Ok(result) = outcome else {
            return Checked::Failure(None);
        };
        let Some(value) = result.success() else {
            return Checked::Failure(None);
        };
        if let Some(verdict) = classify_ok(value) {
            return Checked::Failure(Some(verdict));
        }
        attempt.succeed(call);
        Checked::Success
    }

    /// Concludes a failed attempt: `Break` with the call's result, or `Continue` with another attempt.
    #[inline(never)]
    pub fn conclude<R: Outcome>(
        call: &mut Self,
        attempt: &mut Attempt<'p>,
        outcome: Result<R, Interruption>,
        ok_verdict: Option<Verdict>,
        classify: impl FnOnce(&R::Error) -> Known<'_, R::Error>,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        let result = match outcome {
            Ok(result) => result.into_result(),
            Err(interruption) => return call.interrupted(attempt, interruption, exhausted),
        };
        match (result, ok_verdict) {
            (Ok(value), verdict) => {
                let verdict = verdict.expect("an `Ok` is a failure only by a verdict");
                call.failed_with_ok(attempt, verdict, R::from_result(Ok(value)))
            }
            (Err(error), _) => call.failed_with_error(attempt, classify, error, exhausted),
        }
    }

    #[cold]
    pub(super) fn interrupted<R: Outcome>(
        &mut self,
        attempt: &mut Attempt<'p>,
        interruption: Interruption,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        let next = attempt.interrupt(self, interruption);
        let used_up = match next {
            Next::Stop { exhausted } => exhausted,
            Next::Retry { under_deadline } => {
                if under_deadline {
                    let failure = interruption.into_error(self, attempt.plan);
                    self.keep_failure(failure.into());
                }
                return ControlFlow::Continue(());
            }
        };
        let error = interruption.into_error(self, attempt.plan);
        let out: R = self.leave_with(error, Leaves::Failed);
        ControlFlow::Break(match out.into_result() {
            Err(error) if used_up => R::from_result(Err(exhausted(self, error))),
            result => R::from_result(result),
        })
    }

    #[inline]
    pub(super) fn failed_with_error<R: Outcome>(
        &mut self,
        attempt: &mut Attempt<'p>,
        classify: impl FnOnce(&R::Error) -> Known<'_, R::Error>,
        error: R::Error,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        let Known { classified, boxed } = classify(&error);
        let next = self.judge(attempt, &classified, ErrorType::of(&error));
        if let Next::Retry { under_deadline } = next {
            if under_deadline && let Some(boxed) = boxed {
                self.keep_failure(boxed(error));
            }
            return ControlFlow::Continue(());
        }
        self.follow(next, error, exhausted)
    }

    /// Decides what follows an error of the body.
    #[inline(never)]
    pub(super) fn judge(
        &mut self,
        attempt: &mut Attempt<'p>,
        classified: &Classified<'_>,
        error: ErrorType,
    ) -> Next {
        let inner = match *attempt.notes {
            Some(_) => attempt.inner_failure(error, classified),
            None => None,
        };
        let failed = attempt.fail(self, classified, inner, error.name);
        let next = self.after_failure(failed);
        if matches!(next, Next::Stop { .. }) && poll_context::is_inside() {
            self.note_failure_for_outer(error, classified, self.ending(inner));
        }
        next
    }

    /// Continues with another attempt, or returns the error that the call ends with.
    #[inline]
    pub(super) fn follow<R: Outcome>(
        &self,
        next: Next,
        error: R::Error,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        let Next::Stop { exhausted: used_up } = next else {
            return ControlFlow::Continue(());
        };
        let error = if used_up {
            exhausted(self, error)
        } else {
            error
        };
        ControlFlow::Break(R::from_result(Err(error)))
    }

    /// An `Ok` that is a failure is returned unchanged.
    #[cold]
    fn failed_with_ok<R: Outcome>(
        &mut self,
        attempt: &mut Attempt<'p>,
        verdict: Verdict,
        out: R,
    ) -> ControlFlow<R> {
        attempt.keep_tokens();
        let failed = attempt.fail(self, &Classified::of(verdict), None, type_name::<R::Ok>());
        match self.after_failure(failed) {
            Next::Retry { .. } => ControlFlow::Continue(()),
            Next::Stop { .. } => ControlFlow::Break(out),
        }
    }
}

/// Returns the result of a successful attempt.
#[inline(always)]
pub fn finished<R>(outcome: Result<R, Interruption>) -> R {
    match outcome {
        Ok(result) => result,
        Err(_) => unreachable!("an interrupted attempt is no success"),
    }
}

/// Returns the result of a conclusion that allows no other attempt, since retries are off in the code.
#[inline]
pub fn last<R>(concluded: ControlFlow<R>) -> R {
    match concluded {
        ControlFlow::Break(out) => out,
        ControlFlow::Continue(()) => unreachable!("a call with `retry = off` was to be retried"),
    }
}

/// The default of `exhausted`: the last error as it is.
#[inline]
pub fn unchanged<E>(_: &Call<'_>, error: E) -> E {
    error
}

/// `exhausted = "wrap"`.
pub fn wrapped<E>(call: &Call<'_>, error: E) -> E
where
    E: From<ResilienceError> + Into<BoxError>,
{
    let wrapped = ResilienceError::RetryExhausted {
        service: call.service(),
        attempts: call.attempts,
        source: error.into(),
    };
    let wrapped: Result<(), E> = call.leave_with(wrapped, Leaves::Rewritten);
    wrapped.expect_err("made of an error")
}

/// The verdict of `classify = …`.
#[inline]
pub fn classify_by<'a, E>(
    by_itself: Known<'a, E>,
    error: &E,
    classify: impl FnOnce(&E) -> Verdict,
) -> Known<'a, E> {
    by_itself.overridden_by(classify(error))
}

/// The verdict of `classify_ok = …`.
#[inline]
pub fn classify_ok_by<T>(
    value: &T,
    classify_ok: impl FnOnce(&T) -> Option<Verdict>,
) -> Option<Verdict> {
    classify_ok(value)
}

/// The verdict with the retry decided by `retry_if = …`.
#[inline]
pub fn retry_if<'a, E>(
    known: Known<'a, E>,
    error: &E,
    decide: impl FnOnce(&E) -> bool,
) -> Known<'a, E> {
    known.retried_if(decide(error))
}
