//! Why nothing is sent, and what the caller is told of it.

use std::time::Duration;

use super::{Call, Outcome, Pushback};
use crate::config::ConfigError;
use crate::error::ResilienceError;
use crate::fallback::FailureCause;
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::timer::NoTimer;

/// Why nothing is sent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    CircuitBreaker {
        retry_after: Option<Duration>,
    },
    RateLimit {
        retry_after: Option<Duration>,
    },
    Bulkhead,
    Deadline,
    /// The plan says why.
    InvalidConfig,
    NoTimer(NoTimer),
}

impl Refusal {
    pub(super) fn cause(self) -> FailureCause {
        match self {
            Self::CircuitBreaker { .. } | Self::RateLimit { .. } | Self::Bulkhead => {
                FailureCause::Rejection
            }
            Self::Deadline => FailureCause::Timeout,
            Self::InvalidConfig | Self::NoTimer(_) => FailureCause::InvalidConfig,
        }
    }

    const fn counter(self) -> Counter {
        match self {
            Self::CircuitBreaker { .. } => Counter::RejectedByCircuit,
            Self::RateLimit { .. } => Counter::RejectedByRateLimit,
            Self::Bulkhead => Counter::RejectedByBulkhead,
            Self::Deadline => Counter::Deadlines,
            Self::InvalidConfig | Self::NoTimer(_) => Counter::InvalidConfig,
        }
    }

    /// What keeps the call from running.
    fn config_error(self, call: &Call) -> ConfigError {
        match self {
            Self::NoTimer(cause) => cause.into(),
            _ => {
                let refusal = &call.plan().refusal;
                refusal.clone().expect("only then it is refused for that")
            }
        }
    }

    pub(super) fn into_error(self, call: &Call) -> ResilienceError {
        let service = call.service();
        match self {
            Self::CircuitBreaker { retry_after } => ResilienceError::CircuitBreakerOpen {
                service,
                retry_after,
            },
            Self::RateLimit { retry_after } => ResilienceError::RateLimitExceeded {
                service,
                retry_after,
            },
            Self::Bulkhead => ResilienceError::BulkheadFull { service },
            Self::Deadline => ResilienceError::DeadlineExceeded {
                service,
                after: call.plan().deadline.unwrap_or_default(),
            },
            Self::InvalidConfig | Self::NoTimer(_) => {
                ResilienceError::InvalidConfig(self.config_error(call))
            }
        }
    }

    pub(super) fn tell(self, call: &mut Call) {
        match self {
            Self::CircuitBreaker { retry_after } => call.tell(EventKind::Rejected {
                cause: "circuit_breaker",
                retry_after,
            }),
            Self::RateLimit { retry_after } => call.tell(EventKind::Rejected {
                cause: "rate_limit",
                retry_after,
            }),
            Self::Bulkhead => call.tell(EventKind::Rejected {
                cause: "bulkhead",
                retry_after: None,
            }),
            Self::Deadline => call.tell(EventKind::Rejected {
                cause: "deadline",
                retry_after: None,
            }),
            Self::InvalidConfig | Self::NoTimer(_) => {
                let problems = self.config_error(call).problems().len();
                call.tell(EventKind::InvalidConfig { problems });
            }
        }
    }
}

impl Call {
    /// The refusal as the function's result.
    #[cold]
    pub fn refuse<R: Outcome>(call: &mut Self) -> R {
        let error = call.refused();
        R::from_ours(error)
    }

    fn refused(&mut self) -> ResilienceError {
        let refusal = self
            .refusal
            .take()
            .expect("refuse is called after admit said no");
        if self.is_heard(Level::WARN) {
            refusal.tell(self);
        }
        self.unpay();
        self.blame(refusal.verdict());
        let cause = refusal.cause();
        if let Refusal::RateLimit { .. } = refusal {
            self.pushback = Some(Pushback::Throttled);
        }
        let given_up = cause == FailureCause::Rejection || self.attempt >= 2;
        self.end_in_vain(refusal.counter(), cause, given_up);
        refusal.into_error(self)
    }
}
