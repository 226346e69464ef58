//! What an error means: may the call be retried, does it count against the breaker, when may the
//! service be asked again.

mod aws;
#[cfg(any(feature = "rmcp", feature = "sqlx", feature = "sqlx-0_8"))]
mod beginning;
mod classify;
mod http;
mod io;
mod jsonrpc;
mod known;
mod llm;
#[cfg(feature = "llm-json")]
mod llm_body;
mod mysql;
#[doc(hidden)]
pub mod probe;
mod sqlite;
mod sqlstate;
mod tool_safety;
#[cfg(any(test, feature = "async-openai", feature = "llm-json"))]
pub(crate) mod try_again;
mod vault;

// The clients: one file and one feature each, and a line in `known`.
#[cfg(feature = "async-openai")]
mod async_openai;
#[cfg(feature = "aws")]
mod aws_sdk;
#[cfg(feature = "bb8")]
mod bb8;
#[cfg(feature = "deadpool")]
mod deadpool;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "reqwest")]
mod reqwest;
#[cfg(feature = "rmcp")]
mod rmcp;
#[cfg(feature = "rusqlite")]
mod rusqlite;
#[cfg(any(feature = "sqlx", feature = "sqlx-0_8"))]
mod sqlx;
#[cfg(feature = "tokio-postgres")]
mod tokio_postgres;
#[cfg(feature = "tonic")]
mod tonic;
#[cfg(feature = "vaultrs")]
mod vaultrs;

#[cfg(test)]
#[cfg_attr(
    not(feature = "reqwest"),
    allow(dead_code, reason = "the tests of clients use it")
)]
mod everywhere;

use std::fmt;
use std::time::Duration;

pub use classify::Classify;
pub(crate) use http::retry_after;
pub use http::{HttpHeaders, HttpStatus};
pub use tool_safety::ToolSafety;

use crate::name::ServiceKind;

/// What an error means.
///
/// | verdict | retried | counts against the breaker |
/// |---|---|---|
/// | [`transient`](Self::transient) | yes, it was surely not executed | yes |
/// | [`outcome_unknown`](Self::outcome_unknown) | only where the function is idempotent | yes |
/// | [`throttled`](Self::throttled) | yes, after the time that the server asked for | no |
/// | [`permanent`](Self::permanent) | no | no, it is a sign of life |
/// | [`unclassified`](Self::unclassified) | as the service's kind says | as the service's kind says |
/// | [`session_lost`](Self::session_lost) | yes, over a new session | learns nothing |
/// | [`context_too_large`](Self::context_too_large) | no, but a bigger model may answer | no |
/// | [`quota_exhausted`](Self::quota_exhausted) | no, but another provider may answer | learns nothing |
/// | [`not_found`](Self::not_found), [`denied`](Self::denied) | no | no, it is a sign of life |
///
/// Two verdicts are equal when the call goes on in the same way; their [`code`](Self::code), which is for
/// logs, and their [`reason`](Self::reason), which is for fallbacks and caches, are not compared.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Verdict {
    class: Class,
    breaker: Option<BreakerSignal>,
    retry_after: Option<Duration>,
    code: Option<ErrorCode>,
    reconnect: bool,
    reason: Option<Reason>,
}

/// The heart of a [`Verdict`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Surely not executed, and worth another attempt.
    Transient,
    /// It may have been executed.
    OutcomeUnknown,
    /// The server asks for fewer calls; surely not executed.
    Throttled,
    /// Another attempt would fail in the same way.
    Permanent,
    /// No rule knows the error; the service's kind decides.
    Unknown,
}

impl Class {
    /// Its name in logs and statistics.
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

/// Why a call failed, where fallbacks and caches act upon it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// What was asked for does not exist. A cache remembers that for its `negative_ttl`.
    NotFound,
    /// The caller may not: unknown, expired or forbidden credentials.
    Denied,
    /// The account has used up what it paid for; waiting does not help.
    QuotaExhausted,
    /// The prompt is larger than the model's context.
    ContextTooLarge,
    /// A call inside was turned away before anything was sent, or ran out of time: an open circuit, a limit,
    /// a full bulkhead, a deadline. It says nothing about what was asked for.
    Rejected,
}

