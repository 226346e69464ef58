//! What the end of an attempt says about the load of the service, for a limit that adapts itself.

use crate::bulkhead::Report;
use crate::clock::Moment;
use crate::verdict::{Class, Reason, Verdict};

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

impl Load {
    /// What an error says.
    pub(super) fn of(verdict: Verdict) -> Self {
        match (verdict.class(), verdict.reason()) {
            (Class::Throttled, _) | (_, Some(Reason::Overloaded | Reason::TimedOut)) => {
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
