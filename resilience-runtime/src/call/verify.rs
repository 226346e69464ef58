//! After an attempt whose outcome is unknown: did it happen after all?

use std::future::Future;
use std::time::Duration;

use super::Call;
use super::companion::Verified;
use super::outcome::{Cut, Outcome};
use crate::clock::Moment;
use crate::telemetry::EventKind;
use crate::telemetry::trace::Level;
use crate::timer;
use crate::verdict::Class;
use crate::verdict::autoref::Classified;

impl Call {
    /// Asks whether an attempt of unknown outcome took effect: as often as the function may be attempted,
    /// with the pauses of its retries, and within its deadline. If it did, its outcome becomes what the
    /// attempt brought; if it did not, the attempt may be repeated; otherwise nothing is known still.
    ///
    /// Neither breaker nor limiter is asked: the attempt still holds what it got from them.
    pub async fn verify<R, F>(
        call: &mut Self,
        attempt: R,
        judge: impl Fn(&R::Error) -> Classified,
        mut ask: impl FnMut() -> F,
    ) -> R
    where
        R: Outcome,
        F: Future<Output = Verified<R>>,
    {
        let cut = call.cut;
        let unknown = match cut {
            None => (attempt.failure()).is_some_and(|error| call.is_in_doubt(judge(error))),
            Some(Cut::TimedOut) => true,
            Some(Cut::DeadlinePassed | Cut::NoTimer(_)) => false,
            #[cfg(feature = "test-util")]
            Some(Cut::Injected(verdict)) => call.is_in_doubt(Classified::of(verdict)),
        };
        if !unknown || call.plan().bare {
            return attempt;
        }
        let (began, given_up_inside) = (call.now, call.given_up_inside);
        let mut verified = None;
        let mut pause = Duration::from_nanos(call.previous_delay);
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
            call.cut = None;
            match (Self::run_beside(call, ask()).await, call.cut) {
                (Ok(outcome), _) => {
                    verified = Some(outcome);
                    break;
                }
                (Err(_), Some(Cut::TimedOut)) => {}
                (Err(_), Some(_)) => break,
                // What asks in vain once more asks in vain again.
                (Err(error), None) if judge(&error).verdict.class() == Class::Permanent => break,
                (Err(_), None) => {}
            }
        }
        (call.now, call.given_up_inside) = (began, given_up_inside);
        if call.is_heard(Level::WARN) {
            let took_effect = verified.as_ref().map(Option::is_some);
            call.tell(EventKind::Verified { took_effect });
        }
        if let Some(Some(value)) = verified {
            call.cut = None;
            return R::from_result(Ok(value));
        }
        call.cut = cut;
        call.not_executed |= verified.is_some();
        attempt
    }

    fn is_in_doubt(&self, classified: Classified) -> bool {
        let verdict = classified.verdict.or_default_of(self.plan().core.kind);
        verdict.is_outcome_unknown()
    }
}
