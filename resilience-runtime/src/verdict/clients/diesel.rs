//! What `diesel`'s errors mean, for PostgreSQL, MySQL, MariaDB and SQLite, also those that `diesel-async` makes.
//!
//! Supported: diesel 2.3. Its errors keep a kind and a text, neither SQLSTATE nor number. So a fixed text of the server or of its
//! client library decides, where the message begins with one, and else the kind. With another `lc_messages` than English only the
//! kinds are left.
//!
//! | error | verdict |
//! |---|---|
//! | a known text of PostgreSQL, PgBouncer, MySQL, SQLite | as its code: [`Verdict::from_sqlstate`], [`Verdict::from_mysql`], [`Verdict::from_sqlite`]; on a new connection where that ends the session |
//! | `SerializationFailure` | transient, ignored by the breaker |
//! | `ReadOnlyTransaction`: PostgreSQL | transient, ignored by the breaker, on a new connection |
//! | `ReadOnlyTransaction`: MySQL (1792) | permanent |
//! | violated constraints | permanent |
//! | `ClosedConnection`, `UnableToSendCommand` | outcome unknown, on a new connection |
//! | `UnableToSendCommand`: libpq had no connection | transient, on a new connection |
//! | `UnableToSendCommand`: parameters, columns, numbers of rows, configuration | permanent |
//! | another kind, with the place in the statement, a table, a column or a constraint | permanent |
//! | another kind and text | by the service's kind: write a `classify`, or set `lc_messages` |
//! | `RollbackErrorOnCommit` | as the error of `COMMIT`, on a new connection |
//! | `BrokenTransactionManager` | outcome unknown, on a new connection: it takes the place of an earlier error |
//! | `NotFound` | permanent, not found |
//! | `RollbackTransaction` | permanent, ignored by the breaker |
//! | the rest: queries, values, transactions begun twice | permanent |
//! | `BadConnection`: a known text after `FATAL:` or alone | as that text, but nothing was sent: an unknown outcome becomes transient |
//! | `BadConnection`: another text | transient |
//! | `CouldntSetupConfiguration` | as its error, but nothing was sent |
//! | `InvalidConnectionUrl`, `InvalidCString` | permanent |
//!
//! diesel repeats nothing. What it loses: whether a connection was refused or broke (diesel-async's text for both is the same),
//! which is why an error of a statement is never "surely not sent" by its kind alone. Begin, run and commit a transaction in
//! one function, with `conn.transaction(…)`, and return each error.

use ::diesel::result::{ConnectionError, DatabaseErrorInformation, DatabaseErrorKind, Error};

use crate::verdict::{Classify, Reason, Verdict};

/// What `tokio-postgres`, whose errors diesel-async turns into texts, says of what the caller did.
const CALLERS_FAULT: &[&str] = &[
    "error serializing parameter ",
    "error deserializing column ",
    "error encoding message to server",
    "invalid column `",
    "query returned an unexpected number of ",
    "expected ",
    "authentication error",
    "invalid connection string",
    "invalid configuration",
    // libpq
    "another command is already in progress",
    // mysql_async, and those of its driver errors that are no broken connection
    "URL error: `",
    "Driver error: `Transactions couldn't be nested.",
    "Driver error: `Named and positional parameters mixed",
    "Driver error: `Statement takes ",
    "Driver error: `MySQL supports up to ",
    "Driver error: `Error converting from mysql ",
];

/// Nothing was written, for the connection had been lost before.
const NO_CONNECTION: &[&str] = &[
    "no connection to the server",
    "Driver error: `Connection to the server is closed.",
];

/// The beginnings of a client library's texts on a connection that broke in use.
const BROKEN: &[&str] = &[
    "connection closed",
    "error communicating with the server",
    "timeout waiting for server",
    "unexpected message from server",
    "error parsing response from server",
    "server closed the connection unexpectedly",
    "could not receive data from server",
    "could not send data to server",
    "lost synchronization with server",
    "SSL connection has been closed unexpectedly",
    "SSL SYSCALL error",
    "Input/output error: ",
    "Driver error: `Packet out of order",
    "Driver error: `Unexpected packet",
    "Driver error: `Bad compressed packet header",
];

/// What a server says of a user at a login.
const WRONG_NAMES: &[&str] = &["role \"", "no such user"];

/// It does not exist, or is not for this user.
const WRONG_DATABASE: &[&str] = &["database \"", "no such database"];

