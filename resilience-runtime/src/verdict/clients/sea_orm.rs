//! What `sea-orm`'s errors mean.
//!
//! Supported: sea-orm 2.0, which needs Rust 1.94. The feature brings sqlx's errors, since sea-orm shows them by name alone: they are
//! no `source()` of its own.
//!
//! | error | verdict |
//! |---|---|
//! | `Exec`, `Query` with an sqlx error, `COMMIT` included | as that sqlx error |
//! | `Conn` with an sqlx error: connecting, or a ping | as that, but nothing was sent: an unknown outcome becomes transient |
//! | `Conn` without one: no URL, no driver, `Disconnected` | permanent, ignored by the breaker |
//! | `ConnectionAcquire(Timeout)` | permanent, a breaker failure |
//! | `ConnectionAcquire(ConnectionClosed)`: the pool is closed | permanent, ignored by the breaker |
//! | `RecordNotFound` | permanent, not found |
//! | `AccessDenied` | permanent, denied |
//! | `TransactionError::Connection`: `BEGIN`, `COMMIT` or `ROLLBACK` failed | as its `DbErr` |
//! | `TransactionError::Transaction`: rolled back | as the error of the closure |
//! | `Exec`, `Query` without an sqlx error (proxies, mocks, `sea-orm-sync`), `Custom`, `Migration` | by the kind: write a `classify` |
//! | the rest: models, values, keys, what the database lacks | permanent |
//!
//! `ConnectionAcquire(Timeout)` hides a server that is down, for the whole `acquire_timeout` (30 s by default), as sqlx's
//! `PoolTimedOut` does. Make `ConnectOptions::acquire_timeout` shorter than the timeout of an attempt. sea-orm itself repeats nothing.
//!
//! A `TransactionError<E>` needs an `E: Classify`; inside an `anyhow::Error` only `TransactionError<DbErr>` is known. `commit()` is `Ok`
//! where PostgreSQL rolled back, because the error of a statement was not returned.

use ::sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, TransactionError};

use crate::verdict::{Classify, Reason, Verdict};

impl Classify for DbErr {
    fn classify(&self) -> Verdict {
        match self {
            Self::Exec(error) | Self::Query(error) => error.classify(),
            Self::Conn(error) => match error.classify() {
                unknown if unknown.is_unknown() => Verdict::permanent().ignored_by_breaker(),
                verdict => verdict.while_connecting(),
            },
            Self::ConnectionAcquire(ConnAcquireErr::Timeout) => {
                Verdict::permanent().counts_as_failure()
            }
            Self::ConnectionAcquire(ConnAcquireErr::ConnectionClosed) | Self::MutexPoisonError => {
                Verdict::permanent().ignored_by_breaker()
            }
            Self::RecordNotFound(_) => Verdict::permanent().because(Reason::NotFound),
            Self::AccessDenied { .. } => Verdict::permanent().because(Reason::Denied),
            Self::TryIntoErr { .. }
            | Self::ConvertFromU64(_)
            | Self::UnpackInsertId
            | Self::UpdateGetPrimaryKey
            | Self::AttrNotSet(_)
            | Self::Type(_)
            | Self::Json(_)
            | Self::RecordNotInserted
            | Self::RecordNotUpdated
            | Self::BackendNotSupported { .. }
            | Self::KeyArityMismatch { .. }
            | Self::PrimaryKeyNotSet { .. }
            | Self::RbacError(_) => Verdict::permanent(),
            _ => Verdict::unclassified(),
        }
    }
}

impl Classify for RuntimeErr {
    fn classify(&self) -> Verdict {
        match self {
            Self::SqlxError(error) => error.classify(),
            _ => Verdict::unclassified(),
        }
    }
}

impl<E: Classify> Classify for TransactionError<E> {
    fn classify(&self) -> Verdict {
        match self {
            Self::Connection(error) => error.classify(),
            Self::Transaction(error) => error.classify(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error as StdError;
    use std::fmt;
    use std::io;
    use std::sync::Arc;

    use sqlx_core::Error as Sqlx;
    use sqlx_core::error::{DatabaseError, ErrorKind};

    use super::*;
    use crate::verdict::chain_test_util::found;

    /// As a driver of PostgreSQL makes it.
    #[derive(Debug)]
    struct Answer(&'static str, &'static str);

    impl fmt::Display for Answer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.1)
        }
    }

