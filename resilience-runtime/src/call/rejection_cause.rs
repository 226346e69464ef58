//! Why an attempt did not begin: the type alone, which what a call keeps has as well.

use std::time::Duration;

use crate::rate_limit::Refusal;
use crate::timer::NoTimer;

/// Why an attempt did not begin.
#[derive(Clone, Copy, Debug)]
pub enum Rejection {
    /// The circuit is open, or half-open without a place for a probe.
    CircuitBreaker {
        /// When a call may be admitted; `None`: forced open, which no time ends.
        retry_after: Option<Duration>,
    },
    /// No token came within `max_wait`.
    RateLimit(Refusal),
    /// The cost does not say which sorts of tokens it is of, and the sorts alone are limited.
    SortsNeeded,
    /// No permit came within `max_wait`.
    Bulkhead,
    /// The pool holds no target.
    NoTarget,
    /// The call's deadline passed before the attempt.
    Deadline,
    /// The plan holds the error.
    InvalidConfig,
    /// A timer was needed and there is none.
    NoTimer(NoTimer),
}

impl Rejection {
    /// Whether the rate limit rejected it.
    pub(super) const fn is_by_limit(self) -> bool {
        matches!(self, Self::RateLimit(_))
    }
}