/// What an outcome tells a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum BreakerSignal {
    Success,
    Failure,
    Ignored,
}

/// The code that an error carried, the only part of it that is ever logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorCode {
    /// An HTTP status.
    Http(u16),
    /// An SQLSTATE, five ASCII characters.
    SqlState([u8; 5]),
    /// A JSON-RPC error code.
    JsonRpc(i64),
    /// An error number of MySQL or MariaDB.
    MySql(u16),
    /// A result code of SQLite, extended if it is known.
    Sqlite(i32),
    /// A status code of gRPC.
    Grpc(i32),
    /// A kind of I/O error.
    Io(std::io::ErrorKind),
    /// A name that the client's documentation defines.
    Name(&'static str),
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
        }
    }
}

impl Verdict {
    const fn new(class: Class) -> Self {
        Self {
            class,
            breaker: None,
            retry_after: None,
            code: None,
            reconnect: false,
            reason: None,
        }
    }

    /// Surely not executed: another attempt is safe and may succeed.
    pub const fn transient() -> Self {
        Self::new(Class::Transient)
    }

    /// It may have been executed: another attempt only where the function is idempotent.
    pub const fn outcome_unknown() -> Self {
        Self::new(Class::OutcomeUnknown)
    }

    /// The server asks for fewer calls, and says when to come back if it is known.
    pub const fn throttled(retry_after: Option<Duration>) -> Self {
        let mut verdict = Self::new(Class::Throttled);
        verdict.retry_after = retry_after;
        verdict
    }

    /// Another attempt would fail in the same way.
    pub const fn permanent() -> Self {
        Self::new(Class::Permanent)
    }

    /// No rule knows it; the service's kind decides.
    pub const fn unclassified() -> Self {
        Self::new(Class::Unknown)
    }

    /// The server no longer knows the session: surely not executed, to be sent again over a new one. The
    /// server answered, so the breaker learns nothing from it.
    pub const fn session_lost() -> Self {
        Self::transient().ignored_by_breaker().needs_reconnect()
    }

    /// The prompt is larger than the model's context: permanent, though a bigger model may take it.
    pub const fn context_too_large() -> Self {
        Self::permanent().because(Reason::ContextTooLarge)
    }

    /// What was asked for does not exist: permanent, and a cache remembers it for its `negative_ttl`.
    pub const fn not_found() -> Self {
        Self::permanent().because(Reason::NotFound)
    }

    /// The caller may not: permanent, and a cache serves no old answer in its place.
    pub const fn denied() -> Self {
        Self::permanent().because(Reason::Denied)
    }

    /// The account has used up what it paid for: permanent, though another provider may answer. The breaker
    /// learns nothing from it.
    pub const fn quota_exhausted() -> Self {
        Self::permanent()
            .ignored_by_breaker()
            .because(Reason::QuotaExhausted)
    }

    /// The same, with a reason that fallbacks and caches act upon.
    pub const fn because(mut self, reason: Reason) -> Self {
        self.reason = Some(reason);
        self
    }

    /// The same, and the connection that it happened on is of no more use: a function with a
    /// `reconnect` runs it before its body runs again.
    pub const fn needs_reconnect(mut self) -> Self {
        self.reconnect = true;
        self
    }

    /// The same, but the circuit breaker learns nothing from it.
    pub const fn ignored_by_breaker(mut self) -> Self {
        self.breaker = Some(BreakerSignal::Ignored);
        self
    }

    /// The same, but the circuit breaker counts it as a failure.
    pub const fn counts_as_failure(mut self) -> Self {
        self.breaker = Some(BreakerSignal::Failure);
        self
    }

