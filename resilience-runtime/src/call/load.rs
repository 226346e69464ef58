//! What the end of an attempt says about the load of the service, for a limit that adapts itself.

use crate::bulkhead::Report;
use crate::clock::Moment;
use crate::verdict::{Class, ErrorCode, Reason, Verdict};

/// What the end of an attempt says about the load of the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Load {
    /// The body returned, and took as long as the service.
    Answered,
    /// The service answered, but how long that took says nothing: an error ends sooner, a stream when its reader likes.
    AnsweredAtSomeTime,
    /// The service had too much to do.
    TooMuch,
    Unknown,
}

/// Whether a server with too much to do answers with this code.
const fn tells_of_load(code: ErrorCode) -> bool {
    match code {
        ErrorCode::Http(status) => matches!(status, 503 | 529),
        ErrorCode::SqlState(code) => matches!(&code, b"53300"),
        ErrorCode::MySql(number) => matches!(number, 1040 | 1203),
        ErrorCode::Name(name) => matches!(
            name.as_bytes(),
            b"engine_overloaded" | b"overloaded_error" | b"server_is_overloaded" | b"slow_down"
        ),
        _ => false,
    }
}

impl Load {
    /// What an error says.
    pub(super) fn of(verdict: Verdict) -> Self {
        match (verdict.class(), verdict.reason()) {
            (Class::Throttled, _) | (_, Some(Reason::Overloaded | Reason::TimedOut)) => {
                Self::TooMuch
            }
            (Class::Transient | Class::OutcomeUnknown, _)
                if verdict.code().is_some_and(tells_of_load) =>
            {
                Self::TooMuch
            }
            (_, Some(Reason::QuotaExhausted | Reason::Rejected)) => Self::Unknown,
            (Class::Permanent, _) => Self::AnsweredAtSomeTime,
            (Class::Transient | Class::OutcomeUnknown | Class::Unknown, _) => Self::Unknown,
        }
    }

    /// What the bulkhead is told of an attempt that began at `started`.
    pub(super) fn report(self, started: Moment, now: Moment) -> Option<Report> {
        match self {
            Self::Answered => Some(Report::Answered(Some(now.since(started)))),
            Self::AnsweredAtSomeTime => Some(Report::Answered(None)),
            Self::TooMuch => Some(Report::Congested),
            Self::Unknown => None,
        }
    }
}
