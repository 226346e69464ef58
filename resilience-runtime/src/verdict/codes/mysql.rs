//! What an error number of MySQL or MariaDB means.

use crate::verdict::{ErrorCode, Reason, Verdict};

impl Verdict {
    /// Returns the verdict on an error number of MySQL or MariaDB. The number is more precise than the SQLSTATE, which is
    /// `HY000` for most of them.
    ///
    /// | numbers | verdict |
    /// |---|---|
    /// | deadlock, lock wait, `NOWAIT` (1213, 1205, 3572, …) | transient, ignored by the breaker |
    /// | too many connections (1040, 1203, 1226), not reachable (2002, 2003, 2005) | transient |
    /// | read-only server (1290, 1836) | the same as contention, on a new connection |
    /// | connection lost, shut down, killed (2006, 2013, 2055, 1053, 1927, …) | outcome unknown |
    /// | out of memory or disk | permanent, a breaker failure |
    /// | constraints, syntax, rights, time limits, a write in a read-only transaction (1792) | permanent |
    ///
    /// After 1205 the transaction is still open, with all but its last statement: what is retried has to
    /// be the whole transaction. Any other number is left to the kind.
    ///
    /// ```
    /// use resilience_runtime::Verdict;
    ///
    /// assert!(Verdict::from_mysql(1213).is_transient());       // deadlock
    /// assert!(Verdict::from_mysql(2013).is_outcome_unknown()); // lost in mid-query
    /// assert!(Verdict::from_mysql(1062).is_permanent());       // duplicate entry
    /// ```
    pub fn from_mysql(number: u16) -> Self {
        let verdict = match number {
            // Deadlocks and locks that were not to be had, of rows, tables and names; changed since
            // read; refused by a group's certification. Not a sign of the server's health.
            1205 | 1213 | 1614 | 1689 | 3058 | 3101 | 3572 | 1020 => {
                Self::transient().ignored_by_breaker()
            }
            // Refused before anything ran.
            1040 | 1203 | 1226 | 2002 | 2003 | 2005 => Self::transient(),
            // The server became a replica, another connection may lead to the new primary.
            1290 | 1836 => Self::transient().ignored_by_breaker().needs_reconnect(),
            // Shutting down, killed, packets that did not get through, gone away, lost, idle too long.
            1053 | 1927 | 1152 | 1158..=1161 | 1184 | 2006 | 2013 | 2055 | 4031 => {
                Self::outcome_unknown()
            }
            // Out of disk, memory, threads or room in a table; host blocked until it is flushed.
            3 | 1021 | 1037 | 1038 | 1041 | 1114 | 1129 | 1135 => {
                Self::permanent().counts_as_failure()
            }
            // Killed by a person, or out of time: a repetition costs the same again. A write in a transaction that the
            // program itself began as read-only.
            1317 | 1969 | 3024 | 1792 => Self::permanent(),
            // Unknown user, host or password, locked or expired account, missing rights.
            1044 | 1045 | 1130 | 1142 | 1143 | 1227 | 1370 | 1698 | 1820 | 1862 | 3118 => {
                Self::permanent().because(Reason::Denied)
            }
            // Duplicates, constraints, values out of range.
            1022 | 1048 | 1062 | 1169 | 1216 | 1217 | 1264 | 1265 | 1292 | 1364 | 1365 | 1366
            | 1406 | 1451 | 1452 | 1557 | 1586 | 1690 | 1761 | 1762 | 3819
            // Syntax and names.
            | 1046 | 1049 | 1050 | 1051 | 1052 | 1054 | 1064 | 1136 | 1146 | 1149 | 1305 => {
                Self::permanent()
            }
            _ => Self::unclassified(),
        };
        verdict.with_code(ErrorCode::MySql(number))
    }

