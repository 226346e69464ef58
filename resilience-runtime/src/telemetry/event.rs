//! The events of services.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::correlation::CorrelationId;
use crate::circuit_breaker::CircuitState;
use crate::fallback::FailureCause;
use crate::limit_name::LimitName;
use crate::name::ServiceName;
use crate::verdict::{Class, ErrorCode};

/// Describes an event of a service, from [`Registry::subscribe`](crate::Registry::subscribe). It never holds an
/// argument, a result or an error's text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// Holds the time of the event on tokio's clock, which a test may pause.
    pub at: Instant,
    /// Holds the time of the event on the system clock.
    pub time: SystemTime,
    /// Names the service that the event belongs to.
    pub service: ServiceName,
    /// Names the function whose call it belongs to; for calls without an attribute it is the service's name. `None` for
    /// an event that belongs to no call, or not to a single one, such as a breaker that opens.
    pub function: Option<Arc<str>>,
    /// Identifies the call by a number that is unique in the process.
    pub call: Option<u64>,
    /// Holds the correlation id of the call, which other calls may share.
    pub correlation_id: Option<CorrelationId>,
    /// Names the [target](crate::targets) of the attempt that it is about, by its service, such as `chat/azure-eu`. `None` where
    /// the function has no targets, and for an event of the whole call.
    pub target: Option<ServiceName>,
    /// Describes what happened, with its details.
    pub kind: EventKind,
}

impl Event {
    pub(crate) fn new(service: ServiceName, kind: EventKind) -> Self {
        Self {
            at: Instant::now(),
            time: SystemTime::now(),
            service,
            function: None,
            call: None,
            correlation_id: None,
            target: None,
            kind,
        }
    }
}

