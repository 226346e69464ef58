//! Before an attempt: a session that was lost is renewed.

use std::future::Future;

use super::Reconnected;
use crate::call::Call;
use crate::call::attempt::Attempt;
use crate::call::outcome::Outcome;
use crate::call::past::Past;
use crate::call::rejection::Interruption;

impl<'p> Attempt<'p> {
    /// Whether the attempt that begins finds its session lost. To be asked before each.
    #[inline]
    pub fn session_is_lost(attempt: &mut Self) -> bool {
        let session = &attempt.core().session;
        let number = session.current();
        let lost = session.is_lost(number);
        attempt.session = number;
        lost && !attempt.plan.bare
    }

    /// Renews the session as a part of the attempt, within its timeout. Those who lost the same one wait for the first
    /// of them. `Some`: it could not be renewed, and that is the attempt's outcome.
    pub async fn reconnect<R, F>(
        attempt: &mut Self,
        call: &mut Call<'p>,
        reconnect: F,
    ) -> Option<Result<R, Interruption>>
    where
        R: Outcome,
        F: Future<Output = Reconnected<R>>,
    {
        let core = attempt.core();
        let number = attempt.session;
        let renewal = async {
            let Some(turn) = core.session.turn(number).await else {
                return Ok(false);
            };
            reconnect.await?;
            turn.renewed();
            Ok(true)
        };
        let outcome = match Self::run_hook(attempt, call, renewal).await {
            Ok(Ok(renewed)) => {
                attempt.session = core.session.current();
                attempt.renewed_session = true;
                if renewed {
                    call.past.add(Past::RECONNECTED);
                }
                return None;
            }
            Ok(Err(error)) => Ok(R::from_result(Err(error))),
            Err(interruption) => Err(interruption),
        };
        // The body has not run.
        attempt.not_executed = true;
        Some(outcome)
    }
}
