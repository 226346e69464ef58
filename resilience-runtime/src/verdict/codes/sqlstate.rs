//! What an SQLSTATE means, by the classes of PostgreSQL's documentation, appendix A.

use crate::verdict::{ErrorCode, Reason, Verdict};

impl Verdict {
    /// Returns the verdict on an SQLSTATE: five characters, of which the first two are the class.
    ///
    /// A code that is not an SQLSTATE, and an unlisted class, is left to the kind.
    ///
    /// ```
    /// use resilience_runtime::Verdict;
    ///
    /// assert!(Verdict::from_sqlstate("40001").is_transient());        // serialization failure
    /// assert!(Verdict::from_sqlstate("08006").is_outcome_unknown());  // connection failure
    /// assert!(Verdict::from_sqlstate("23505").is_permanent());        // unique violation
    /// ```
    pub fn from_sqlstate(code: impl AsRef<str>) -> Self {
        let code = code.as_ref();
        let Ok(bytes) = <[u8; 5]>::try_from(code.as_bytes()) else {
            return Self::unclassified();
        };
        if !code.is_ascii() {
            return Self::unclassified();
        }
        let verdict = match code {
            // Rolled back on behalf of another transaction: run the whole transaction again. Contention
            // is not a sign of the server's health. So do a lock that was not to be had, and a
            // database that others use; and a server that became a replica answers on a new connection,
            // which a client's verdict asks for.
            "40001" | "40P01" | "40002" | "55P03" | "55006" | "25006" => {
                Self::transient().ignored_by_breaker()
            }
            // Refused before anything ran: too many connections, starting up, connection not made.
            "53300" | "57P03" | "08001" | "08004" => Self::transient(),
            // A protocol violation repeats itself (what PgBouncer means by it needs its message, see the clients).
            "08P01" => Self::permanent(),
            // Statement completion unknown.
            "40003" => Self::outcome_unknown(),
            // Cancelled, by a person or by statement_timeout: a repetition costs the same again.
            "57014" => Self::permanent(),
            // Shut down by an administrator or by a crash, or the database was dropped.
            "57P01" | "57P02" | "57P04" => Self::outcome_unknown(),
            // The session had done nothing for too long: what was open is rolled back.
            "57P05" | "25P03" => Self::transient(),
            "02000" | "P0002" => Self::permanent().because(Reason::NotFound),
            "42501" => Self::permanent().because(Reason::Denied),
            _ => match &code[..2] {
                "08" => Self::outcome_unknown(),
                "40" => Self::transient().ignored_by_breaker(),
                // Out of memory or disk, I/O trouble, internal error: more load only makes it worse.
                "53" | "58" | "F0" | "XX" => Self::permanent().counts_as_failure(),
                "28" => Self::permanent().because(Reason::Denied),
                "00" | "01" | "02" | "03" | "09" | "0A" | "0B" | "0F" | "0L" | "0P" | "0Z"
                | "20" | "21" | "22" | "23" | "24" | "25" | "26" | "27" | "2B" | "2D" | "2F"
                | "34" | "38" | "39" | "3B" | "3D" | "3F" | "42" | "44" | "54" | "55" | "57"
                | "72" | "HV" | "P0" => Self::permanent(),
                _ => Self::unclassified(),
            },
        };
        verdict.with_code(ErrorCode::SqlState(bytes))
    }