    /// The same, and the service asks not to be called again before `wait` has passed.
    pub const fn with_retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The same, with the code to log.
    pub const fn with_code(mut self, code: ErrorCode) -> Self {
        self.code = Some(code);
        self
    }

    /// The class.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// When the service may be asked again, if it said so.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The code to log, if the error carried one.
    #[must_use]
    pub const fn code(&self) -> Option<ErrorCode> {
        self.code
    }

    /// Whether it is [`transient`](Self::transient).
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(self.class, Class::Transient)
    }

    /// Whether it is [`outcome_unknown`](Self::outcome_unknown).
    #[must_use]
    pub const fn is_outcome_unknown(&self) -> bool {
        matches!(self.class, Class::OutcomeUnknown)
    }

    /// Whether it is [`throttled`](Self::throttled).
    #[must_use]
    pub const fn is_throttled(&self) -> bool {
        matches!(self.class, Class::Throttled)
    }

    /// Whether it is [`permanent`](Self::permanent).
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self.class, Class::Permanent)
    }

    /// Whether it is [`unclassified`](Self::unclassified).
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self.class, Class::Unknown)
    }

    /// Whether the connection that it happened on is of no more use.
    #[must_use]
    pub const fn is_reconnect_needed(&self) -> bool {
        self.reconnect
    }

    /// Why, where it matters to fallbacks and caches.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// Whether a call that failed with it may be made again.
    #[must_use]
    pub const fn may_retry(&self, idempotent: bool) -> bool {
        match self.class {
            Class::Transient | Class::Throttled => true,
            Class::OutcomeUnknown => idempotent,
            Class::Permanent | Class::Unknown => false,
        }
    }

    /// Whether a circuit breaker counts it as a failure.
    #[must_use]
    pub const fn is_breaker_failure(&self) -> bool {
        matches!(self.breaker_signal(), BreakerSignal::Failure)
    }

    /// Whether a circuit breaker learns nothing from it.
    #[must_use]
    pub const fn is_ignored_by_breaker(&self) -> bool {
        matches!(self.breaker_signal(), BreakerSignal::Ignored)
    }

    pub(crate) const fn breaker_signal(&self) -> BreakerSignal {
        match (self.breaker, self.class) {
            (Some(signal), _) => signal,
            (None, Class::Transient | Class::OutcomeUnknown) => BreakerSignal::Failure,
            (None, Class::Throttled | Class::Unknown) => BreakerSignal::Ignored,
            (None, Class::Permanent) => BreakerSignal::Success,
        }
    }

    /// The verdict of an attempt that is known not to have taken effect, whatever its error says.
    pub(crate) const fn not_executed(mut self) -> Self {
        if let Class::OutcomeUnknown = self.class {
            self.class = Class::Transient;
        }
        self
    }

    /// The verdict on the making of a connection: what the caller wanted was not sent yet, so the outcome
    /// is not open, and there is no connection to be rid of.
    #[cfg(any(feature = "bb8", feature = "deadpool", feature = "rmcp"))]
    pub(crate) const fn while_connecting(mut self) -> Self {
        if let Class::OutcomeUnknown = self.class {
            self.class = Class::Transient;
        }
        self.reconnect = false;
        self
    }

    /// The verdict with an unknown class replaced by the kind's default.
    pub(crate) const fn or_default_of(mut self, kind: ServiceKind) -> Self {
        if let Class::Unknown = self.class {
            self.class = match kind {
                ServiceKind::Llm | ServiceKind::Secret => Class::Transient,
                ServiceKind::Database | ServiceKind::Mcp | ServiceKind::Custom => {
                    Class::OutcomeUnknown
                }
            };
        }
        self
    }
}

impl PartialEq for Verdict {
    fn eq(&self, other: &Self) -> bool {
        self.class == other.class
            && self.breaker_signal() == other.breaker_signal()
            && self.retry_after == other.retry_after
            && self.reconnect == other.reconnect
    }
}

impl Eq for Verdict {}
