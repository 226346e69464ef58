//! What is measured: a path through a set of patterns, walked by a contestant.

use std::fmt;

use crate::body::{Answer, Input};

/// Which patterns are on. Contestants are compared within a set, never across.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Patterns {
    /// Limiter, breaker, retry and timeout.
    Full,
    /// Limiter, breaker, bulkhead, retry and timeout.
    FullAndBulkhead,
    /// Limiter, breaker and retry.
    Untimed,
    /// Breaker, retry and timeout.
    Unlimited,
    /// Retry and timeout.
    RetryAndTimeout,
    /// One alone.
    Breaker,
    /// One alone, on the share of failures.
    BreakerByRate,
    /// One alone.
    Limiter,
    /// One alone.
    Retry,
    /// One alone.
    Timeout,
    /// Nothing: what the body costs.
    Bare,
}

/// What happens to the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Path {
    /// The body answers at once.
    Success,
    /// The body answers at its second poll.
    Pending,
    /// The body fails twice and then answers; nobody sleeps in between.
    ThirdAttempt,
    /// The breaker is open.
    Open,
    /// The limiter has no token.
    Limited,
    /// The breaker is open and a fallback answers.
    Fallback,
    /// A `tower::Service` answers at once.
    Layer,
    /// The breaker round a `tower::Service` is open.
    LayerOpen,
    /// The last middleware of a client of `reqwest-middleware` answers at once.
    Request,
}

/// One thing to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// What happens.
    pub path: Path,
    /// What is on.
    pub patterns: Patterns,
    /// Who is measured.
    pub contestant: &'static str,
}

impl Patterns {
    /// The name in reports and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::FullAndBulkhead => "full_bulkhead",
            Self::Untimed => "untimed",
            Self::Unlimited => "unlimited",
            Self::RetryAndTimeout => "retry_timeout",
            Self::Breaker => "breaker",
            Self::BreakerByRate => "breaker_rate",
            Self::Limiter => "limiter",
            Self::Retry => "retry",
            Self::Timeout => "timeout",
            Self::Bare => "bare",
        }
    }

    /// Whether an attempt that hangs is ended.
    #[must_use]
    pub const fn timed(self) -> bool {
        matches!(
            self,
            Self::Full
                | Self::FullAndBulkhead
                | Self::Unlimited
                | Self::RetryAndTimeout
                | Self::Timeout
        )
    }
}

impl Path {
    /// The name in reports and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Pending => "pending",
            Self::ThirdAttempt => "third_attempt",
            Self::Open => "open",
            Self::Limited => "limited",
            Self::Fallback => "fallback",
            Self::Layer => "layer",
            Self::LayerOpen => "layer_open",
            Self::Request => "request",
        }
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, patterns) = (self.path.name(), self.patterns.name());
        write!(f, "{path}/{patterns}/{}", self.contestant)
    }
}

/// A guarded call. A clone shares the guards, as two handlers of one program would.
pub trait Call: AsyncFnMut(Input) -> Answer + Clone + 'static {}

impl<C: AsyncFnMut(Input) -> Answer + Clone + 'static> Call for C {}

/// What is done with each case.
pub trait Visitor {
    /// `make` builds the contestant with fresh guards; not to be called for what is left out.
    fn visit<C: Call>(&mut self, case: Case, make: impl FnOnce() -> C);
}
