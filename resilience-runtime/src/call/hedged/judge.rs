//! Which outcome ends a race.

use std::any::type_name;
use std::ops::ControlFlow;
use std::time::Duration;

use crate::call::Call;
use crate::call::attempt::Attempt;
use crate::call::ending::Inner;
use crate::call::failed_attempt::FailedAttempt;
use crate::call::outcome::Outcome;
use crate::call::past::Past;
use crate::call::rejection::Interruption;
use crate::clock::Moment;
use crate::error::BoxError;
use crate::error_type::ErrorType;
use crate::plan::Plan;
use crate::rate_limit::Amount;
use crate::telemetry::EventKind;
use crate::telemetry::trace::Level;
use crate::verdict::autoref::{Classified, Known};
use crate::verdict::{Reason, Verdict};

/// What the attribute says of outcomes.
pub(super) struct Judge<C, K, U> {
    pub(super) classify: C,
    pub(super) classify_ok: K,
    pub(super) usage: U,
}

impl<C, K, U> Judge<C, K, U> {
    /// Decides whether an outcome ends the race. If it does not, its attempt has failed, and the outcome is dropped.
    pub(super) fn decide<'p, R>(
        &self,
        call: &mut Call<'p>,
        attempt: &mut Attempt<'p>,
        outcome: Result<R, Interruption>,
    ) -> ControlFlow<Result<R, Interruption>>
    where
        R: Outcome,
        C: Fn(&R::Error) -> Known<'_, R::Error>,
        K: Fn(&R::Ok) -> Option<Verdict>,
        U: Fn(&R::Ok) -> Option<Amount>,
    {
        let mut boxed = None;
        let failed = match &outcome {
            Ok(result) => match (result.failure(), result.success()) {
                (Some(error), _) => {
                    let known = (self.classify)(error);
                    boxed = known.boxed;
                    call.fails_beside(attempt, &known.classified, ErrorType::of(error))
                }
                (None, Some(value)) => (self.classify_ok)(value).is_some_and(|verdict| {
                    let used = (self.usage)(value);
                    call.answer_fails_beside(attempt, verdict, used, type_name::<R::Ok>())
                }),
                (None, None) => false,
            },
            Err(interruption) => call.cut_beside(attempt, *interruption),
        };
        if !failed {
            return ControlFlow::Break(outcome);
        }
        // The deadline may end the others: then this is the failure before it.
        if call.deadline_may_end(Moment::now()) {
            call.keep_failure_beside(attempt.plan, outcome, boxed);
        }
        ControlFlow::Continue(())
    }

    /// Whether it is an answer that the caller gets.
    pub(super) fn is_answer<R>(&self, outcome: &Result<R, Interruption>) -> bool
    where
        R: Outcome,
        K: Fn(&R::Ok) -> Option<Verdict>,
    {
        let answer = outcome.as_ref().ok().and_then(Outcome::success);
        answer.is_some_and(|answer| (self.classify_ok)(answer).is_none())
    }
}

impl<'p> Call<'p> {
    /// Ends an attempt that failed in a way that leaves the others running; `false`: its error ends the call.
    #[inline(never)]
    fn fails_beside(
        &mut self,
        attempt: &mut Attempt<'p>,
        classified: &Classified<'_>,
        error: ErrorType,
    ) -> bool {
        let inner = match *attempt.notes {
            Some(_) => attempt.inner_failure(error, classified),
            None => None,
        };
        let failed = self.leaves_others(attempt, classified, inner);
        if failed {
            let failed = attempt.fail(self, classified, inner, error.name);
            self.note_failure_beside(failed);
        }
        failed
    }

    /// The same, for an `Ok` that is a failure.
    #[cold]
    fn answer_fails_beside(
        &mut self,
        attempt: &mut Attempt<'p>,
        verdict: Verdict,
        used: Option<Amount>,
        answer: &'static str,
    ) -> bool {
        let classified = Classified::of(verdict);
        let failed = self.leaves_others(attempt, &classified, None);
        if failed {
            attempt.settle(self, used);
            attempt.keep_tokens();
            let failed = attempt.fail(self, &classified, None, answer);
            self.note_failure_beside(failed);
        }
        failed
    }

    /// The same, for an attempt that was interrupted. What ends the call ends all of them.
    #[cold]
    fn cut_beside(&mut self, attempt: &mut Attempt<'p>, interruption: Interruption) -> bool {
        match interruption {
            Interruption::TimedOut => {
                let failed = attempt.time_out(self);
                self.note_failure_beside(failed);
                true
            }
            #[cfg(feature = "test-util")]
            Interruption::Injected(verdict) => {
                let classified = Classified::of(verdict);
                let failed = self.leaves_others(attempt, &classified, None);
                if failed {
                    let failed = attempt.fail(self, &classified, None, "Injected");
                    self.note_failure_beside(failed);
                }
                failed
            }
            Interruption::DeadlinePassed
            | Interruption::NoTimer(_)
            | Interruption::SessionRefused => false,
        }
    }

    /// Whether an attempt with this failure could be repeated, so that others go on.
    fn leaves_others(
        &self,
        attempt: &Attempt<'p>,
        classified: &Classified<'_>,
        inner: Option<Inner>,
    ) -> bool {
        let verdict = attempt.refine_verdict(attempt.known(classified.verdict));
        classified
            .retry_override
            .unwrap_or_else(|| attempt.wants_retry(self, verdict, inner))
    }

    fn keep_failure_beside<R: Outcome>(
        &mut self,
        plan: &Plan,
        outcome: Result<R, Interruption>,
        boxed: Option<fn(R::Error) -> BoxError>,
    ) {
        match outcome.map(Outcome::into_result) {
            Ok(Err(error)) => {
                if let Some(boxed) = boxed {
                    self.keep_failure(boxed(error));
                }
            }
            Ok(Ok(_)) => {}
            Err(interruption) => {
                let error = interruption.into_error(self, plan);
                self.keep_failure(error.into());
            }
        }
    }

    /// For how long a server asked for a pause, by an attempt that failed beside others.
    pub(in crate::call) fn asked_beside(&self, now: Moment) -> Option<Duration> {
        let until = self.cold.as_ref()?.asked_beside;
        (until > now).then(|| until.since(now))
    }

    #[cold]
    fn note_failure_beside(&mut self, failed: FailedAttempt) {
        let FailedAttempt {
            verdict,
            error_type,
            at,
            ..
        } = failed;
        // Also where no limiter holds the callers of the service back.
        if let Some(wait) = verdict.retry_after() {
            let cold = self.cold();
            cold.asked_beside = cold.asked_beside.max(at.after(wait));
        }
        if verdict.reason() == Some(Reason::TimedOut) {
            self.past.add(Past::TIMED_OUT);
        }
        self.keep_previous(verdict);
        let attempts = self.attempts;
        if self.is_enabled(Level::WARN) {
            self.emit(EventKind::FailedBesideHedge {
                attempts,
                class: verdict.class(),
                code: verdict.code(),
                error_type,
            });
        }
    }
}
