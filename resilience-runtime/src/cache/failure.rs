//! How a load failed, as far as it matters to the cache.

use std::time::Duration;

use crate::error::ResilienceError;
use crate::name::ServiceName;
use crate::verdict::{Class, ErrorCode, Reason, Verdict};

/// How a load failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) class: Class,
    pub(crate) code: Option<ErrorCode>,
    pub(crate) reason: Option<Reason>,
    pub(crate) effect: CacheEffect,
}

/// The effect of a failure on the value in the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CacheEffect {
    /// The failure is temporary: a stale value may be served.
    Temporary,
    /// Another load would fail in the same way: only a fresh value may be served.
    Permanent,
    /// The key does not exist: its value is dropped.
    Absent,
    /// Access was denied: the value is dropped.
    Denied,
    /// A refresh ahead was cut: the fresh value is served, but none that has expired.
    Cut,
    /// The call cannot run as it is configured, which no value is to hide.
    Misconfigured,
}

impl Failure {
    pub(crate) fn of(verdict: Verdict) -> Self {
        let effect = match (verdict.reason(), verdict.class()) {
            (Some(Reason::NotFound), _) => CacheEffect::Absent,
            (Some(Reason::Denied), _) => CacheEffect::Denied,
            (Some(Reason::Rejected), _) => CacheEffect::Temporary,
            (_, Class::Permanent) => CacheEffect::Permanent,
            _ => CacheEffect::Temporary,
        };
        Self {
            class: verdict.class(),
            code: verdict.code(),
            reason: verdict.reason(),
            effect,
        }
    }

    /// The failure of a refresh ahead that took too long.
    pub(crate) fn cut() -> Self {
        let verdict = Verdict::outcome_unknown().with_code(ErrorCode::Name("refresh_ahead"));
        Self {
            effect: CacheEffect::Cut,
            ..Self::of(verdict)
        }
    }

    /// Whether the value must not be served any more.
    pub(super) fn invalidates(&self) -> bool {
        matches!(self.effect, CacheEffect::Absent | CacheEffect::Denied)
    }

    /// Makes the error of callers that share the failure.
    pub(crate) fn shared(&self, service: ServiceName, age: Duration) -> ResilienceError {
        ResilienceError::SharedFailure {
            service,
            class: self.class,
            code: self.code,
            reason: self.reason,
            age,
        }
    }
}
