//! The events of services.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::correlation::CorrelationId;
use crate::circuit_breaker::CircuitState;
use crate::fallback::FailureCause;
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
    /// Names the service.
    pub service: ServiceName,
    /// Names the function whose call it belongs to; for calls without an attribute it is the service's name. `None` for
    /// an event that belongs to no call, or not to a single one, such as a breaker that opens.
    pub function: Option<Arc<str>>,
    /// Identifies the call by a number that is unique in the process.
    pub call: Option<u64>,
    /// Holds the correlation id of the call, which other calls may share.
    pub correlation_id: Option<CorrelationId>,
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
        /// The number of the failed attempt, from 1.
        attempt: u32,
        /// The pause before the next attempt.
        delay: Duration,
        /// The class of the error.
        class: Class,
        /// The code that the error carried.
        code: Option<ErrorCode>,
        /// The name of the error's type.
        error_type: &'static str,
    },
    /// An attempt failed and will not be retried.
    #[non_exhaustive]
    GaveUp {
        /// How many attempts were made.
        attempts: u32,
        /// Why the call is not retried.
        reason: &'static str,
        /// The class of the error.
        class: Class,
        /// The code that the error carried.
        code: Option<ErrorCode>,
        /// The name of the error's type.
        error_type: &'static str,
    },
    /// `verify` checked a call of unknown outcome.
    #[non_exhaustive]
    Verified {
        /// Whether the call had taken effect; `None` if that is still unknown.
        took_effect: Option<bool>,
    },
    /// A call was rejected before anything was sent.
    #[non_exhaustive]
    Rejected {
        /// What rejected it: `circuit_breaker`, `rate_limit`, `bulkhead` or `deadline`.
        cause: &'static str,
        /// The time until the next call may pass, if it is known.
        retry_after: Option<Duration>,
    },
    /// A call waits in a queue.
    #[non_exhaustive]
    Waiting {
        /// The pattern whose queue it is: `rate_limit` or `bulkhead`.
        pattern: &'static str,
        /// The longest time that it waits.
        at_most: Duration,
    },
    /// The server requested back-off, so all callers pause.
    #[non_exhaustive]
    Cooldown {
        /// The length of the pause.
        retry_after: Duration,
    },
    /// A fallback answered a call that failed.
    #[non_exhaustive]
    Fallback {
        /// The fallback: `cache`, `value`, `registered`, or the path of the function as it is written.
        strategy: &'static str,
        /// Why the call failed.
        cause: Option<FailureCause>,
    },
    /// A fallback failed; further ones may follow.
    #[non_exhaustive]
    FallbackFailed {
        /// The fallback: `call` or `registered`.
        strategy: &'static str,
        /// Why the call failed.
        cause: Option<FailureCause>,
    },
    /// A cache served an expired value because a new one could not be loaded.
    #[non_exhaustive]
    Stale {
        /// The class of the error that the load failed with.
        class: Class,
        /// The code that the error carried.
        code: Option<ErrorCode>,
        /// The time since the value expired.
        age: Duration,
    },
    /// A stream broke off after its first item.
    #[non_exhaustive]
    StreamBroken {
        /// The class of the error.
        class: Class,
    },
    /// A call was rejected because its configuration is invalid.
    #[non_exhaustive]
    InvalidConfig {
        /// How many values are invalid.
        problems: usize,
    },
    /// A call ended.
    #[non_exhaustive]
    CallEnded {
        /// The result before fallbacks.
        result: CallResult,
        /// How many attempts were made.
        attempts: u32,
        /// The time since its start, all pauses included.
        elapsed: Duration,
    },
    /// A circuit breaker changed its state.
    #[non_exhaustive]
    CircuitChanged {
        /// The state before.
        from: CircuitState,
        /// The state after.
        to: CircuitState,
        /// The time until the next probe, if it opened.
        pause: Option<Duration>,
    },
    /// The service was called or configured for the first time.
    ServiceAdded,
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
                | Self::Configured
        )
    }
}

/// Describes how a call ended, before fallbacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallResult {
    /// The body returned a success.
    Success,
    /// The last attempt failed.
    Failure,
    /// The call was rejected by breaker, limiter or bulkhead.
    Rejected,
    /// The `deadline` of the call passed.
    Deadline,
    /// The configuration is invalid.
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
