//! How a load failed, as far as a cache acts upon it.

use std::time::Duration;

use crate::error::ResilienceError;
use crate::name::ServiceName;
use crate::verdict::{Class, ErrorCode, Reason, Verdict};

/// How a load failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) class: Class,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) meaning: Meaning,
}

/// What follows from a failure for the old answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// It says nothing about the answer: the old one will do.
    Passing,
    /// Asking again would fail in the same way.
    Lasting,
    /// What was asked for does not exist: neither does the old answer.
    Absent,
    /// The caller may not have it: not the old answer either.
    Denied,
    /// The call cannot run as it is configured, which no old answer is to hide.
    Misconfigured,
}

impl Failure {
    pub(crate) fn of(verdict: Verdict) -> Self {
        let meaning = match (verdict.reason(), verdict.class()) {
            (Some(Reason::NotFound), _) => Meaning::Absent,
            (Some(Reason::Denied), _) => Meaning::Denied,
            (Some(Reason::Rejected), _) => Meaning::Passing,
            (_, Class::Permanent) => Meaning::Lasting,
            _ => Meaning::Passing,
        };
        Self {
            class: verdict.class(),
            code: verdict.code(),
            meaning,
        }
    }

    /// Whether the old answer must not be given to anybody any more.
    pub(super) fn ends_the_old_answer(&self) -> bool {
        matches!(self.meaning, Meaning::Absent | Meaning::Denied)
    }

    /// What those get who share it.
    pub(crate) fn shared(&self, service: ServiceName, age: Duration) -> ResilienceError {
        ResilienceError::SharedFailure {
            service,
            class: self.class,
            code: self.code,
            age,
        }
    }
}