/// Describes what happened to a service, with its details.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// An attempt failed and will be retried.
    #[non_exhaustive]
    Retry {
        /// Holds the number of the failed attempt, from 1.
        attempt: u32,
        /// Holds the pause before the next attempt.
        delay: Duration,
        /// Holds the class of the error.
        class: Class,
        /// Holds the code of the error, if it has one.
        code: Option<ErrorCode>,
        /// Names the type of the error.
        error_type: &'static str,
    },
    /// An attempt failed and will not be retried.
    #[non_exhaustive]
    GaveUp {
        /// Counts the attempts that were made.
        attempts: u32,
        /// Names the reason why the call is not retried.
        reason: &'static str,
        /// Holds the class of the error.
        class: Class,
        /// Holds the code of the error, if it has one.
        code: Option<ErrorCode>,
        /// Names the type of the error.
        error_type: &'static str,
    },
    /// An attempt started beside those of its call that have no answer yet.
    #[non_exhaustive]
    Hedge {
        /// Holds the number of the attempt, from 2.
        attempt: u32,
    },
    /// An attempt failed beside others of its call, which go on.
    #[non_exhaustive]
    FailedBesideHedge {
        /// Counts the attempts that were made.
        attempts: u32,
        /// Holds the class of the error.
        class: Class,
        /// Holds the code of the error, if it has one.
        code: Option<ErrorCode>,
        /// Names the type of the error.
        error_type: &'static str,
    },
    /// `verify` checked a call of unknown outcome.
    #[non_exhaustive]
    Verified {
        /// States whether the call had taken effect; `None` if that is still unknown.
        took_effect: Option<bool>,
    },
    /// A call was rejected before anything was sent.
    #[non_exhaustive]
    Rejected {
        /// Names the pattern that rejected the call: `circuit_breaker`, `rate_limit`, `bulkhead` or `deadline`.
        cause: &'static str,
        /// Holds the time until the next call may pass, if it is known.
        retry_after: Option<Duration>,
        /// Names the limit of the rate limiter that was short; `None` if a cooldown or another pattern rejected the call.
        limit: Option<LimitName>,
    },
    /// An attempt passed because a pattern is in [shadow](crate::config::PatternMode::Shadow).
    #[non_exhaustive]
    ShadowRejected {
        /// Names the pattern that would have held it back: `circuit_breaker`, `rate_limit` or `bulkhead`.
        cause: &'static str,
        /// Holds the time after which it would have passed, if it is known.
        retry_after: Option<Duration>,
        /// Names the limit of the rate limiter that was short, if one was.
        limit: Option<LimitName>,
    },
    /// A call waits in a queue.
    #[non_exhaustive]
    Waiting {
        /// Names the pattern whose queue it is: `rate_limit` or `bulkhead`.
        pattern: &'static str,
        /// Limits the time that the call waits.
        at_most: Duration,
    },
    /// The server requested back-off, so all callers pause.
    #[non_exhaustive]
    Cooldown {
        /// Holds the length of the pause.
        retry_after: Duration,
    },
    /// A fallback answered a call that failed.
    #[non_exhaustive]
    Fallback {
        /// Names the fallback: `cache`, `value`, `registered`, or the path of the function as it is written.
        strategy: &'static str,
        /// Holds the cause for which the call failed.
        cause: Option<FailureCause>,
    },
    /// A fallback failed as well; further ones may follow.
    #[non_exhaustive]
    FallbackFailed {
        /// Names the fallback: `call` or `registered`.
        strategy: &'static str,
        /// Holds the cause for which the call failed.
        cause: Option<FailureCause>,
    },
    /// A cache served an expired value because a new one could not be loaded.
    #[non_exhaustive]
    Stale {
        /// Holds the class of the error that the load failed with.
        class: Class,
        /// Holds the code of the error, if it has one.
        code: Option<ErrorCode>,
        /// Holds the time since the value expired.
        age: Duration,
    },
    /// A stream broke off after its first item.
    #[non_exhaustive]
    StreamBroken {
        /// Holds the class of the error.
        class: Class,
    },
    /// A call was rejected because its configuration is invalid.
    #[non_exhaustive]
    InvalidConfig {
        /// Counts the values that are invalid.
        problems: usize,
    },
    /// A call ended, with any result.
    #[non_exhaustive]
    CallEnded {
        /// Holds the result of the call before fallbacks.
        result: CallResult,
        /// Counts the attempts that were made.
        attempts: u32,
        /// Holds the time since the start of the call, all pauses included.
        elapsed: Duration,
    },
    /// A circuit breaker changed its state.
    #[non_exhaustive]
    CircuitChanged {
        /// Holds the state before the change.
        from: CircuitState,
        /// Holds the state after the change.
        to: CircuitState,
        /// Holds the time until the next probe, if the breaker opened.
        pause: Option<Duration>,
        /// States whether it is the breaker of one key, which no event names.
        keyed: bool,
    },
    /// The limit of an adaptive bulkhead rose or fell. Under load that happens after every few calls, so it is no
    /// [change](Self::is_change) that [`subscribe_to_changes`](crate::Registry::subscribe_to_changes) reports.
    #[non_exhaustive]
    BulkheadLimitChanged {
        /// Holds the limit before the change.
        from: usize,
        /// Holds the limit after the change.
        to: usize,
        /// States whether it is the bulkhead of one key, which no event names.
        keyed: bool,
    },
    /// The service was called or configured for the first time.
    ServiceAdded,
    /// Reports that a service was [removed](crate::Registry::remove) from the registry.
    ServiceRemoved,
    /// The configuration of the service was changed at run time.
    Configured,
}

impl EventKind {
    /// Returns whether the event changes the state of the service, instead of belonging to one call.
    #[must_use]
    pub const fn is_change(&self) -> bool {
        matches!(
            self,
            Self::CircuitChanged { .. }
                | Self::Cooldown { .. }
                | Self::ServiceAdded
                | Self::ServiceRemoved
                | Self::Configured
        )
    }

    /// Whether it is about one attempt, and so about one target.
    pub(crate) const fn is_of_attempt(&self) -> bool {
        matches!(
            self,
            Self::Retry { .. }
                | Self::GaveUp { .. }
                | Self::Hedge { .. }
                | Self::FailedBesideHedge { .. }
                | Self::ShadowRejected { .. }
                | Self::Waiting { .. }
                | Self::Cooldown { .. }
        )
    }
}

/// Describes how a call ended, before fallbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallResult {
    /// The body returned a success.
    Success,
    /// The last attempt of the call failed.
    Failure,
    /// The call was rejected by breaker, limiter or bulkhead.
    Rejected,
    /// The `deadline` of the call passed.
    Deadline,
    /// The configuration of the call is invalid.
    InvalidConfig,
    /// The caller dropped the call, or the body panicked.
    Abandoned,
}

impl CallResult {
    /// Returns the name that logs and metrics use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Rejected => "rejected",
            Self::Deadline => "deadline",
            Self::InvalidConfig => "invalid_config",
            Self::Abandoned => "abandoned",
        }
    }
}
