//! Why an attempt did not begin, or was interrupted, and which error the caller gets for it.

use std::time::Duration;

use super::ending::Leaves;
use super::failed_attempt::Pushback;
pub use super::rejection_cause::Rejection;
use super::{Call, Outcome};
use crate::config::ConfigError;
use crate::error::{BoxError, ResilienceError};
use crate::fallback::FailureCause;
use crate::plan::Plan;
use crate::rate_limit::{LimitName, Refusal, sorts_needed};
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::timer::NoTimer;
use crate::verdict::{ErrorCode, Verdict};

/// Why an attempt ended before its body did.
#[derive(Clone, Copy, Debug)]
pub enum Interruption {
    /// By its timeout.
    TimedOut,
    /// By the call's deadline.
    DeadlinePassed,
    /// A timer was needed and there is none.
    NoTimer(NoTimer),
    /// Another call could not renew the session; the call holds why.
    SessionRefused,
    /// An injected fault replaced what the body returned.
    #[cfg(feature = "test-util")]
    Injected(Verdict),
}

impl Rejection {
    fn cause(self) -> FailureCause {
        match self {
            Self::CircuitBreaker { .. } | Self::RateLimit(_) | Self::Bulkhead | Self::NoTarget => {
                FailureCause::Rejection
            }
            Self::Deadline => FailureCause::Timeout,
            Self::InvalidConfig | Self::SortsNeeded | Self::NoTimer(_) => {
                FailureCause::InvalidConfig
            }
        }
    }

    const fn counter(self) -> Counter {
        match self {
            Self::CircuitBreaker { .. } => Counter::RejectedByCircuit,
            Self::RateLimit(_) => Counter::RejectedByRateLimit,
            Self::Bulkhead => Counter::RejectedByBulkhead,
            Self::NoTarget => Counter::RejectedByTargets,
            Self::Deadline => Counter::Deadlines,
            Self::InvalidConfig | Self::SortsNeeded | Self::NoTimer(_) => Counter::InvalidConfig,
        }
    }

    /// The counter of attempts that passed in shadow and would have been rejected for that.
    const fn shadow_counter(self) -> Option<Counter> {
        match self {
            Self::CircuitBreaker { .. } => Some(Counter::ShadowRejectedByCircuit),
            Self::RateLimit(_) => Some(Counter::ShadowRejectedByRateLimit),
            Self::Bulkhead => Some(Counter::ShadowRejectedByBulkhead),
            Self::Deadline
            | Self::InvalidConfig
            | Self::SortsNeeded
            | Self::NoTarget
            | Self::NoTimer(_) => None,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::CircuitBreaker { .. } => "circuit_breaker",
            Self::RateLimit(_) => "rate_limit",
            Self::Bulkhead => "bulkhead",
            Self::NoTarget => "targets",
            Self::Deadline => "deadline",
            Self::InvalidConfig | Self::SortsNeeded | Self::NoTimer(_) => "invalid_config",
        }
    }

