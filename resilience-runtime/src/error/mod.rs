//! The errors of a guarded call besides the body's own, and the data that classifies any error.

mod class;
mod config;
mod verdict;

use std::error::Error;
use std::fmt;
use std::io;
use std::time::Duration;

use crate::limit_name::LimitName;
use crate::name::ServiceName;

pub use class::{Class, ErrorCode, Reason};
pub use config::{ConfigError, ConfigProblem, ConfigSource};
pub(crate) use verdict::BreakerSignal;
pub use verdict::Verdict;

/// Holds any error that can be sent between threads.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// Describes why the runtime did not return the body's result.
///
/// An annotated function's error type takes it through `From`. Neither `Display` nor `Debug` ever shows
/// the text of another error, since such texts carry secrets and URLs with keys; walk
/// [`source`](Error::source) for it.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum ResilienceError {
    /// Rejects a call because the circuit breaker is open, or half-open with all its permits in use: nothing was sent.
    #[error("circuit breaker of service `{service}` is {}", until(*.retry_after))]
    #[non_exhaustive]
    CircuitBreakerOpen {
        /// Names the service whose breaker rejected the call.
        service: ServiceName,
        /// Holds the time until the next probe: the rest of the pause, or the recovery timeout where that is unknown.
        /// `None` if the breaker is forced open, which does not end by itself.
        retry_after: Option<Duration>,
        /// Counts the attempts of the call that had begun; 0 where the pattern was used by hand.
        attempts: u32,
    },
    /// Rejects a call because the rate limit is used up or the server requested back-off: nothing was sent.
    #[error("rate limit of service `{service}` exceeded{}, {}", limit_hint(*.limit), retry_hint(*.retry_after))]
    #[non_exhaustive]
    RateLimitExceeded {
        /// Names the service whose limit rejected the call.
        service: ServiceName,
        /// Names the limit that is short: the one that the call would wait for longest, or that its cost is above. `None`
        /// where the server requested back-off.
        limit: Option<LimitName>,
        /// Holds the time until the call could pass; `None` if its cost is above the capacity, so that it never can.
        retry_after: Option<Duration>,
        /// Counts the attempts of the call that had begun; 0 where the pattern was used by hand.
        attempts: u32,
    },
    /// Rejects a call because the bulkhead has no free permit: nothing was sent.
    #[error("bulkhead of service `{service}` is full")]
    #[non_exhaustive]
    BulkheadFull {
        /// Names the service whose bulkhead rejected the call.
        service: ServiceName,
        /// Counts the attempts of the call that had begun; 0 where the pattern was used by hand.
        attempts: u32,
    },
    /// Rejects a call because the pool of its targets is empty: nothing was sent.
    #[error("service `{service}` has no target: its pool is empty")]
    #[non_exhaustive]
    NoTarget {
        /// Names the service whose pool is empty.
        service: ServiceName,
        /// Counts the attempts of the call that had begun.
        attempts: u32,
    },
    /// Ends an attempt that took longer than its `timeout`. Whether it took effect is unknown.
    #[error("attempt on service `{service}` timed out after {after:?}")]
    #[non_exhaustive]
    Timeout {
        /// Names the service that did not answer.
        service: ServiceName,
        /// Holds the limit that was exceeded.
        after: Duration,
        /// Counts the attempts of the call that had begun; 0 where the pattern was used by hand.
        attempts: u32,
    },
    /// Ends a call that, sleeps included, took longer than its `deadline`.
    #[error("call to service `{service}` passed its deadline of {after:?}")]
    #[non_exhaustive]
    DeadlineExceeded {
        /// Names the service that was called.
        service: ServiceName,
        /// Holds the limit that was exceeded.
        after: Duration,
        /// Holds the error of the attempt before, if there was one and its type is an error.
        source: Option<BoxError>,
        /// Counts the attempts of the call that had begun; 0 where the pattern was used by hand.
        attempts: u32,
    },
    /// Reports a stream that ended before its last item (`stream(complete = …)`).
    #[error("a stream of service `{service}` broke off before its end")]
    #[non_exhaustive]
    StreamInterrupted {
        /// Names the service that was called.
        service: ServiceName,
    },
    /// Reports that the attempts are used up (`exhausted = "wrap"`).
    #[error("gave up on service `{service}` after {attempts} attempt(s)")]
    #[non_exhaustive]
    RetryExhausted {
        /// Names the service that was called.
        service: ServiceName,
        /// Counts the attempts that were made.
        attempts: u32,
        /// Holds the error of the last attempt.
        source: BoxError,
    },
    /// Reports that the call failed and its last fallback failed as well.
    #[error("call to service `{service}` failed, and so did its fallback `{strategy}`")]
    #[non_exhaustive]
    FallbackFailed {
        /// Names the service that was called.
        service: ServiceName,
        /// Names the fallback that failed last.
        strategy: &'static str,
        /// Holds the error of the last fallback.
        error: BoxError,
        /// Holds the error of the call itself.
        source: BoxError,
        /// Counts the attempts of the call that had begun; 0 where the pattern was used by hand.
        attempts: u32,
    },
    /// Reports that a health check of the service failed.
    #[error("health check of service `{service}` failed")]
    #[non_exhaustive]
    HealthCheckFailed {
        /// Names the service that was checked.
        service: ServiceName,
        /// Holds the error of the check.
        source: BoxError,
    },
    /// Reports the failure of another call, which this one shares: in a cache, of a call with the same key; with `reconnect`,
    /// of the one that could not renew the session for all. Nothing was sent.
    #[error(
        "call to service `{service}` was not sent: a call whose answer it shares failed {:?} ago ({})",
        rounded(*.age), what_failed(*.class, *.code))]
    #[non_exhaustive]
    SharedFailure {
        /// Names the service that was called.
        service: ServiceName,
        /// Holds the class of the other call's error.
        class: Class,
        /// Holds the code of the other call's error, if there is one.
        code: Option<ErrorCode>,
        /// Holds the reason of the other call's error, if it is known: what was not found is not found for anyone who
        /// waited.
        reason: Option<Reason>,
        /// Holds the time since the other call failed.
        age: Duration,
    },
    /// Reports a fault that a test injected, see [`chaos`](crate::chaos).
    #[cfg(feature = "test-util")]
    #[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
    #[error("fault injected into service `{service}` ({})", .verdict.class().name())]
    #[non_exhaustive]
    Injected {
        /// Names the service that the fault was injected into.
        service: ServiceName,
        /// Holds the verdict that the fault was injected with.
        verdict: Verdict,
    },
    /// Reports a configuration that cannot run: nothing was sent. It names what is wrong, but not the value.
    #[error(transparent)]
    InvalidConfig(ConfigError),
}

