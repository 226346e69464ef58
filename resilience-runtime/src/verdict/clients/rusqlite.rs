//! What `rusqlite`'s errors mean.
//!
//! Supported: rusqlite 0.32 to 0.43; the tree holds but one version of SQLite, so it is the one you use.
//!
//! SQLite's own errors are judged by [`Verdict::from_sqlite`], `QueryReturnedNoRows` is permanent and not
//! found, all the rest (columns, conversions, names) is permanent.
//!
//! rusqlite waits for a lock by itself, 5 s by default: set `busy_timeout` to less than the timeout of an
//! attempt. Where the retry of the attribute shall do all the waiting, set it to zero.

use ::rusqlite::Error;

use crate::verdict::{Classify, Reason, Verdict};

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::SqliteFailure(error, _) => Verdict::from_sqlite(error.extended_code),
            Self::QueryReturnedNoRows => Verdict::permanent().because(Reason::NotFound),
            other => match other.sqlite_error() {
                // Some carry SQLite's code and more.
                Some(error) => Verdict::from_sqlite(error.extended_code),
                None => Verdict::permanent(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ::rusqlite::{Connection, ffi};

    use super::*;
    use crate::verdict::ErrorCode;
    use crate::verdict::chain_test_util::found;

    #[test]
    fn error_is_classified_by_result_code() {
        for code in [5, 6, 261, 262, 517, 10, 13, 11, 19, 2067, 8, 9, 23] {
            let error = Error::SqliteFailure(ffi::Error::new(code), Some("hunter2".into()));
            let verdict = found(error);
            assert_eq!(verdict, Verdict::from_sqlite(code), "{code}");
            assert_eq!(verdict.code(), Some(ErrorCode::Sqlite(code)));
        }
    }

    #[test]
    fn locked_database_is_transient() {
        let name = "file:a_real_lock?mode=memory&cache=shared";
        let holder = Connection::open(name).expect("a database");
        holder
            .execute_batch("CREATE TABLE t (x); BEGIN IMMEDIATE")
            .expect("a lock");
        let other = Connection::open(name).expect("a database");
        other.busy_timeout(Duration::ZERO).expect("no waiting");
        let error = other.execute_batch("INSERT INTO t VALUES (1)");
        let verdict = found(error.expect_err("locked"));
        assert_eq!(verdict, Verdict::transient().ignored_by_breaker());
    }

    #[test]
    fn usage_errors_are_permanent() {
        let database = Connection::open_in_memory().expect("a database");
        let none = database.query_row("SELECT 1 WHERE false", [], |_| Ok(()));
        let verdict = found(none.expect_err("no rows"));
        assert_eq!(verdict, Verdict::permanent());
        assert_eq!(verdict.reason(), Some(Reason::NotFound));
        for sql in ["nonsense", "SELECT * FROM missing"] {
            let error = database.prepare(sql).expect_err("a mistake");
            assert_eq!(found(error), Verdict::permanent(), "{sql}");
        }
        let wrong = database.query_row("SELECT 'x'", [], |row| row.get::<_, i64>(0));
        assert_eq!(found(wrong.expect_err("a text")), Verdict::permanent());
    }
}
