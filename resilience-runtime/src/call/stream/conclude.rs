//! The end of an attempt that opened a stream.

use std::ops::ControlFlow;

use futures_core::Stream;

use super::guarded::Guarded;
use super::opening::Opened;
use super::watch::Watch;
use crate::call::Call;
use crate::call::attempt::Attempt;
use crate::call::outcome::FromResilienceError;
use crate::call::rejection::Interruption;
use crate::error::ResilienceError;
use crate::verdict::Verdict;
use crate::verdict::autoref::Known;

impl<'p> Call<'p> {
    /// As [`conclude`](Self::conclude), for an attempt that opened a stream: its permits stay with the stream.
    pub fn conclude_stream<S, T, E>(
        call: &mut Self,
        attempt: &mut Attempt<'p>,
        outcome: Result<Result<Opened<S, T>, E>, Interruption>,
        classify: impl FnOnce(&E) -> Known<'_, E>,
        must_complete: bool,
        exhausted: fn(&Self, E) -> E,
    ) -> ControlFlow<Result<Opened<S, T>, E>>
    where
        E: FromResilienceError,
    {
        let result = match outcome {
            Ok(result) => result,
            Err(interruption) => return call.interrupted(attempt, interruption, exhausted),
        };
        match result {
            Ok(opened) if opened.is_empty() && must_complete => {
                let error = ResilienceError::StreamInterrupted {
                    service: call.service(),
                };
                call.failed_with_error(
                    attempt,
                    |_| Known::by_verdict(Verdict::outcome_unknown()),
                    error.into(),
                    exhausted,
                )
            }
            Ok(mut opened) => {
                attempt.target_answered(call);
                opened.hold(attempt);
                attempt.succeed(call);
                ControlFlow::Break(Ok(opened))
            }
            Err(error) => call.failed_with_error(attempt, classify, error, exhausted),
        }
    }

    /// Returns the stream that was opened, with the permits of its attempt, as the function returns it.
    pub fn streaming<S, T, E, R>(
        out: Result<Opened<S, T>, E>,
        watch: Watch<T, E>,
        returned: fn(Guarded<S, T, E>) -> R,
    ) -> Result<R, E>
    where
        S: Stream<Item = Result<T, E>> + Unpin,
        E: FromResilienceError,
    {
        out.map(|opened| returned(Guarded::new(opened, watch)))
    }
}
