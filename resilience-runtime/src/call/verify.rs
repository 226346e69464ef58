//! After an attempt whose outcome is unknown: did it happen after all?

use std::future::Future;

use super::Call;
use super::companion::Verified;
use super::outcome::{Attempt, AttemptEnd, Outcome};
use crate::clock::Moment;
use crate::telemetry::EventKind;
use crate::telemetry::trace::Level;
use crate::timer;
use crate::verdict::Class;
use crate::verdict::probe::Judgement;

impl Call {
    /// Asks whether an attempt of unknown outcome took effect: as often as the function may be attempted,
    /// with the pauses of its retries, and within its deadline. If it did, its outcome becomes what the
    /// attempt brought; if it did not, the attempt may be repeated; otherwise nothing is known still.
    ///
    /// Neither breaker nor limiter is asked: the attempt still holds what it got from them.
    pub async fn verify<R, F>(
        call: &mut Self,
        attempt: Attempt<R>,
        judge: impl Fn(&R::Error) -> Judgement,
        mut ask: impl FnMut() -> F,
    ) -> Attempt<R>
    where
        R: Outcome,
        F: Future<Output = Verified<R>>,
    {
        let unknown = match &attempt.0 {
            AttemptEnd::TimedOut => true,
            AttemptEnd::Done(out) => out
                .failure()
                .is_some_and(|error| call.is_in_doubt(judge(error))),
            AttemptEnd::DeadlinePassed | AttemptEnd::NoTimer(_) => false,
            #[cfg(feature = "testing")]
            AttemptEnd::Injected(verdict) => call.is_in_doubt(Judgement::of(*verdict)),
        };
        if !unknown || call.plan().bare {
            return attempt;
        }
        let (began, given_up_inside) = (call.now, call.given_up_inside);
        let mut verified = None;
        let mut pause = call.previous_delay;
        for round in 1..=call.plan().max_attempts() {
            if let Some(policy) = &call.plan().retry {
                pause = policy.delay(round, pause);
                let at = Moment::now().after(pause);
                if at >= call.deadline_at {
                    break;
                }
                match timer::at(at) {
                    Ok(Some(sleep)) => sleep.await,
                    Ok(None) | Err(_) => break,
                }
            }
            call.now = Moment::now().max(call.now);
            match Self::run_beside(call, ask()).await.0 {
                AttemptEnd::Done(Ok(outcome)) => {
                    verified = Some(outcome);
                    break;
                }
                // What asks in vain once more asks in vain again.
                AttemptEnd::Done(Err(error))
                    if judge(&error).verdict.class() == Class::Permanent =>
                {
                    break;
                }
                AttemptEnd::Done(Err(_)) | AttemptEnd::TimedOut => {}
                AttemptEnd::DeadlinePassed | AttemptEnd::NoTimer(_) => break,
                #[cfg(feature = "testing")]
                AttemptEnd::Injected(_) => unreachable!("faults meet bodies alone"),
            }
        }
        (call.now, call.given_up_inside) = (began, given_up_inside);
        if call.is_heard(Level::WARN) {
            let took_effect = verified.as_ref().map(Option::is_some);
            call.tell(EventKind::Verified { took_effect });
        }
        match verified {
            Some(Some(value)) => Attempt(AttemptEnd::Done(R::from_result(Ok(value)))),
            Some(None) => {
                call.not_executed = true;
                attempt
            }
            None => attempt,
        }
    }

    fn is_in_doubt(&self, judgement: Judgement) -> bool {
        let verdict = judgement.verdict.or_default_of(self.plan().core.kind);
        verdict.is_outcome_unknown()
    }
}
