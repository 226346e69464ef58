//! What the errors of `diesel-async`'s pools mean. Its connections fail with the errors of `diesel`, which the feature brings.
//!
//! Supported: diesel-async 0.9, with bb8 0.9 and deadpool 0.13.
//!
//! | error | verdict |
//! |---|---|
//! | `PoolError::ConnectionError` | as that `ConnectionError` of diesel |
//! | `PoolError::QueryError`: a ping failed | as that error of diesel, but nothing was sent: an unknown outcome becomes transient |
//! | `RunError<PoolError>` of bb8, `PoolError<PoolError>` of deadpool | with the features `bb8` and `deadpool`: as theirs |
//! | `Error<PoolError>` of mobc | unknown: write a `classify` that passes on its `Inner` |
//!
//! diesel-async repeats nothing. Its transaction reports a failed `ROLLBACK` in place of the error that led to it, unless the
//! connection was known to be broken: then the outcome is judged by the `ROLLBACK`, and is unknown. A future that was dropped
//! in a `BEGIN`, `COMMIT` or `ROLLBACK`, by a timeout as well, leaves a connection that its pool throws away; without a pool, open another
//! one with `reconnect`.

use ::diesel_async::pooled_connection::PoolError;

use crate::verdict::{Classify, Verdict};

impl Classify for PoolError {
    fn classify(&self) -> Verdict {
        match self {
            Self::ConnectionError(error) => error.classify(),
            Self::QueryError(error) => error.classify().while_connecting(),
        }
    }
}

#[cfg(test)]
mod tests {
    use ::diesel::result::{ConnectionError, DatabaseErrorKind, Error};

    use super::*;
    use crate::verdict::chain_test_util::found;

    fn broken() -> Error {
        let text = Box::new("connection closed".to_owned());
        Error::DatabaseError(DatabaseErrorKind::UnableToSendCommand, text)
    }

    fn refused() -> PoolError {
        PoolError::ConnectionError(ConnectionError::CouldntSetupConfiguration(
            Error::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand,
                Box::new("error connecting to server".to_owned()),
            ),
        ))
    }

    #[test]
    fn pool_error_is_never_outcome_unknown() {
        assert_eq!(found(refused()), Verdict::transient());
        assert_eq!(found(PoolError::QueryError(broken())), Verdict::transient());
        let url = ConnectionError::InvalidConnectionUrl("hunter2".to_owned());
        assert_eq!(found(PoolError::ConnectionError(url)), Verdict::permanent());
    }

    #[cfg(feature = "bb8")]
    #[test]
    fn errors_of_bb8_are_found_in_a_chain() {
        use ::bb8::RunError;

        assert_eq!(found(RunError::User(refused())), Verdict::transient());
        let full = found(RunError::<PoolError>::TimedOut);
        assert_eq!(full, Verdict::permanent().counts_as_failure());
    }

    #[cfg(feature = "deadpool")]
    #[test]
    fn errors_of_deadpool_are_found_in_a_chain() {
        use ::deadpool::managed::{PoolError as Deadpool, TimeoutType};

        assert_eq!(found(Deadpool::Backend(refused())), Verdict::transient());
        let full = found(Deadpool::<PoolError>::Timeout(TimeoutType::Wait));
        assert_eq!(full, Verdict::permanent().counts_as_failure());
    }
}
