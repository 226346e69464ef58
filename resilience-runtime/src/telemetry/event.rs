//! What can happen to a service, as values.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::correlation::CorrelationId;
use crate::circuit_breaker::CircuitState;
use crate::fallback::FailureCause;
use crate::name::ServiceName;
use crate::verdict::{Class, ErrorCode};

/// Something that happened to a service, from [`Registry::subscribe`](crate::Registry::subscribe). It
/// never holds an argument, a result or an error's text.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Event {
    /// When, on tokio's clock, which a test may pause.
    pub at: Instant,
    /// When, by the calendar.
    pub time: SystemTime,
    /// To which service.
    pub service: ServiceName,
    /// In a call of which function; the service's name for calls by hand. `None` where it did not happen in
    /// a call, or may have been any call's doing, as with a breaker that opens.
    pub function: Option<Arc<str>>,
    /// In which call: a number that no other call of the process has.
    pub call: Option<u64>,
    /// The correlation id of that call, which others may share.
    pub correlation_id: Option<CorrelationId>,
    /// What.
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

/// What happened.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// An attempt failed, and there will be another one.
    #[non_exhaustive]
    Retry {
        /// The attempt that failed, from 1.
        attempt: u32,
        /// The pause before the next one.
        delay: Duration,
        /// What the error meant.
        class: Class,
        /// The code it carried.
        code: Option<ErrorCode>,
        /// The name of its type.
        error_type: &'static str,
    },
    /// An attempt failed, and there will be no other.
    #[non_exhaustive]
    GaveUp {
        /// Attempts made.
        attempts: u32,
        /// Why there is no other.
        reason: &'static str,
        /// What the error meant.
        class: Class,
        /// The code it carried.
        code: Option<ErrorCode>,
        /// The name of its type.
        error_type: &'static str,
    },
    /// `verify` was asked about a call of unknown outcome.
    #[non_exhaustive]
    Verified {
        /// Whether it had taken effect; `None`: still unknown.
        took_effect: Option<bool>,
    },
    /// Nothing was sent.
    #[non_exhaustive]
    Rejected {
        /// By what: `circuit_breaker`, `rate_limit`, `bulkhead` or `deadline`.
        cause: &'static str,
        /// When to come back.
        retry_after: Option<Duration>,
    },
    /// A call stands in line.
    #[non_exhaustive]
    Waiting {
        /// For what: `rate_limit` or `bulkhead`.
        pattern: &'static str,
        /// For how long.
        at_most: Duration,
    },
    /// The server asked to be left alone.
    #[non_exhaustive]
    Cooldown {
        /// For how long.
        retry_after: Duration,
    },
    /// A fallback answered a call that failed.
    #[non_exhaustive]
    Fallback {
        /// Which one: `cache`, `value`, `registered`, or the path of the function as it is written.
        strategy: &'static str,
        /// Why the call failed.
        cause: Option<FailureCause>,
    },
    /// A fallback failed as well; others may follow.
    #[non_exhaustive]
    FallbackFailed {
        /// Which one: `call` or `registered`.
        strategy: &'static str,
        /// Why the call failed.
        cause: Option<FailureCause>,
    },
    /// A call was answered with an expired answer.
    #[non_exhaustive]
    Stale {
        /// What the failure to get a new one meant.
        class: Class,
        /// The code it carried.
        code: Option<ErrorCode>,
        /// For how long the answer has been expired.
        age: Duration,
    },
    /// A stream broke after it had begun.
    #[non_exhaustive]
    StreamBroken {
        /// What that means.
        class: Class,
    },
    /// A call was refused because its configuration cannot run.
    #[non_exhaustive]
    InvalidConfig {
        /// How many values are wrong.
        problems: usize,
    },
    /// A call ended.
    #[non_exhaustive]
    CallEnded {
        /// In which way, before fallbacks.
        result: CallResult,
        /// Attempts made.
        attempts: u32,
        /// From its start, all pauses included.
        elapsed: Duration,
    },
    /// A circuit breaker changed its state.
    #[non_exhaustive]
    CircuitChanged {
        /// From this.
        from: CircuitState,
        /// To this.
        to: CircuitState,
        /// Where it opened: for how long.
        pause: Option<Duration>,
    },
    /// The service was called or configured for the first time.
    ServiceAdded,
    /// The configuration of the service changed while it worked.
    Configured,
}

impl EventKind {
    /// Whether it is a change of the service's state, and not one call's affair.
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

/// How a call ended, fallbacks left aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallResult {
    /// The body answered.
    Success,
    /// The last attempt failed.
    Failure,
    /// It was turned away by breaker, limiter or bulkhead.
    Rejected,
    /// Its `deadline` passed.
    Deadline,
    /// Its configuration cannot run.
    InvalidConfig,
    /// The caller went away, or the body panicked.
    Abandoned,
}

impl CallResult {
    /// Its name in logs and metrics.
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