    /// The same from a client of MySQL, which knows that its session has ended with some of them, with the server's message. That
    /// tells what limit of a user is meant: how many connections at once, or how much in an hour.
    #[cfg(any(
        test,
        feature = "diesel",
        feature = "mysql_async",
        feature = "sqlx",
        feature = "sqlx-0_8"
    ))]
    pub(crate) fn from_mysql_session(number: u16, message: &str) -> Self {
        /// How the client libraries of C begin with their own numbers, of which nothing was sent.
        const NOT_REACHED: [&str; 2] = ["Can't connect to ", "Unknown "];
        const PER_HOUR: [&str; 3] = [
            "'max_questions' resource",
            "'max_updates' resource",
            "'max_connections_per_hour' resource",
        ];
        let verdict = Self::from_mysql(number);
        match number {
            1226 if PER_HOUR.iter().any(|limit| message.contains(limit)) => {
                Self::quota_exhausted().with_code(ErrorCode::MySql(number))
            }
            // As a server's number they come from a proxy: MaxScale's "Lost connection to backend server".
            2002 | 2003 | 2005 if !NOT_REACHED.iter().any(|text| message.starts_with(text)) => {
                Self::outcome_unknown()
                    .needs_reconnect()
                    .with_code(ErrorCode::MySql(number))
            }
            // Another option than one of those that make a server read-only stands in the way: `--secure-file-priv`.
            1290 if message.contains("--") && !message.contains("read-only") => {
                Self::permanent().with_code(ErrorCode::MySql(number))
            }
            1053 | 1927 | 1152 | 1158..=1161 | 1184 | 2006 | 2013 | 2055 => {
                verdict.needs_reconnect()
            }
            // It is sent while the server waits for a statement, and read when the next one is sent.
            4031 => verdict.not_executed().needs_reconnect(),
            _ => verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_per_hour_is_a_quota() {
        let of = |limit: &str| {
            let message =
                format!("User 'hunter2' has exceeded the '{limit}' resource (current value: 1)");
            Verdict::from_mysql_session(1226, &message)
        };
        assert_eq!(of("max_user_connections"), Verdict::transient());
        for limit in ["max_questions", "max_updates", "max_connections_per_hour"] {
            assert_eq!(of(limit).reason(), Some(Reason::QuotaExhausted), "{limit}");
        }
    }

    #[test]
    fn from_mysql_classifies_each_number() {
        let contention = Verdict::transient().ignored_by_breaker();
        let rows: &[(&[u16], Verdict)] = &[
            (
                &[1213, 1205, 3572, 1614, 1689, 3058, 3101, 1020],
                contention,
            ),
            (&[1040, 1203, 1226, 2002, 2003, 2005], Verdict::transient()),
            (&[1290, 1836], contention.needs_reconnect()),
            (&[1792], Verdict::permanent()),
            (
                &[2006, 2013, 2055, 1053, 1927, 1158, 1161, 4031],
                Verdict::outcome_unknown(),
            ),
            (&[1062, 1452, 1064, 1146, 1317, 3024], Verdict::permanent()),
            (
                &[1021, 1041, 1114, 1129],
                Verdict::permanent().counts_as_failure(),
            ),
            (&[0, 1105, 9999], Verdict::unclassified()),
        ];
        for (numbers, expected) in rows {
            for &number in *numbers {
                let verdict = Verdict::from_mysql(number);
                assert_eq!(verdict, *expected, "{number}");
                assert_eq!(verdict.code(), Some(ErrorCode::MySql(number)));
                assert_eq!(verdict.reason(), None, "{number}");
            }
        }
        let ended = Verdict::outcome_unknown().needs_reconnect();
        assert_eq!(Verdict::from_mysql_session(1927, ""), ended);
        for (number, message, expected) in [
            (2003, "Lost connection to backend server.", ended),
            (2002, "", ended),
            (
                2003,
                "Can't connect to MySQL server on '10.0.0.1' (111)",
                Verdict::transient(),
            ),
            (2005, "Unknown server host 'db'", Verdict::transient()),
            (
                1290,
                "The MariaDB server is running with the --read-only option so it cannot execute this statement",
                contention.needs_reconnect(),
            ),
            (
                1290,
                "The MySQL server is running with the --secure-file-priv option so it cannot execute this statement",
                Verdict::permanent(),
            ),
        ] {
            let verdict = Verdict::from_mysql_session(number, message);
            assert_eq!(verdict, expected, "{message}");
            assert_eq!(verdict.code(), Some(ErrorCode::MySql(number)));
        }
        let idle = Verdict::transient().needs_reconnect();
        assert_eq!(Verdict::from_mysql_session(4031, ""), idle);
        for number in [1044, 1045, 1142, 1698] {
            let verdict = Verdict::from_mysql(number);
            assert!(verdict.is_permanent(), "{number}");
            assert_eq!(verdict.reason(), Some(Reason::Denied), "{number}");
        }
    }
}
