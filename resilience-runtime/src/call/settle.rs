//! After an attempt: the result is looked at, judged, and either handed out or dropped for another attempt. An error is
//! dropped before anything sleeps, so that it need not be `Send`.

use std::any::type_name;
use std::ops::ControlFlow;

use super::Call;
use super::decide::Next;
use super::outcome::{Cut, Outcome};
use crate::error::{BoxError, ResilienceError};
use crate::verdict::Verdict;
use crate::verdict::autoref::Classified;

/// Whether an attempt was a success.
#[derive(Clone, Copy, Debug)]
pub enum Success {
    /// It was.
    Is,
    /// It was an `Ok` that means a failure.
    IsFailure(Verdict),
    /// It was an error.
    Not,
}

impl Call {
    /// Whether an attempt was a success, which then is the call's.
    ///
    /// Not inlined and by reference, so that the result stays whole where it lies until it is handed out: taken apart,
    /// it would be copied piece by piece from variable to variable.
    #[inline(never)]
    pub fn success<R: Outcome>(
        call: &mut Self,
        attempt: &R,
        ok: impl FnOnce(&R::Ok) -> Option<Verdict>,
    ) -> Success {
        let Some(value) = attempt.success() else {
            return Success::Not;
        };
        if let Some(verdict) = ok(value) {
            return Success::IsFailure(verdict);
        }
        call.succeeded();
        Success::Is
    }

    /// Decides on an attempt: `Break` with the call's result, or `Continue` with another attempt.
    #[inline(never)]
    pub fn settle<R: Outcome>(
        call: &mut Self,
        attempt: R,
        success: Success,
        judge: impl FnOnce(&R::Error) -> Classified,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        match success {
            Success::Is => return ControlFlow::Break(attempt),
            Success::IsFailure(verdict) => return call.failed_with_ok(verdict, attempt),
            Success::Not => {}
        }
        let Err(error) = attempt.into_result() else {
            unreachable!("what is no success is an error");
        };
        match call.cut.take() {
            None => {
                let classified = judge(&error);
                call.failed_with_error(classified, error, exhausted)
            }
            Some(cut) => call.was_cut(cut, error, exhausted),
        }
    }

    #[inline(never)]
    pub(super) fn failed_with_error<R: Outcome>(
        &mut self,
        classified: Classified,
        error: R::Error,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        let next = self.failed(classified, type_name::<R::Error>());
        self.follow(next, error, exhausted)
    }

    /// An `Ok` that means a failure is handed out unchanged.
    #[cold]
    fn failed_with_ok<R: Outcome>(&mut self, verdict: Verdict, out: R) -> ControlFlow<R> {
        self.keep_tokens();
        match self.failed(Classified::of(verdict), type_name::<R::Ok>()) {
            Next::Retry => ControlFlow::Continue(()),
            Next::Stop { .. } => ControlFlow::Break(out),
        }
    }

    #[cold]
    fn was_cut<R: Outcome>(
        &mut self,
        cut: Cut,
        error: R::Error,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> ControlFlow<R> {
        let next = self.cut_short(cut);
        self.follow(next, error, exhausted)
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
    #[inline(never)]
    pub fn settle_last<R: Outcome>(
        call: &mut Self,
        attempt: R,
        success: Success,
        judge: impl FnOnce(&R::Error) -> Classified,
        exhausted: fn(&Self, R::Error) -> R::Error,
    ) -> R {
        match Self::settle(call, attempt, success, judge, exhausted) {
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
        service: call.service(),
        attempts: call.attempt,
        source: error.into(),
    }
    .into()
}

/// The verdict of `classify = …`.
#[inline]
pub fn judge_by<E>(error: &E, classify: impl FnOnce(&E) -> Verdict) -> Classified {
    Classified::of(classify(error))
}

/// The verdict of `classify_ok = …`.
#[inline]
pub fn judge_ok<T>(value: &T, classify_ok: impl FnOnce(&T) -> Option<Verdict>) -> Option<Verdict> {
    classify_ok(value)
}

/// The classification with the retry decided by `retry_if = …`.
#[inline]
pub fn retry_if<E>(
    classified: Classified,
    error: &E,
    decide: impl FnOnce(&E) -> bool,
) -> Classified {
    Classified {
        retry_override: Some(decide(error)),
        ..classified
    }
}