    pub(super) const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::CircuitBreaker { retry_after } | Self::RateLimit(Refusal { retry_after, .. }) => {
                retry_after
            }
            _ => None,
        }
    }

    /// Whether breaker, limiter or bulkhead turned the attempt away, of which another target has its own.
    pub(super) const fn is_by_gate(self) -> bool {
        matches!(
            self,
            Self::CircuitBreaker { .. } | Self::RateLimit(_) | Self::Bulkhead
        )
    }

    const fn limit(self) -> Option<LimitName> {
        match self {
            Self::RateLimit(Refusal { limit, .. }) => limit,
            _ => None,
        }
    }

    /// The verdict for those who wait for the call's answer in a cache.
    fn verdict(self) -> Verdict {
        let verdict = match self {
            Self::CircuitBreaker { .. } | Self::Bulkhead | Self::NoTarget => Verdict::transient(),
            Self::RateLimit(_) => Verdict::throttled(None),
            Self::Deadline => Verdict::outcome_unknown(),
            Self::InvalidConfig | Self::SortsNeeded | Self::NoTimer(_) => Verdict::permanent(),
        };
        verdict.with_code(ErrorCode::Name(self.name()))
    }

    fn config_error(self, call: &Call<'_>) -> ConfigError {
        match self {
            Self::NoTimer(cause) => cause.into(),
            Self::SortsNeeded => sorts_needed(),
            _ => {
                let of_targets = || call.targets()?.refusal();
                let refusal = call.plan.refusal.as_ref().or_else(of_targets);
                refusal.cloned().expect("only then it is rejected for that")
            }
        }
    }

    pub(super) fn into_error(self, call: &mut Call<'_>) -> ResilienceError {
        let (service, attempts) = (call.service(), call.attempts);
        match self {
            Self::CircuitBreaker { retry_after } => ResilienceError::CircuitBreakerOpen {
                service,
                retry_after,
                attempts,
            },
            Self::RateLimit(Refusal { retry_after, limit }) => ResilienceError::RateLimitExceeded {
                service,
                limit,
                retry_after,
                attempts,
            },
            Self::Bulkhead => ResilienceError::BulkheadFull { service, attempts },
            Self::NoTarget => ResilienceError::NoTarget { service, attempts },
            Self::Deadline => ResilienceError::DeadlineExceeded {
                service,
                after: call.deadline_or_zero(),
                source: call.cold.as_mut().and_then(|cold| cold.last_failure.take()),
                attempts,
            },
            Self::InvalidConfig | Self::SortsNeeded | Self::NoTimer(_) => {
                // The plan's has no values, so there is nothing to withhold again.
                ResilienceError::InvalidConfig(self.config_error(call))
            }
        }
    }

    fn emit(self, call: &mut Call<'_>) {
        call.emit(match self {
            Self::InvalidConfig | Self::SortsNeeded | Self::NoTimer(_) => {
                EventKind::InvalidConfig {
                    problems: self.config_error(call).problems().len(),
                }
            }
            _ => EventKind::Rejected {
                cause: self.name(),
                retry_after: self.retry_after(),
                limit: self.limit(),
            },
        });
    }
}

impl Interruption {
    /// The error that the caller gets if no attempt follows.
    #[cold]
    pub(super) fn into_error(self, call: &mut Call<'_>, plan: &Plan) -> ResilienceError {
        match self {
            Self::TimedOut => ResilienceError::Timeout {
                service: plan.function.service.clone(),
                after: call.timeout_under(plan),
                attempts: call.attempts,
            },
            Self::DeadlinePassed => Rejection::Deadline.into_error(call),
            Self::NoTimer(cause) => Rejection::NoTimer(cause).into_error(call),
            Self::SessionRefused => call.session_refused(),
            #[cfg(feature = "test-util")]
            Self::Injected(verdict) => ResilienceError::Injected {
                service: call.service(),
                verdict,
            },
        }
    }
}

impl Call<'_> {
    /// Ends the call with a rejection, as the function's result.
    #[cold]
    pub fn reject<R: Outcome>(call: &mut Self, rejection: Rejection) -> R {
        let error = call.rejected(rejection);
        call.leave_with(error, Leaves::Failed)
    }

    /// Notes that an attempt passes although a pattern would have rejected it, or made it wait.
    #[cold]
    #[inline(never)]
    pub(super) fn passes_in_shadow(&mut self, rejection: Rejection) {
        if let Some(counter) = rejection.shadow_counter() {
            self.count(counter);
        }
        if self.is_enabled(Level::INFO) {
            self.emit(EventKind::ShadowRejected {
                cause: rejection.name(),
                retry_after: rejection.retry_after(),
                limit: rejection.limit(),
            });
        }
    }

    /// Keeps the error of an attempt, for the deadline that may end the next one.
    #[cold]
    pub(super) fn keep_failure(&mut self, error: BoxError) {
        self.cold().last_failure = Some(error);
    }

    fn rejected(&mut self, rejection: Rejection) -> ResilienceError {
        if self.is_enabled(Level::WARN) {
            rejection.emit(self);
        }
        // A first attempt was not charged for, and nobody waits for its answer.
        if self.cold.is_some() {
            self.refund_retry();
            self.note_failure(|| rejection.verdict());
            self.note_rejection(rejection);
        }
        if let Rejection::RateLimit(_) = rejection {
            self.pushback = Some(Pushback::Throttled);
        }
        self.end_failed(rejection.counter(), rejection.cause());
        rejection.into_error(self)
    }
}