    impl StdError for Answer {}

    impl DatabaseError for Answer {
        fn message(&self) -> &str {
            self.1
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }
        fn as_error(&self) -> &(dyn StdError + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn StdError + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn StdError + Send + Sync + 'static> {
            self
        }
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn answer(code: &'static str, message: &'static str) -> RuntimeErr {
        let answer: Box<dyn DatabaseError> = Box::new(Answer(code, message));
        RuntimeErr::SqlxError(Arc::new(Sqlx::Database(answer)))
    }

    fn lost(kind: io::ErrorKind) -> RuntimeErr {
        RuntimeErr::SqlxError(Arc::new(Sqlx::Io(kind.into())))
    }

    #[test]
    fn sqlx_error_inside_is_found() {
        let contention = Verdict::transient().ignored_by_breaker();
        let cut = Verdict::outcome_unknown().needs_reconnect();
        let stale = "cached plan must not change result type";
        for (code, message, expected) in [
            ("40001", "", contention),
            ("25006", "", contention.needs_reconnect()),
            ("53300", "", Verdict::transient()),
            ("57P01", "", cut),
            ("08P01", "query_wait_timeout", Verdict::transient()),
            ("08P01", "server conn crashed?", cut),
            ("0A000", stale, contention.needs_reconnect()),
            ("23505", "", Verdict::permanent()),
            ("53100", "", Verdict::permanent().counts_as_failure()),
        ] {
            assert_eq!(found(answer(code, message)), expected, "{code}");
            assert_eq!(found(DbErr::Exec(answer(code, message))), expected);
            let query = DbErr::Query(answer(code, message));
            assert_eq!(found(query.clone()), expected, "{code}");
            assert_eq!(
                found(TransactionError::<DbErr>::Connection(query.clone())),
                expected
            );
            assert_eq!(found(TransactionError::Transaction(query)), expected);
        }
    }

    #[test]
    fn lost_connection_is_transient_only_while_connecting() {
        let reset = io::ErrorKind::ConnectionReset;
        assert_eq!(
            found(DbErr::Query(lost(reset))),
            Verdict::outcome_unknown().needs_reconnect()
        );
        assert_eq!(found(DbErr::Conn(lost(reset))), Verdict::transient());
        let refused = DbErr::Conn(lost(io::ErrorKind::ConnectionRefused));
        assert_eq!(found(refused), Verdict::transient());
        let denied = found(DbErr::Conn(answer("28P01", "")));
        assert_eq!(denied.reason(), Some(Reason::Denied));
    }

    #[test]
    fn pool_error_is_a_failure_unless_the_pool_is_closed() {
        for (error, expected) in [
            (
                ConnAcquireErr::Timeout,
                Verdict::permanent().counts_as_failure(),
            ),
            (
                ConnAcquireErr::ConnectionClosed,
                Verdict::permanent().ignored_by_breaker(),
            ),
        ] {
            assert_eq!(found(DbErr::ConnectionAcquire(error)), expected);
        }
        let text = || RuntimeErr::Internal("hunter2".to_owned());
        assert_eq!(
            found(DbErr::Conn(text())),
            Verdict::permanent().ignored_by_breaker()
        );
        assert_eq!(found(DbErr::Query(text())), Verdict::unclassified());
    }

    #[test]
    fn errors_of_the_caller_are_permanent() {
        let text = || "hunter2".to_owned();
        for (error, reason) in [
            (DbErr::RecordNotFound(text()), Some(Reason::NotFound)),
            (
                DbErr::AccessDenied {
                    permission: text(),
                    resource: text(),
                },
                Some(Reason::Denied),
            ),
            (DbErr::RecordNotUpdated, None),
            (DbErr::Type(text()), None),
            (
                DbErr::TryIntoErr {
                    from: "a",
                    into: "b",
                    source: Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused)),
                },
                None,
            ),
        ] {
            let verdict = found(error);
            assert_eq!(verdict, Verdict::permanent());
            assert_eq!(verdict.reason(), reason);
        }
        assert_eq!(found(DbErr::Custom(text())), Verdict::unclassified());
    }
}
