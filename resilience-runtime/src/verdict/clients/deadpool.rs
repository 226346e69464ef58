//! What the errors of `deadpool`'s managed pools mean, e.g. of `deadpool-postgres` and `deadpool-redis`.
//!
//! Supported: deadpool 0.13.
//!
//! | error | verdict |
//! |---|---|
//! | `Timeout(Wait)`: all connections are in use | permanent, a breaker failure |
//! | `Timeout(Create)`, `Timeout(Recycle)` | transient |
//! | `Backend`, `PostCreateHook` | by the connection's error; an unknown outcome becomes transient |
//! | `Closed`, `NoRuntimeSpecified` | permanent, ignored by the breaker |
//!
//! Nothing of the caller's was sent yet, whatever went wrong. Waiting for a place a second time only makes
//! the queue longer. A pool has no timeouts unless you set them: set `wait` and `create` to less than the
//! timeout of an attempt.
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
            Self::Backend(error) | Self::PostCreateHook(HookError::Backend(error)) => {
                error.classify().while_connecting()
            }
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
            (PoolError::Backend(error(reset)), Verdict::transient()),
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
    fn pool_error_is_never_outcome_unknown() {
        for (error, expected) in rows(io::Error::from) {
            assert_eq!(error.classify(), expected, "{error:?}");
        }
        let denied = PoolError::Backend(io::Error::from(io::ErrorKind::PermissionDenied));
        assert_eq!(denied.classify(), Verdict::permanent());
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
