//! Before an attempt: a session that was lost is renewed.

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::Call;
use super::companion::Reconnected;
use super::outcome::Outcome;

impl Call {
    /// Whether the attempt that begins finds no session. To be asked before each.
    #[inline]
    pub fn session_is_lost(call: &mut Self) -> bool {
        let session = &call.core().session;
        let number = session.current();
        let lost = session.is_lost(number);
        call.session = number;
        lost && !call.plan().bare
    }

    /// Renews the session as a part of the attempt, within its timeout. Those who lost the same one wait for
    /// the first of them. `Break`: it could not be renewed, and that is how the attempt ended.
    pub async fn reconnect<R, F>(call: &mut Self, reconnect: F) -> ControlFlow<R>
    where
        R: Outcome,
        F: Future<Output = Reconnected<R>>,
    {
        let core = Arc::clone(call.core());
        let number = call.session;
        let renewal = async {
            let Some(turn) = core.session.turn(number).await else {
                return Ok(false);
            };
            reconnect.await?;
            turn.renewed();
            Ok(true)
        };
        match Self::run_beside(call, renewal).await {
            Ok(renewed) => {
                call.session = core.session.current();
                call.reconnected |= renewed;
                ControlFlow::Continue(())
            }
            Err(error) => {
                // The body has not run.
                call.not_executed = true;
                ControlFlow::Break(R::from_result(Err(error)))
            }
        }
    }
}
