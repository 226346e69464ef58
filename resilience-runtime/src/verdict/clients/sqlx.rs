//! What `sqlx`'s errors mean, for PostgreSQL, MySQL, MariaDB and SQLite.
//!
//! Supported: sqlx 0.9 (feature `sqlx`, which needs Rust 1.94) and 0.8 (feature `sqlx-0_8`). Both need only the core of sqlx and no
//! driver, so that users of one database do not build the others: a PostgreSQL error is known by its
//! SQLSTATE, an SQLite error by its extended result code, and a MySQL error by the number that its
//! `Display` begins with, `1205 (HY000): …`, which the SQLSTATE does not contain.
//!
//! | error | verdict |
//! |---|---|
//! | an error of the database | [`Verdict::from_sqlstate`], [`Verdict::from_mysql`], [`Verdict::from_sqlite`] |
//! | a server that became a replica (25006) | transient, ignored by the breaker, on a new connection |
//! | the server ended the session (57P01, 57P02, 57P04, 57P05, 25P03, 25P04) | by its SQLSTATE, on a new connection |
//! | a prepared statement whose tables have changed (0A000, "cached plan …") | transient, ignored by the breaker, on a new connection |
//! | PgBouncer (08P01) | by its message: transient where nothing was sent, outcome unknown on a new connection where a query was cut |
//! | `Io`: refused, or no socket file | transient |
//! | `Io`: anything else | outcome unknown, on a new connection |
//! | `Protocol`, `WorkerCrashed` | outcome unknown, on a new connection |
//! | `Protocol`: too many or too few parameters | permanent |
//! | `PoolTimedOut` | permanent, a breaker failure |
//! | `RowNotFound` | permanent, not found |
//! | the rest: columns, decoding, configuration, TLS | permanent |
//!
//! `PoolTimedOut` hides a server that is down, for the whole `acquire_timeout` (30 s by default): retrying
//! it would wait that long again. Make `acquire_timeout` shorter than the timeout of an attempt.
//!
//! Put the attribute on a function that begins and commits its own transaction. In one that is handed a
//! transaction, a retry meets 25P02: the transaction is aborted already.

use std::fmt;

use super::{io, source_chain};
use crate::verdict::display_prefix::display_prefix;
use crate::verdict::{Classify, Reason, Verdict};

/// What the caller did, though the errors of the protocol say so.
const WRONG_PARAMETERS: &[&str] = &[
    "PgConnection::run(): too many arguments for query",
    "prepared statement expected ",
];

/// One version of sqlx.
macro_rules! classify_sqlx {
    ($sqlx:ident) => {
        impl Classify for $sqlx::Error {
            fn classify(&self) -> Verdict {
                use $sqlx::Error;
                match self {
                    Error::Database(error) => error.classify(),
                    Error::Io(error) => io::of_a_connection(error),
                    Error::Protocol(text)
                        if WRONG_PARAMETERS.iter().any(|wrong| text.starts_with(wrong)) =>
                    {
                        Verdict::permanent()
                    }
                    Error::Protocol(_) | Error::WorkerCrashed => {
                        Verdict::outcome_unknown().needs_reconnect()
                    }
                    Error::PoolTimedOut => Verdict::permanent().counts_as_failure(),
                    Error::PoolClosed => Verdict::permanent().ignored_by_breaker(),
                    Error::RowNotFound => Verdict::permanent().because(Reason::NotFound),
                    // Before the first statement.
                    Error::Tls(source) => source_chain::find(&**source)
                        .filter(|verdict| verdict.is_transient())
                        .unwrap_or(Verdict::permanent().counts_as_failure()),
                    Error::Configuration(_)
                    | Error::InvalidArgument(_)
                    | Error::TypeNotFound { .. }
                    | Error::ColumnIndexOutOfBounds { .. }
                    | Error::ColumnNotFound(_)
                    | Error::ColumnDecode { .. }
                    | Error::Encode(_)
                    | Error::Decode(_)
                    | Error::AnyDriverError(_)
                    | Error::InvalidSavePointStatement
                    | Error::BeginFailed => Verdict::permanent(),
                    _ => Verdict::unclassified(),
                }
            }
        }

        /// By its SQLSTATE, number or result code.
        impl Classify for dyn $sqlx::error::DatabaseError {
            fn classify(&self) -> Verdict {
                by_code(self.code().as_deref(), self.message(), &self)
            }
        }
    };
}

#[cfg(feature = "sqlx")]
classify_sqlx!(sqlx_core);
#[cfg(feature = "sqlx-0_8")]
classify_sqlx!(sqlx_core_0_8);

fn by_code(code: Option<&str>, message: &str, shown: &dyn fmt::Display) -> Verdict {
    if let Some(number) = mysql_number(code, shown) {
        let by_number = Verdict::from_mysql_session(number, message);
        let by_state = code.map_or(Verdict::unclassified(), Verdict::from_sqlstate);
        return if by_number.is_unknown() && !by_state.is_unknown() {
            by_state
        } else {
            by_number
        };
    }
    match code {
        // SQLite's codes have at most four digits today.
        // The severity is known to the driver alone.
        Some(code) if code.len() == 5 => Verdict::from_postgres(code, message, false),
        Some(code) => code
            .parse()
            .map_or(Verdict::unclassified(), Verdict::from_sqlite),
        None => Verdict::unclassified(),
    }
}

/// The number that sqlx's MySQL driver shows first: `1205 (HY000): …`, or `1040: …` where the server is
/// too early for an SQLSTATE. No other driver's errors look like that and have this code.
fn mysql_number(code: Option<&str>, shown: &dyn fmt::Display) -> Option<u16> {
    // `65535 (HY000): `
    let text = display_prefix(shown, 15);
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let number = text[..digits].parse().ok()?;
    let rest = &text[digits..];
    let follows = match code {
        Some(code) => rest
            .strip_prefix(" (")
            .and_then(|rest| rest.strip_prefix(code))
            .is_some_and(|rest| rest.starts_with("): ")),
        None => rest.starts_with(": "),
    };
    follows.then_some(number)
}

#[cfg(test)]
mod tests;