    /// The same for an error of which more is known than its SQLSTATE, from a client of PostgreSQL. `fatal`: the server
    /// ended the session with it, as far as the client tells.
    #[cfg(any(
        test,
        feature = "diesel",
        feature = "sqlx",
        feature = "sqlx-0_8",
        feature = "tokio-postgres"
    ))]
    pub(crate) fn from_postgres(code: &str, message: &str, fatal: bool) -> Self {
        let verdict = Self::from_sqlstate(code);
        match code {
            // The server became a replica; only another connection leads to the new primary.
            "25006" => verdict.needs_reconnect(),
            // They end the session, whoever asked for it: an administrator, a crash, a dropped database, an idle session,
            // an idle or a long transaction.
            "57P01" | "57P02" | "57P04" | "57P05" | "25P03" | "25P04" => verdict.needs_reconnect(),
            // A standby ends the session where it needs what an idle transaction holds. Not every client knows the severity.
            "40001"
                if fatal || message == "terminating connection due to conflict with recovery" =>
            {
                verdict.needs_reconnect()
            }
            // A statement that was prepared before its tables changed fails on that connection for good.
            "0A000" if message.starts_with("cached plan must not change result type") => {
                let stale = Self::transient().ignored_by_breaker().needs_reconnect();
                verdict.code().map_or(stale, |code| stale.with_code(code))
            }
            "08P01" => Self::from_pgbouncer(message),
            _ => verdict,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_sqlstate_classifies_each_code() {
        let contention = Verdict::transient().ignored_by_breaker();
        let sick = Verdict::permanent().counts_as_failure();
        for (code, expected) in [
            ("40001", contention),
            ("40P01", contention),
            ("55P03", contention),
            ("55006", contention),
            ("25006", contention),
            ("53300", Verdict::transient()),
            ("57P03", Verdict::transient()),
            ("08001", Verdict::transient()),
            ("08004", Verdict::transient()),
            ("08000", Verdict::outcome_unknown()),
            ("08003", Verdict::outcome_unknown()),
            ("08006", Verdict::outcome_unknown()),
            ("08007", Verdict::outcome_unknown()),
            ("40003", Verdict::outcome_unknown()),
            ("57P01", Verdict::outcome_unknown()),
            ("57P02", Verdict::outcome_unknown()),
            ("08P01", Verdict::permanent()),
            ("57014", Verdict::permanent()),
            ("53100", sick),
            ("53200", sick),
            ("58030", sick),
            ("XX000", sick),
            ("25P02", Verdict::permanent()),
            ("22012", Verdict::permanent()),
            ("23505", Verdict::permanent()),
            ("42601", Verdict::permanent()),
            // A value too long for its index, a statement with too many arguments.
            ("54000", Verdict::permanent()),
            ("54023", Verdict::permanent()),
            ("0A000", Verdict::permanent()),
            ("28P01", Verdict::permanent()),
            ("ZZ999", Verdict::unclassified()),
            ("", Verdict::unclassified()),
            ("nonsense", Verdict::unclassified()),
            ("ä123", Verdict::unclassified()),
            ("1ä23", Verdict::unclassified()),
        ] {
            assert_eq!(Verdict::from_sqlstate(code), expected, "{code}");
        }
    }

    #[test]
    fn denied_and_not_found_have_reasons() {
        for (code, reason) in [
            ("28000", Some(Reason::Denied)),
            ("28P01", Some(Reason::Denied)),
            ("42501", Some(Reason::Denied)),
            ("02000", Some(Reason::NotFound)),
            ("23505", None),
        ] {
            let verdict = Verdict::from_sqlstate(code);
            assert_eq!(verdict, Verdict::permanent(), "{code}");
            assert_eq!(verdict.reason(), reason, "{code}");
        }
    }

    #[test]
    fn from_postgres_knows_what_ends_a_session() {
        let readonly = Verdict::from_postgres("25006", "cannot execute INSERT", false);
        assert_eq!(
            readonly,
            Verdict::transient().ignored_by_breaker().needs_reconnect()
        );
        let full = Verdict::from_postgres("08P01", "query_wait_timeout", true);
        assert_eq!(full, Verdict::transient());
        let contention = Verdict::transient().ignored_by_breaker();
        for (code, fatal, expected) in [
            ("57P01", true, Verdict::outcome_unknown().needs_reconnect()),
            ("57P02", true, Verdict::outcome_unknown().needs_reconnect()),
            ("57P04", true, Verdict::outcome_unknown().needs_reconnect()),
            ("57P05", true, Verdict::transient().needs_reconnect()),
            ("25P03", true, Verdict::transient().needs_reconnect()),
            ("25P04", true, Verdict::permanent().needs_reconnect()),
            ("40001", true, contention.needs_reconnect()),
            ("40001", false, contention),
        ] {
            assert_eq!(
                Verdict::from_postgres(code, "", fatal),
                expected,
                "{code} {fatal}"
            );
        }
        let ended = "terminating connection due to conflict with recovery";
        let ended = Verdict::from_postgres("40001", ended, false);
        assert_eq!(ended, contention.needs_reconnect());
        let stale = "cached plan must not change result type";
        assert_eq!(
            Verdict::from_postgres("0A000", stale, false),
            contention.needs_reconnect()
        );
        let unsupported = Verdict::from_postgres("0A000", "not implemented", false);
        assert_eq!(unsupported, Verdict::permanent());
        assert_eq!(
            Verdict::from_postgres("40001", "", false),
            Verdict::from_sqlstate("40001")
        );
    }
}