/// Rounds up to the next millisecond, for readability.
fn rounded(duration: Duration) -> Duration {
    let millis = duration.as_nanos().div_ceil(1_000_000);
    u64::try_from(millis).map_or(duration, Duration::from_millis)
}

fn until(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("open, next attempt possible in {:?}", rounded(wait)),
        None => "forced open".to_owned(),
    }
}

fn limit_hint(limit: Option<LimitName>) -> String {
    limit.map_or_else(String::new, |limit| format!(" ({limit})"))
}

fn retry_hint(retry_after: Option<Duration>) -> String {
    match retry_after {
        Some(wait) => format!("retry in {:?}", rounded(wait)),
        None => "the cost exceeds the capacity of the limiter".to_owned(),
    }
}

fn what_failed(class: Class, code: Option<ErrorCode>) -> String {
    match code {
        Some(code) => format!("{}, {code}", class.name()),
        None => class.name().to_owned(),
    }
}

impl ResilienceError {
    /// Returns the service that the error concerns; `None` for an invalid configuration.
    #[must_use]
    pub fn service(&self) -> Option<&ServiceName> {
        match self {
            Self::CircuitBreakerOpen { service, .. }
            | Self::RateLimitExceeded { service, .. }
            | Self::BulkheadFull { service, .. }
            | Self::NoTarget { service, .. }
            | Self::StreamInterrupted { service }
            | Self::Timeout { service, .. }
            | Self::DeadlineExceeded { service, .. }
            | Self::RetryExhausted { service, .. }
            | Self::FallbackFailed { service, .. }
            | Self::HealthCheckFailed { service, .. }
            | Self::SharedFailure { service, .. } => Some(service),
            #[cfg(feature = "test-util")]
            Self::Injected { service, .. } => Some(service),
            Self::InvalidConfig(_) => None,
        }
    }

