//! What a result code of SQLite means.

use crate::verdict::{ErrorCode, Reason, Verdict};

impl Verdict {
    /// Returns the verdict on a result code of SQLite, extended or not: the low byte names the error, the rest
    /// only its place.
    ///
    /// | codes | verdict |
    /// |---|---|
    /// | `BUSY`, `LOCKED`, `PROTOCOL` (a race for the lock), `SCHEMA` | transient, ignored by the breaker |
    /// | `IOERR`, `FULL`, `NOMEM`, `CORRUPT`, `NOTADB`, `CANTOPEN`, `INTERNAL` | permanent, a breaker failure |
    /// | `PERM`, `AUTH` | permanent, denied |
    /// | constraints, mistakes, `READONLY`, `INTERRUPT`, `ABORT` | permanent |
    ///
    /// `BUSY_SNAPSHOT` (517) is not cured by `busy_timeout`: the transaction that read before it wrote
    /// has to begin again. Retry the whole transaction, and let it `BEGIN IMMEDIATE`.
    ///
    /// ```
    /// use resilience_runtime::Verdict;
    ///
    /// assert!(Verdict::from_sqlite(517).is_transient());  // SQLITE_BUSY_SNAPSHOT
    /// assert!(Verdict::from_sqlite(2067).is_permanent()); // SQLITE_CONSTRAINT_UNIQUE
    /// ```
    pub fn from_sqlite(extended_code: i32) -> Self {
        let verdict = match (extended_code & 0xff, extended_code) {
            (5 | 6 | 15 | 17, _) => Self::transient().ignored_by_breaker(),
            // SQLITE_ERROR_RETRY: prepare it once more.
            (1, 513) => Self::transient().ignored_by_breaker(),
            (2 | 7 | 10 | 11 | 13 | 14 | 26, _) => Self::permanent().counts_as_failure(),
            (3 | 23, _) => Self::permanent().because(Reason::Denied),
            (1 | 4 | 8 | 9 | 12 | 16 | 18..=22 | 24 | 25, _) => Self::permanent(),
            _ => Self::unclassified(),
        };
        verdict.with_code(ErrorCode::Sqlite(extended_code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_sqlite_classifies_by_the_low_byte() {
        let contention = Verdict::transient().ignored_by_breaker();
        let sick = Verdict::permanent().counts_as_failure();
        for (code, expected) in [
            (5, contention),                // BUSY
            (261, contention),              // BUSY_RECOVERY
            (517, contention),              // BUSY_SNAPSHOT
            (773, contention),              // BUSY_TIMEOUT
            (6, contention),                // LOCKED
            (262, contention),              // LOCKED_SHAREDCACHE
            (15, contention),               // PROTOCOL
            (17, contention),               // SCHEMA
            (513, contention),              // ERROR_RETRY
            (10, sick),                     // IOERR
            (1034, sick),                   // IOERR_FSYNC
            (13, sick),                     // FULL
            (7, sick),                      // NOMEM
            (11, sick),                     // CORRUPT
            (26, sick),                     // NOTADB
            (14, sick),                     // CANTOPEN
            (2, sick),                      // INTERNAL
            (1, Verdict::permanent()),      // ERROR
            (769, Verdict::permanent()),    // ERROR_SNAPSHOT
            (4, Verdict::permanent()),      // ABORT
            (8, Verdict::permanent()),      // READONLY
            (9, Verdict::permanent()),      // INTERRUPT
            (19, Verdict::permanent()),     // CONSTRAINT
            (2067, Verdict::permanent()),   // CONSTRAINT_UNIQUE
            (21, Verdict::permanent()),     // MISUSE
            (3, Verdict::permanent()),      // PERM
            (23, Verdict::permanent()),     // AUTH
            (0, Verdict::unclassified()),   // OK
            (101, Verdict::unclassified()), // DONE
            (-1, Verdict::unclassified()),
        ] {
            let verdict = Verdict::from_sqlite(code);
            assert_eq!(verdict, expected, "{code}");
            assert_eq!(verdict.code(), Some(ErrorCode::Sqlite(code)));
            let reason = matches!(code, 3 | 23).then_some(Reason::Denied);
            assert_eq!(verdict.reason(), reason, "{code}");
        }
    }
}
