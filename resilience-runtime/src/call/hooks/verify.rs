//! After an attempt of unknown outcome: did it have its effect?

use super::Verified;
use crate::call::Call;
use crate::call::attempt::Attempt;
use crate::call::outcome::Outcome;
use crate::call::rejection::Interruption;
use crate::clock::Moment;
use crate::telemetry::EventKind;
use crate::telemetry::trace::Level;
use crate::timer;
use crate::verdict::autoref::Known;
use crate::verdict::{Class, Verdict};
use std::future::Future;

impl<'p> Attempt<'p> {
    /// Asks whether an attempt of unknown outcome had its effect: as often as the function may be attempted, with the
    /// backoff of its retries, and within its deadline. If it had, the answer becomes the attempt's outcome; if it had
    /// not, the attempt may be repeated; otherwise nothing changes.
    ///
    /// Neither breaker nor limiter is asked: the attempt still holds its permits.
    pub async fn verify<R, F>(
        attempt: &mut Self,
        call: &mut Call<'p>,
        outcome: Result<R, Interruption>,
        classify: impl Fn(&R::Error) -> Known<'_, R::Error>,
        mut verify: impl FnMut() -> F,
    ) -> Result<R, Interruption>
    where
        R: Outcome,
        F: Future<Output = Verified<R>>,
    {
        if attempt.plan.bare || !attempt.is_in_doubt(&outcome, &classify) {
            return outcome;
        }
        let is_permanent =
            |error: &_| classify(error).classified.verdict.class() == Class::Permanent;
        let started = attempt.started;
        let notes = attempt.set_notes_aside();
        let mut verified = None;
        let mut delay = call.retries().previous_backoff();
        for round in 1..=attempt.plan.max_attempts() {
            if let Some(policy) = &attempt.plan.retry {
                delay = policy.delay(round, delay);
                let at = Moment::now().after(delay);
                if at >= call.deadline_at() {
                    break;
                }
                match timer::at(at) {
                    Ok(Some(sleep)) => sleep.await,
                    Ok(None) | Err(_) => break,
                }
            }
            // Each round has the time of an attempt.
            attempt.started = Moment::now().max(attempt.started);
            match Self::run_hook(attempt, call, verify()).await {
                Ok(Ok(answer)) => {
                    verified = Some(answer);
                    break;
                }
                // A permanent error would only be repeated.
                Ok(Err(error)) if is_permanent(&error) => break,
                Ok(Err(_)) | Err(Interruption::TimedOut) => {}
                Err(_) => break,
            }
        }
        attempt.started = started;
        attempt.resume_notes(notes);
        if call.is_enabled(Level::WARN) {
            let took_effect = verified.as_ref().map(Option::is_some);
            call.emit(EventKind::Verified { took_effect });
        }
        attempt.not_executed |= matches!(verified, Some(None));
        match verified {
            Some(Some(answer)) => Ok(R::from_result(Ok(answer))),
            _ => outcome,
        }
    }

    /// Whether the attempt may have had its effect although it failed.
    fn is_in_doubt<R: Outcome>(
        &self,
        outcome: &Result<R, Interruption>,
        classify: impl Fn(&R::Error) -> Known<'_, R::Error>,
    ) -> bool {
        let unknown = |verdict: Verdict| {
            let verdict = self
                .known(verdict)
                .or_default_of(self.plan.kind_of_unknown_errors());
            verdict.may_retry(true) && !verdict.is_not_executed()
        };
        match outcome {
            Ok(result) => {
                (result.failure()).is_some_and(|error| unknown(classify(error).classified.verdict))
            }
            Err(Interruption::TimedOut) => true,
            Err(
                Interruption::DeadlinePassed
                | Interruption::NoTimer(_)
                | Interruption::SessionRefused,
            ) => false,
            #[cfg(feature = "test-util")]
            Err(Interruption::Injected(verdict)) => unknown(*verdict),
        }
    }
}