    /// Returns the time until the next attempt can pass, where it is known.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::CircuitBreakerOpen { retry_after, .. }
            | Self::RateLimitExceeded { retry_after, .. } => *retry_after,
            #[cfg(feature = "test-util")]
            Self::Injected { verdict, .. } => verdict.retry_after(),
            _ => None,
        }
    }

    /// Returns how many attempts of the call had begun when it ended so; 0 where nothing was attempted, and where a pattern
    /// was used by hand.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        match self {
            Self::CircuitBreakerOpen { attempts, .. }
            | Self::RateLimitExceeded { attempts, .. }
            | Self::BulkheadFull { attempts, .. }
            | Self::NoTarget { attempts, .. }
            | Self::Timeout { attempts, .. }
            | Self::DeadlineExceeded { attempts, .. }
            | Self::RetryExhausted { attempts, .. }
            | Self::FallbackFailed { attempts, .. } => *attempts,
            _ => 0,
        }
    }

    /// Returns whether the call was rejected locally, before anything was sent.
    #[must_use]
    pub fn is_rejection(&self) -> bool {
        matches!(
            self,
            Self::CircuitBreakerOpen { .. }
                | Self::RateLimitExceeded { .. }
                | Self::BulkheadFull { .. }
                | Self::NoTarget { .. }
        )
    }
}

/// Replaces the text of a foreign error in `Debug`.
struct Withheld;

impl fmt::Debug for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl fmt::Debug for ResilienceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CircuitBreakerOpen {
                service,
                retry_after,
                attempts,
            } => f
                .debug_struct("CircuitBreakerOpen")
                .field("service", service)
                .field("retry_after", retry_after)
                .field("attempts", attempts)
                .finish(),
            Self::RateLimitExceeded {
                service,
                limit,
                retry_after,
                attempts,
            } => f
                .debug_struct("RateLimitExceeded")
                .field("service", service)
                .field("limit", limit)
                .field("retry_after", retry_after)
                .field("attempts", attempts)
                .finish(),
            Self::BulkheadFull { service, attempts } => f
                .debug_struct("BulkheadFull")
                .field("service", service)
                .field("attempts", attempts)
                .finish(),
            Self::NoTarget { service, attempts } => f
                .debug_struct("NoTarget")
                .field("service", service)
                .field("attempts", attempts)
                .finish(),
            Self::StreamInterrupted { service } => f
                .debug_struct("StreamInterrupted")
                .field("service", service)
                .finish(),
            Self::Timeout {
                service,
                after,
                attempts,
            } => f
                .debug_struct("Timeout")
                .field("service", service)
                .field("after", after)
                .field("attempts", attempts)
                .finish(),
            Self::DeadlineExceeded { service, after, .. } => f
                .debug_struct("DeadlineExceeded")
                .field("service", service)
                .field("after", after)
                .finish_non_exhaustive(),
            Self::RetryExhausted {
                service, attempts, ..
            } => f
                .debug_struct("RetryExhausted")
                .field("service", service)
                .field("attempts", attempts)
                .field("source", &Withheld)
                .finish(),
            Self::FallbackFailed {
                service, strategy, ..
            } => f
                .debug_struct("FallbackFailed")
                .field("service", service)
                .field("strategy", strategy)
                .field("error", &Withheld)
                .field("source", &Withheld)
                .finish(),
            Self::HealthCheckFailed { service, .. } => f
                .debug_struct("HealthCheckFailed")
                .field("service", service)
                .field("source", &Withheld)
                .finish(),
            Self::SharedFailure {
                service,
                class,
                code,
                reason,
                age,
            } => f
                .debug_struct("SharedFailure")
                .field("service", service)
                .field("class", class)
                .field("code", code)
                .field("reason", reason)
                .field("age", age)
                .finish(),
            #[cfg(feature = "test-util")]
            Self::Injected { service, verdict } => f
                .debug_struct("Injected")
                .field("service", service)
                .field("verdict", verdict)
                .finish(),
            Self::InvalidConfig(error) => f.debug_tuple("InvalidConfig").field(error).finish(),
        }
    }
}

/// Leaves the values out: they are for who asks for a check.
impl From<ConfigError> for ResilienceError {
    fn from(error: ConfigError) -> Self {
        Self::InvalidConfig(error.withheld())
    }
}

/// So that a function that returns `io::Result` can be annotated as it is.
impl From<ResilienceError> for io::Error {
    fn from(error: ResilienceError) -> Self {
        let kind = match &error {
            ResilienceError::Timeout { .. } | ResilienceError::DeadlineExceeded { .. } => {
                io::ErrorKind::TimedOut
            }
            ResilienceError::StreamInterrupted { .. } => io::ErrorKind::UnexpectedEof,
            rejection if rejection.is_rejection() => io::ErrorKind::ResourceBusy,
            ResilienceError::InvalidConfig(_) => io::ErrorKind::InvalidInput,
            _ => io::ErrorKind::Other,
        };
        Self::new(kind, error)
    }
}
