//! What the errors of `bb8`'s pools mean, e.g. of `bb8-postgres` and `bb8-redis`.
//!
//! Supported: bb8 0.9.
//!
//! | error | verdict |
//! |---|---|
//! | `TimedOut` | permanent, a breaker failure |
//! | `User` | as the error in it |
//!
//! `User` holds the error of a connection that did not come about, and as well that of a statement: `?` makes it of either, in a function
//! whose error is a `RunError`. So what it holds decides, and a connection that was lost is of unknown outcome: a `classify` may say
//! more, where your own error keeps the two apart.
//!
//! `TimedOut` hides a server that is down: nothing was sent, the pool tried to connect until `connection_timeout` (30 s by default)
//! was over, and a retry would wait that long again. Make it shorter than the timeout of an attempt; `retry_connection(false)`
//! switches off the pool's own retry.
//!
//! In a chain of sources the errors of PostgreSQL and Redis pools are found, with the features
//! `tokio-postgres` and `redis`.

use ::bb8::RunError;

use crate::verdict::{Classify, ErrorCode, Verdict};

impl<E: Classify> Classify for RunError<E> {
    fn classify(&self) -> Verdict {
        match self {
            Self::User(error) => error.classify(),
            Self::TimedOut => Verdict::permanent()
                .counts_as_failure()
                .with_code(ErrorCode::Name("timed out")),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn error_inside_keeps_its_verdict() {
        let full = Verdict::permanent().counts_as_failure();
        assert_eq!(RunError::<io::Error>::TimedOut.classify(), full);
        for (kind, expected) in [
            (io::ErrorKind::ConnectionRefused, Verdict::transient()),
            (io::ErrorKind::ConnectionReset, Verdict::outcome_unknown()),
            (io::ErrorKind::PermissionDenied, Verdict::permanent()),
        ] {
            let error = RunError::User(io::Error::from(kind));
            assert_eq!(error.classify(), expected, "{kind:?}");
        }
    }

    /// `?` makes the pool's error of a statement's as well, which may have been executed.
    #[test]
    fn statement_that_was_lost_is_outcome_unknown() {
        fn run(statement: io::Result<()>) -> Result<(), RunError<io::Error>> {
            Ok(statement?)
        }
        let error = run(Err(io::ErrorKind::UnexpectedEof.into())).expect_err("lost");
        assert_eq!(error.classify(), Verdict::outcome_unknown());
    }

    #[cfg(feature = "redis")]
    #[test]
    fn errors_of_known_pools_are_found_in_a_chain() {
        use ::redis::RedisError;

        use crate::verdict::chain_test_util::found;

        let full = found(RunError::<RedisError>::TimedOut);
        assert_eq!(full, Verdict::permanent().counts_as_failure());
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        let refused = found(RunError::User(RedisError::from(refused)));
        assert_eq!(refused, Verdict::transient());
    }
}