fn begins_with_one_of(message: &str, texts: &[&str]) -> bool {
    texts.iter().any(|text| message.starts_with(text))
}

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::DatabaseError(kind, information) => by_database(kind, &**information),
            Self::NotFound => Verdict::permanent().because(Reason::NotFound),
            Self::RollbackErrorOnCommit { commit_error, .. } => {
                commit_error.classify().needs_reconnect()
            }
            Self::BrokenTransactionManager => Verdict::outcome_unknown().needs_reconnect(),
            Self::RollbackTransaction => Verdict::permanent().ignored_by_breaker(),
            Self::InvalidCString(_)
            | Self::QueryBuilderError(_)
            | Self::DeserializationError(_)
            | Self::SerializationError(_)
            | Self::AlreadyInTransaction
            | Self::NotInTransaction
            | Self::IntegerConversion(_) => Verdict::permanent(),
            _ => Verdict::unclassified(),
        }
    }
}

fn by_database(kind: &DatabaseErrorKind, information: &dyn DatabaseErrorInformation) -> Verdict {
    let message = information.message();
    if let Some(verdict) = Verdict::from_error_text(message) {
        return verdict;
    }
    match kind {
        DatabaseErrorKind::SerializationFailure => Verdict::from_sqlstate("40001"),
        // MySQL's has a text of its own.
        DatabaseErrorKind::ReadOnlyTransaction => Verdict::from_postgres("25006", message, false),
        DatabaseErrorKind::UniqueViolation => Verdict::from_sqlstate("23505"),
        DatabaseErrorKind::ForeignKeyViolation => Verdict::from_sqlstate("23503"),
        DatabaseErrorKind::NotNullViolation => Verdict::from_sqlstate("23502"),
        DatabaseErrorKind::CheckViolation => Verdict::from_sqlstate("23514"),
        DatabaseErrorKind::RestrictViolation => Verdict::from_sqlstate("23001"),
        DatabaseErrorKind::ExclusionViolation => Verdict::from_sqlstate("23P01"),
        _ if begins_with_one_of(message, NO_CONNECTION) => Verdict::transient().needs_reconnect(),
        _ if is_too_large(message) => Verdict::permanent().needs_reconnect(),
        _ if begins_with_one_of(message, BROKEN) => Verdict::outcome_unknown().needs_reconnect(),
        _ if begins_with_one_of(message, CALLERS_FAULT) => Verdict::permanent(),
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => {
            Verdict::outcome_unknown().needs_reconnect()
        }
        _ if points_at_the_statement(information) => Verdict::permanent(),
        _ => Verdict::unclassified(),
    }
}

/// mysql_async's own limit.
fn is_too_large(message: &str) -> bool {
    message.starts_with("Input/output error: ")
        && message.ends_with(": Packet is larger than max_allowed_packet")
}

/// PostgreSQL names the place, or what is concerned, only where the statement or its data are wrong.
fn points_at_the_statement(information: &dyn DatabaseErrorInformation) -> bool {
    information.statement_position().is_some()
        || information.constraint_name().is_some()
        || information.column_name().is_some()
        || information.table_name().is_some()
}

impl Classify for ConnectionError {
    fn classify(&self) -> Verdict {
        match self {
            Self::BadConnection(message) => {
                // libpq's text tells the server's after this.
                let said = message.split_once("FATAL:");
                let said = said.map_or(message.as_str(), |(_, said)| said.trim_start());
                while_connecting(said, Verdict::from_error_text(said))
            }
            Self::CouldntSetupConfiguration(Error::DatabaseError(kind, information)) => {
                let known = by_database(kind, &**information);
                while_connecting(information.message(), Some(known))
            }
            Self::CouldntSetupConfiguration(error) => error.classify().while_connecting(),
            Self::InvalidCString(_) | Self::InvalidConnectionUrl(_) => Verdict::permanent(),
            _ => Verdict::unclassified(),
        }
    }
}

/// Nothing was sent yet, so that what is not known to be wrong is worth another attempt.
fn while_connecting(message: &str, known: Option<Verdict>) -> Verdict {
    if begins_with_one_of(message, WRONG_NAMES) {
        return Verdict::permanent().because(Reason::Denied);
    }
    if begins_with_one_of(message, WRONG_DATABASE) {
        return Verdict::permanent();
    }
    if message.starts_with("error performing TLS handshake") {
        return Verdict::permanent().counts_as_failure();
    }
    match known {
        Some(verdict) if !verdict.is_unknown() => verdict.while_connecting(),
        _ => Verdict::transient(),
    }
}

#[cfg(test)]
mod tests;
