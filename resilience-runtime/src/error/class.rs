//! The classes, reasons and codes of errors.

use std::fmt;

/// Classifies an error by what became of the request; the main part of a [`Verdict`](crate::Verdict).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// The request was certainly not executed, and another attempt may succeed.
    Transient,
    /// The request may have been executed.
    OutcomeUnknown,
    /// The server asks for fewer calls; the request was not executed.
    Throttled,
    /// Another attempt would fail in the same way.
    Permanent,
    /// No rule classifies the error; the service's kind decides.
    Unknown,
}

impl Class {
    /// Returns the name that logs and statistics use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Throttled => "throttled",
            Self::Permanent => "permanent",
            Self::Unknown => "unknown",
        }
    }
}

/// Describes why a call failed, where fallbacks and caches act upon it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// The requested item does not exist. A cache remembers that for its `negative_ttl`.
    NotFound,
    /// Access was denied (401, 403): the credentials are unknown, expired or not sufficient.
    Denied,
    /// The quota of the account is exhausted; waiting does not help.
    QuotaExhausted,
    /// The prompt exceeds the model's context.
    ContextTooLarge,
    /// The client or a server between gave up waiting for the answer. The request may still be executed, and billed:
    /// `#[llm_resilient]` repeats it once at most.
    TimedOut,
    /// The server has too much to do, and says so: an adaptive limit of the bulkhead falls. For errors of your own; the codes
    /// that say it are known.
    Overloaded,
    /// A nested call was rejected before anything was sent, or ran out of time: an open circuit, a limit,
    /// a full bulkhead, a deadline. The requested item may still exist.
    Rejected,
}

/// Holds the code that an error carried, the only part of an error that is ever logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// Holds an HTTP status.
    Http(u16),
    /// Holds an SQLSTATE, five ASCII characters.
    SqlState([u8; 5]),
    /// Holds an error code of JSON-RPC.
    JsonRpc(i64),
    /// Holds an error number of MySQL or MariaDB.
    MySql(u16),
    /// Holds a result code of SQLite, extended if it is known.
    Sqlite(i32),
    /// Holds a status code of gRPC.
    Grpc(i32),
    /// Holds the kind of an I/O error.
    Io(std::io::ErrorKind),
    /// Holds a name defined by the client's documentation.
    Name(&'static str),
    /// Holds a number defined by the server's documentation, of MongoDB or NATS.
    Number(i64),
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http(status) => write!(f, "http:{status}"),
            Self::SqlState(code) => write!(f, "sqlstate:{}", code.escape_ascii()),
            Self::JsonRpc(code) => write!(f, "jsonrpc:{code}"),
            Self::MySql(number) => write!(f, "mysql:{number}"),
            Self::Sqlite(code) => write!(f, "sqlite:{code}"),
            Self::Grpc(code) => write!(f, "grpc:{code}"),
            Self::Io(kind) => write!(f, "io:{kind:?}"),
            Self::Name(name) => f.write_str(name),
            Self::Number(number) => write!(f, "{number}"),
        }
    }
}
