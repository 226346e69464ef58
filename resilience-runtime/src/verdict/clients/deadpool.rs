//! What the errors of `deadpool`'s managed pools mean, e.g. of `deadpool-postgres` and `deadpool-redis`.
//!
//! Supported: deadpool 0.13.
//!
//! | error | verdict |
//! |---|---|
//! | `Timeout(Wait)`: all connections are in use | permanent, a breaker failure |
//! | `Timeout(Create)`, `Timeout(Recycle)` | transient |
//! | `Backend` | as the error in it |
//! | `PostCreateHook` | by the connection's error; an unknown outcome becomes transient |
//! | `Closed`, `NoRuntimeSpecified` | permanent, ignored by the breaker |
//!
//! `Backend` holds the error of a connection that did not come about, and as well that of a statement: `?` makes it of either, in a
//! function whose error is a `PoolError`. So what it holds decides, and a connection that was lost is of unknown outcome: a `classify`
//! may say more, where your own error keeps the two apart.
//!
//! With all others nothing of the caller's was sent yet. Waiting for a place a second time only makes the queue longer. A pool has no
//! timeouts unless you set them: set `wait` and `create` to less than the timeout of an attempt.
//!
//! In a chain of sources the errors of PostgreSQL and Redis pools are found, with the features
//! `tokio-postgres` and `redis`.

use ::deadpool::managed::{HookError, PoolError, TimeoutType};

use crate::verdict::{Classify, ErrorCode, Verdict};

impl<E: Classify> Classify for PoolError<E> {
    fn classify(&self) -> Verdict {
        match self {
            Self::Timeout(TimeoutType::Wait) => Verdict::permanent()
                .counts_as_failure()
                .with_code(ErrorCode::Name("wait")),
            Self::Timeout(TimeoutType::Create) => {
                Verdict::transient().with_code(ErrorCode::Name("create"))
            }
            Self::Timeout(TimeoutType::Recycle) => {
                Verdict::transient().with_code(ErrorCode::Name("recycle"))
            }
            Self::Backend(error) => error.classify(),
            Self::PostCreateHook(HookError::Backend(error)) => error.classify().while_connecting(),
            Self::PostCreateHook(HookError::Message(_)) => Verdict::transient(),
            Self::Closed | Self::NoRuntimeSpecified => Verdict::permanent().ignored_by_breaker(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn rows<E>(error: impl Fn(io::ErrorKind) -> E) -> Vec<(PoolError<E>, Verdict)> {
        let full = Verdict::permanent().counts_as_failure();
        let gone = Verdict::permanent().ignored_by_breaker();
        let reset = io::ErrorKind::ConnectionReset;
        vec![
            (PoolError::Timeout(TimeoutType::Wait), full),
            (
                PoolError::Timeout(TimeoutType::Create),
                Verdict::transient(),
            ),
            (
                PoolError::Timeout(TimeoutType::Recycle),
                Verdict::transient(),
            ),
            (
                PoolError::Backend(error(io::ErrorKind::ConnectionRefused)),
                Verdict::transient(),
            ),
            (PoolError::Backend(error(reset)), Verdict::outcome_unknown()),
            (
                PoolError::PostCreateHook(HookError::Backend(error(reset))),
                Verdict::transient(),
            ),
            (
                PoolError::PostCreateHook(HookError::message("hunter2")),
                Verdict::transient(),
            ),
            (PoolError::Closed, gone),
            (PoolError::NoRuntimeSpecified, gone),
        ]
    }

    #[test]
    fn only_the_error_of_a_statement_is_outcome_unknown() {
        for (error, expected) in rows(io::Error::from) {
            assert_eq!(error.classify(), expected, "{error:?}");
        }
        let denied = PoolError::Backend(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(denied.classify(), Verdict::permanent());
    }

    /// `?` makes the pool's error of a statement's as well, which may have been executed.
    #[test]
    fn statement_that_was_lost_is_outcome_unknown() {
        fn run(statement: io::Result<()>) -> Result<(), PoolError<io::Error>> {
            Ok(statement?)
        }
        let error = run(Err(io::ErrorKind::UnexpectedEof.into())).expect_err("lost");
        assert_eq!(error.classify(), Verdict::outcome_unknown());
    }

    #[cfg(feature = "redis")]
    #[test]
    fn errors_of_known_pools_are_found_in_a_chain() {
        use ::redis::RedisError;

        for (error, expected) in rows(|kind| RedisError::from(io::Error::from(kind))) {
            let shown = format!("{error:?}");
            let verdict = crate::verdict::chain_test_util::found(error);
            assert_eq!(verdict.class(), expected.class(), "{shown}");
            assert_eq!(verdict.is_breaker_failure(), expected.is_breaker_failure());
        }
    }
}
