//! What the fixed texts of database servers mean, for clients that keep neither number nor SQLSTATE.
//!
//! A text counts only where a message begins with it: a message that quotes it has it later. The texts are the English ones of
//! PostgreSQL 15 to 18, of MySQL 8 and MariaDB 10 with their client libraries, and of SQLite 3; a server with another
//! `lc_messages` is not understood.

use crate::verdict::Verdict;

/// What a text stands for.
#[derive(Clone, Copy)]
enum Code {
    State(&'static str),
    /// The server ends the session with it.
    Fatal(&'static str),
    MySql(u16),
    Sqlite(i32),
}

use Code::{Fatal, MySql, Sqlite, State};

const POSTGRES: &[(&str, Code)] = &[
    ("could not serialize access due to ", State("40001")),
    (
        "canceling statement due to conflict with recovery",
        State("40001"),
    ),
    (
        "terminating connection due to conflict with recovery",
        Fatal("40001"),
    ),
    ("deadlock detected", State("40P01")),
    ("could not obtain lock on ", State("55P03")),
    ("canceling statement due to lock timeout", State("55P03")),
    ("canceling statement due to ", State("57014")),
    (
        "terminating connection due to administrator command",
        Fatal("57P01"),
    ),
    (
        "terminating connection because of crash of another server process",
        Fatal("57P02"),
    ),
    (
        "terminating connection due to idle-session timeout",
        Fatal("57P05"),
    ),
    (
        "terminating connection due to idle-in-transaction timeout",
        Fatal("25P03"),
    ),
    (
        "terminating connection due to transaction timeout",
        Fatal("25P04"),
    ),
    ("the database system is ", State("57P03")),
    ("sorry, too many clients already", State("53300")),
    (
        "remaining connection slots are reserved for ",
        State("53300"),
    ),
    ("too many connections for ", State("53300")),
    ("cached plan must not change result type", State("0A000")),
    ("current transaction is aborted", State("25P02")),
    ("out of shared memory", State("53200")),
    ("out of memory", State("53200")),
    ("could not extend file ", State("53100")),
    ("could not write ", State("58030")),
    ("could not read ", State("58030")),
    ("password authentication failed for ", State("28P01")),
    ("no pg_hba.conf entry for ", State("28000")),
    ("permission denied for ", State("42501")),
    (
        "new row violates row-level security policy ",
        State("42501"),
    ),
    ("must be owner of ", State("42501")),
    ("syntax error at ", State("42601")),
    ("division by zero", State("22012")),
    ("value too long for type ", State("22001")),
    ("numeric field overflow", State("22003")),
    ("integer out of range", State("22003")),
    ("bigint out of range", State("22003")),
    ("smallint out of range", State("22003")),
    ("value \"", State("22003")),
    ("invalid input syntax for ", State("22P02")),
    ("invalid input value for enum ", State("22P02")),
    ("invalid byte sequence for encoding ", State("22021")),
    ("date/time field value out of range", State("22008")),
];

const MYSQL: &[(&str, Code)] = &[
    ("Deadlock found when trying to get ", MySql(1213)),
    ("Lock wait timeout exceeded", MySql(1205)),
    (
        "Statement aborted because lock(s) could not be acquired immediately",
        MySql(3572),
    ),
    ("Record has changed since last read in table", MySql(1020)),
    (
        "Plugin instructed the server to rollback the current transaction",
        MySql(3101),
    ),
    ("Too many connections", MySql(1040)),
    (
        "Can't connect to local MySQL server through socket",
        MySql(2002),
    ),
    ("Can't connect to local server through socket", MySql(2002)),
    ("Can't connect to MySQL server on", MySql(2003)),
    ("Can't connect to server on", MySql(2003)),
    ("Unknown MySQL server host", MySql(2005)),
    ("Unknown server host", MySql(2005)),
    (
        "The MySQL server is running with the --read-only",
        MySql(1290),
    ),
    (
        "The MySQL server is running with the --super-read-only",
        MySql(1290),
    ),
    (
        "The MariaDB server is running with the --read-only",
        MySql(1290),
    ),
    ("Running in read-only mode", MySql(1836)),
    (
        "Cannot execute statement in a READ ONLY transaction",
        MySql(1792),
    ),
    ("Server shutdown in progress", MySql(1053)),
    ("Connection was killed", MySql(1927)),
    ("MySQL server has gone away", MySql(2006)),
    ("Server has gone away", MySql(2006)),
    ("Lost connection to MySQL server", MySql(2013)),
    ("Lost connection to server", MySql(2013)),
    ("Disk full", MySql(1021)),
    ("Out of memory", MySql(1041)),
    ("Out of sort memory", MySql(1038)),
    ("Can't create a new thread", MySql(1135)),
    ("Query execution was interrupted", MySql(1317)),
    ("Access denied for user ", MySql(1045)),
    ("Access denied; you need ", MySql(1227)),
    ("Unknown database ", MySql(1049)),
    ("You have an error in your SQL syntax", MySql(1064)),
    ("Unknown column ", MySql(1054)),
    ("Data too long for column ", MySql(1406)),
    ("Out of range value for column ", MySql(1264)),
    ("Incorrect ", MySql(1366)),
    ("Division by 0", MySql(1365)),
];

const SQLITE: &[(&str, Code)] = &[
    ("database is locked", Sqlite(5)),
    ("database table is locked", Sqlite(6)),
    ("database schema is locked", Sqlite(6)),
    ("attempt to write a readonly database", Sqlite(8)),
    ("interrupted", Sqlite(9)),
    ("disk I/O error", Sqlite(10)),
    ("database disk image is malformed", Sqlite(11)),
    ("database or disk is full", Sqlite(13)),
    ("unable to open database file", Sqlite(14)),
    ("locking protocol", Sqlite(15)),
    ("database schema has changed", Sqlite(17)),
    ("not authorized", Sqlite(23)),
    ("file is not a database", Sqlite(26)),
    ("no such table: ", Sqlite(1)),
    ("no such column: ", Sqlite(1)),
    ("near \"", Sqlite(1)),
];

/// Texts of MySQL that begin with a name: what stands before it, and what after it.
const NAMED: &[(&str, &str, u16)] = &[
    ("User '", "' has exceeded the '", 1226),
    (
        "User ",
        " already has more than 'max_user_connections' active connections",
        1203,
    ),
    ("Table '", "' doesn't exist", 1146),
];

impl Verdict {
    /// Returns the verdict on the message of a database server, or of its client library, if the text is known.
    pub(crate) fn from_error_text(message: &str) -> Option<Self> {
        if let Some(verdict) = Self::from_pgbouncers_own(message) {
            return Some(verdict);
        }
        let named = NAMED.iter().find(|(before, after, _)| {
            let name = message.strip_prefix(before);
            name.is_some_and(|rest| rest.contains(after))
        });
        if let Some(&(_, _, number)) = named {
            return Some(Self::from_mysql_session(number, message));
        }
        let mut texts = [POSTGRES, MYSQL, SQLITE].into_iter().flatten();
        let (_, code) = texts.find(|(text, _)| message.starts_with(text))?;
        Some(match *code {
            State(state) => Self::from_postgres(state, message, false),
            Fatal(state) => Self::from_postgres(state, message, true),
            MySql(number) => Self::from_mysql_session(number, message),
            Sqlite(code) => Self::from_sqlite(code),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::Reason;

    #[test]
    fn from_error_text_judges_as_the_code_would() {
        let contention = Verdict::transient().ignored_by_breaker();
        let cut = Verdict::outcome_unknown().needs_reconnect();
        let sick = Verdict::permanent().counts_as_failure();
        for (message, expected) in [
            (
                "could not serialize access due to concurrent update",
                contention,
            ),
            (
                "terminating connection due to conflict with recovery",
                contention.needs_reconnect(),
            ),
            ("deadlock detected", contention),
            ("could not obtain lock on row in relation \"t\"", contention),
            ("canceling statement due to lock timeout", contention),
            (
                "canceling statement due to statement timeout",
                Verdict::permanent(),
            ),
            ("terminating connection due to administrator command", cut),
            (
                "terminating connection due to idle-session timeout",
                Verdict::transient().needs_reconnect(),
            ),
            ("the database system is starting up", Verdict::transient()),
            ("sorry, too many clients already", Verdict::transient()),
            (
                "cached plan must not change result type",
                contention.needs_reconnect(),
            ),
            (
                "could not extend file \"base/1/2\": No space left on device",
                sick,
            ),
            (
                "value too long for type character varying(3)",
                Verdict::permanent(),
            ),
            ("query_wait_timeout", Verdict::transient()),
            ("server conn crashed?", cut),
            (
                "Deadlock found when trying to get lock; try restarting transaction",
                contention,
            ),
            ("Too many connections", Verdict::transient()),
            ("Server shutdown in progress", cut),
            ("MySQL server has gone away", cut),
            (
                "Cannot execute statement in a READ ONLY transaction.",
                Verdict::permanent(),
            ),
            ("database is locked", contention),
            ("disk I/O error", sick),
            ("no such table: t", Verdict::permanent()),
        ] {
            let verdict = Verdict::from_error_text(message);
            assert_eq!(verdict, Some(expected), "{message}");
            assert!(verdict.is_some_and(|verdict| verdict.code().is_some()));
        }
        for (message, expected, reason) in [
            (
                "password authentication failed for user \"me\"",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                "new row violates row-level security policy for table \"orders\"",
                Verdict::permanent(),
                Some(Reason::Denied),
            ),
            (
                "User 'me' has exceeded the 'max_questions' resource (current value: 5)",
                Verdict::quota_exhausted(),
                Some(Reason::QuotaExhausted),
            ),
            (
                "User 'me' has exceeded the 'max_user_connections' resource (current value: 5)",
                Verdict::transient(),
                None,
            ),
            (
                "User me already has more than 'max_user_connections' active connections",
                Verdict::transient(),
                None,
            ),
            (
                "Table 'shop.orders' doesn't exist",
                Verdict::permanent(),
                None,
            ),
            (
                "value \"99999999999\" is out of range for type integer",
                Verdict::permanent(),
                None,
            ),
        ] {
            let verdict = Verdict::from_error_text(message).expect("known");
            assert_eq!(verdict, expected, "{message}");
            assert_eq!(verdict.reason(), reason, "{message}");
        }
    }

    #[test]
    fn a_message_that_talks_about_a_text_is_not_judged_by_it() {
        for message in [
            "the report says: deadlock detected",
            "constraint \"deadlock detected\"",
            "I lost: Lost connection to server",
            "Deadlock detected",
            "",
        ] {
            assert_eq!(Verdict::from_error_text(message), None, "{message}");
        }
        let quoted = "invalid input syntax for type integer: \"database is locked\"";
        assert_eq!(Verdict::from_error_text(quoted), Some(Verdict::permanent()));
    }

    /// A text that begins with an earlier one would never be reached.
    #[test]
    fn no_text_hides_a_later_one() {
        let texts: Vec<&str> = [POSTGRES, MYSQL, SQLITE]
            .iter()
            .flat_map(|list| list.iter())
            .map(|(text, _)| *text)
            .collect();
        for (index, text) in texts.iter().enumerate() {
            let hidden = texts
                .iter()
                .skip(index + 1)
                .find(|later| later.starts_with(text));
            assert_eq!(hidden, None, "{text}");
        }
    }
}
