//! What PgBouncer says of itself. It has one code for nearly everything, 08P01, so its message decides: a fixed text in English,
//! which it never translates. PostgreSQL has the same code for messages of the protocol that it cannot read.
//!
//! The texts are those of PgBouncer 1.18 and of its sources up to 1.25 (`disconnect_client`, and the reasons of
//! `disconnect_server`, which reach the client whose query was running).

use crate::verdict::{ErrorCode, Reason, Verdict};

/// Sent to a client whose query was running: what became of it is unknown.
const CUT: &[&str] = &[
    "server conn crashed?",
    "query timeout",
    "query_timeout",
    "transaction timeout",
];

/// Sent to a client that waits or logs in: nothing of its query has reached a server.
const NOT_SENT: &[&str] = &[
    "query_wait_timeout",
    "no more connections allowed",
    "server login has been failing",
    "client_login_timeout",
    "client connections exceeded (max_",
    "pooler is shutting down",
    "server shutting down",
];

/// How PostgreSQL refuses a login, which PgBouncer passes on to whoever waits for a connection: under this code, not under
/// PostgreSQL's own.
const LOGIN_REFUSED: &[&str] = &[
    "sorry, too many clients already",
    "remaining connection slots are reserved",
    "too many connections for ",
    "the database system is starting up",
    "the database system is not yet accepting connections",
    "the database system is not accepting connections",
    "the database system is shutting down",
    "the database system is in recovery mode",
];

/// The same for a database that is closed for a while, after its name.
const DATABASE_CLOSED: &str = "is not currently accepting connections";

/// Sent to a client that did nothing: an open transaction was rolled back.
const IDLE: &[&str] = &["idle transaction timeout", "client_idle_timeout"];

/// Wrong names and passwords.
const DENIED: &[&str] = &[
    "no such user",
    "not allowed",
    "login rejected",
    "unix socket login rejected",
    "password authentication failed",
    "certificate authentication failed",
    "\"trust\" authentication failed",
    "SASL authentication failed",
    "PAM authentication failed",
    "LDAP authentication failed",
    "client selected an invalid SASL authentication mechanism",
    "empty password returned by client",
    "no username supplied",
    "username too long",
    "password too long",
];

/// What the client or a configuration does wrong: refused, and refused again.
const WRONG: &[&str] = &[
    "unsupported startup parameter",
    "unsupported options startup parameter",
    "no such database: ",
    "bouncer config error",
    "no authentication method is found",
    "SSL required",
    "old V2 protocol not supported",
    "client re-sent startup pkt",
    "client password pkt before startup packet",
    "PQexec disallowed",
    "transaction blocks not allowed in statement pooling mode",
    "prepared statement name is already in use",
    "prepared statement did not exist",
    "broken Parse packet",
    "broken Bind packet",
    "broken Describe packet",
    "broken Close packet",
    "failed to parse packet",
];

/// How PostgreSQL's own messages of this code begin.
const POSTGRES: &[&str] = &[
    "bind message ",
    "insufficient data left in message",
    "no data left in message",
    "invalid ",
    "expected ",
    "unexpected message type",
    "unexpected EOF",
    "incomplete startup packet",
    "unsupported frontend protocol",
    "unterminated ",
    "message contents do not agree",
    "terminating connection because protocol synchronization was lost",
];

impl Verdict {
    /// Returns the verdict on an error with the code 08P01 by its message.
    pub(super) fn from_pgbouncer(message: &str) -> Self {
        let is_database_closed =
            message.starts_with("database \"") && message.ends_with(DATABASE_CLOSED);
        let verdict = if let Some(known) = Self::from_pgbouncers_own(message) {
            known
        } else if is_one_of(LOGIN_REFUSED, message) || is_database_closed {
            Self::transient()
        } else if is_one_of(DENIED, message) {
            Self::permanent().because(Reason::Denied)
        } else if is_one_of(WRONG, message) || is_one_of(POSTGRES, message) {
            Self::permanent()
        } else {
            // PgBouncer ends the client's connection with each of them, whatever it ran.
            Self::outcome_unknown().needs_reconnect()
        };
        verdict.with_code(CODE)
    }

