//! Before an attempt: a session that was lost is renewed.

use std::future::{Future, poll_fn};
use std::pin::pin;

use super::Reconnected;
use crate::cache::Failure;
use crate::call::Call;
use crate::call::attempt::Attempt;
use crate::call::outcome::Outcome;
use crate::call::past::Past;
use crate::call::rejection::Interruption;
use crate::clock::Moment;
use crate::error::ResilienceError;
use crate::session::{Refusal, Renewal};
use crate::telemetry::Counter;
use crate::verdict::Verdict;
use crate::verdict::autoref::Known;

/// How a renewal ended for one of those who had lost the session.
enum Renewed<E> {
    /// `by_me`: this call did it.
    Well {
        by_me: bool,
    },
    Failed(E),
    /// Another one's failed.
    Refused(Refusal),
}

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
    /// of them, and share how that ends. `Some`: it could not be renewed, and that is the attempt's outcome.
    pub async fn reconnect<R, F>(
        attempt: &mut Self,
        call: &mut Call<'p>,
        reconnect: F,
        classify: impl FnOnce(&R::Error) -> Known<'_, R::Error>,
    ) -> Option<Result<R, Interruption>>
    where
        R: Outcome,
        F: Future<Output = Reconnected<R>>,
    {
        let (core, kind) = (attempt.core(), attempt.plan.kind());
        let number = attempt.session;
        let until = attempt.ends_at(call);
        let renewal = async {
            let turn = match core.session.turn(number, until).await {
                Renewal::Turn(turn) => turn,
                Renewal::Renewed => return Renewed::Well { by_me: false },
                Renewal::Refused(refusal) => return Renewed::Refused(refusal),
            };
            let mut reconnect = pin!(reconnect);
            match poll_fn(|cx| turn.poll(reconnect.as_mut(), cx)).await {
                Ok(()) => {
                    turn.renewed(core.counters.get(Counter::Succeeded));
                    Renewed::Well { by_me: true }
                }
                Err(error) => {
                    turn.refused(classify(&error).classified.verdict.or_default_of(kind));
                    Renewed::Failed(error)
                }
            }
        };
        let outcome = match Self::run_hook(attempt, call, renewal).await {
            Ok(Renewed::Well { by_me }) => {
                attempt.resume_notes(None);
                attempt.session = core.session.current();
                attempt.renewed_session = true;
                if by_me {
                    call.past.add(Past::RECONNECTED);
                }
                return None;
            }
            Ok(Renewed::Failed(error)) => Ok(R::from_result(Err(error))),
            Ok(Renewed::Refused(refusal)) => {
                call.cold().refusal = Some(refusal);
                Err(Interruption::SessionRefused)
            }
            Err(interruption) => Err(interruption),
        };
        // The body has not run.
        attempt.not_executed = true;
        Some(outcome)
    }

    /// Whether the session that it used followed others that were lost without a success in between.
    #[cold]
    pub(in crate::call) fn session_is_hopeless(&self) -> bool {
        self.plan.function.reconnects && self.core().session_is_hopeless(self.session)
    }
}

impl Call<'_> {
    fn refusal(&self) -> Refusal {
        let refusal = self.cold.as_ref().and_then(|cold| cold.refusal);
        refusal.expect("the attempt was interrupted by it")
    }

    /// The verdict on an attempt that shares another call's refusal, which has reported it to the breaker.
    pub(in crate::call) fn refusal_verdict(&self) -> Verdict {
        self.refusal().verdict.ignored_by_breaker()
    }

    /// The error of a call that shares another one's refusal.
    pub(in crate::call) fn session_refused(&self) -> ResilienceError {
        let Refusal { verdict, at } = self.refusal();
        Failure::of(verdict).shared(self.service(), Moment::now().since(at))
    }
}
