//! What an error code of MongoDB means.

use std::time::Duration;

use crate::verdict::{ErrorCode, Reason, Verdict};

impl Verdict {
    /// Returns the verdict on a code with which MongoDB fails a command, where no label says more. A command that was ended in
    /// between may have written some of its documents, and says so only by a label that is not there.
    ///
    /// | codes | verdict |
    /// |---|---|
    /// | not primary, stepping down, shutting down, recovering (10107, 13435, 10058, 189, 91, 11600, 11602, 13436) | outcome unknown, ignored by the breaker; 91 and 11600 are failures |
    /// | the network behind a router, time limits of servers (6, 7, 89, 202, 262, 9001, 1, 8) | outcome unknown |
    /// | write conflict (112) | outcome unknown, ignored by the breaker |
    /// | locks, another operation in progress, a lost cursor, no such transaction (24, 46, 107, 117, 43, 251) | transient, ignored by the breaker |
    /// | no server for the read preference or concern (133, 134) | transient |
    /// | too many requests (462; 16500 of Azure Cosmos DB) | throttled, with the server's base of a backoff |
    /// | out of disk or memory (14031, 39) | permanent, a breaker failure |
    /// | rights (13, 18, 391, 11) | permanent, denied |
    /// | collections, indexes (26, 27) | permanent, not found |
    /// | duplicates, validation, arguments, sizes, `maxTimeMS` (50), killed (11601) | permanent |
    pub(crate) fn from_mongodb(code: i32, wait: Option<Duration>) -> Self {
        let verdict = match code {
            10107 | 13435 | 10058 | 189 | 11602 | 13436 | 112 => {
                Self::outcome_unknown().ignored_by_breaker()
            }
            91 | 11600 | 6 | 7 | 89 | 202 | 262 | 9001 | 1 | 8 => Self::outcome_unknown(),
            24 | 46 | 107 | 117 | 43 | 251 => Self::transient().ignored_by_breaker(),
            133 | 134 => Self::transient(),
            462 | 16500 => Self::throttled(wait),
            14031 | 39 => Self::permanent().counts_as_failure(),
            11 | 13 | 18 | 391 => Self::permanent().because(Reason::Denied),
            26 | 27 => Self::permanent().because(Reason::NotFound),
            // A repetition costs the same again, or somebody did not want it.
            50 | 11601 | 237
            // Duplicates, validation.
            | 11000 | 11001 | 12582 | 121
            // Arguments, types, names, options, indexes, pipelines.
            | 2 | 4 | 9 | 14 | 15 | 16 | 17 | 20 | 22 | 28 | 40 | 48 | 49 | 51..=57 | 59 | 66 | 67
            | 68 | 72 | 73 | 85 | 86 | 100 | 115 | 160 | 165..=168 | 197 | 225 | 238 | 241 | 256
            | 263 | 10003 | 40324 | 40415
            // Sizes.
            | 10334 | 17280 | 17419 | 17420 | 292 => Self::permanent(),
            _ => Self::unclassified(),
        };
        verdict.with_code(ErrorCode::Number(code.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_mongodb_classifies_each_code() {
        let contention = Verdict::transient().ignored_by_breaker();
        let moved = Verdict::outcome_unknown().ignored_by_breaker();
        let rows: &[(&[i32], Verdict)] = &[
            (&[10107, 13435, 10058, 189, 11602, 13436, 112], moved),
            (
                &[91, 11600, 6, 7, 89, 202, 262, 9001, 1, 8],
                Verdict::outcome_unknown(),
            ),
            (&[24, 46, 107, 117, 43, 251], contention),
            (&[133, 134], Verdict::transient()),
            (&[462, 16500], Verdict::throttled(None)),
            (&[14031, 39], Verdict::permanent().counts_as_failure()),
            (
                &[11, 13, 18, 391, 26, 27, 50, 11000, 121, 2, 17419],
                Verdict::permanent(),
            ),
            (&[0, 8000, 99999, -1], Verdict::unclassified()),
        ];
        for (codes, expected) in rows {
            for &code in *codes {
                let verdict = Verdict::from_mongodb(code, None);
                assert_eq!(verdict, *expected, "{code}");
                assert_eq!(verdict.code(), Some(ErrorCode::Number(code.into())));
            }
        }
        let reason = |code| Verdict::from_mongodb(code, None).reason();
        assert_eq!(reason(13), Some(Reason::Denied));
        assert_eq!(reason(26), Some(Reason::NotFound));
        assert_eq!(reason(11000), None);
        let wait = Duration::from_millis(250);
        let busy = Verdict::from_mongodb(462, Some(wait));
        assert_eq!(busy, Verdict::throttled(Some(wait)));
    }
}