    /// Returns the verdict on a text that only PgBouncer sends, for a client that loses the code.
    pub(super) fn from_pgbouncers_own(message: &str) -> Option<Self> {
        let verdict = if is_one_of(CUT, message) {
            Self::outcome_unknown().needs_reconnect()
        } else if is_one_of(NOT_SENT, message) {
            Self::transient()
        } else if is_one_of(IDLE, message) {
            Self::transient().needs_reconnect()
        } else {
            return None;
        };
        Some(verdict.with_code(CODE))
    }
}

const CODE: ErrorCode = ErrorCode::SqlState(*b"08P01");

fn is_one_of(texts: &[&str], message: &str) -> bool {
    texts.iter().any(|text| message.starts_with(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn from_pgbouncer_judges_by_what_had_been_sent() {
        let cut = Verdict::outcome_unknown().needs_reconnect();
        let idle = Verdict::transient().needs_reconnect();
        let (not_sent, unknown) = (Verdict::transient(), cut);
        for (message, expected) in [
            ("server conn crashed?", cut),
            ("query timeout", cut),
            ("query_timeout", cut),
            ("transaction timeout", cut),
            ("query_wait_timeout", not_sent),
            ("no more connections allowed (max_client_conn)", not_sent),
            ("sorry, too many clients already", not_sent),
            ("the database system is starting up", not_sent),
            (
                "database \"shop\" is not currently accepting connections",
                not_sent,
            ),
            (
                "server login has been failing, try again later (server_login_retry)",
                not_sent,
            ),
            (
                "server login has been failing, cached error: connect failed (server_login_retry)",
                not_sent,
            ),
            ("client_login_timeout (server down)", not_sent),
            ("client_login_timeout", not_sent),
            (
                "client connections exceeded (max_db_client_connections)",
                not_sent,
            ),
            (
                "client connections exceeded (max_user_client_connections)",
                not_sent,
            ),
            ("pooler is shutting down", not_sent),
            ("server shutting down", not_sent),
            ("idle transaction timeout", idle),
            ("client_idle_timeout", idle),
            (
                "unsupported startup parameter: extra_float_digits",
                Verdict::permanent(),
            ),
            ("no such database: shop", Verdict::permanent()),
            (
                "bind message supplies 1 parameters, but prepared statement \"\" requires 2",
                Verdict::permanent(),
            ),
            ("invalid frontend message type 0", Verdict::permanent()),
            ("admin forced disconnect", unknown),
            // Said of what the client sent, and as well of what the server answered.
            ("bad packet", unknown),
            ("unknown pkt", unknown),
            ("a text of a version to come", unknown),
            ("", unknown),
        ] {
            let verdict = Verdict::from_pgbouncer(message);
            assert_eq!(verdict, expected, "{message}");
            assert_eq!(verdict.code(), Some(ErrorCode::SqlState(*b"08P01")));
        }
        let denied = Verdict::from_pgbouncer("no such user: shop");
        assert_eq!(
            (denied, denied.reason()),
            (Verdict::permanent(), Some(Reason::Denied))
        );
    }

    /// No text stands in two lists, also not as the beginning of one there.
    #[test]
    fn no_text_is_judged_in_two_ways() {
        let lists = [CUT, NOT_SENT, IDLE, DENIED, WRONG, POSTGRES];
        for (index, list) in lists.iter().enumerate() {
            for other in lists.iter().skip(index + 1).flat_map(|other| other.iter()) {
                let clash = |text: &&str| text.starts_with(other) || other.starts_with(text);
                assert!(!list.iter().any(clash), "{other}");
            }
        }
    }
}
