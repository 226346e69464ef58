//! The public report of the effective configuration.

use std::time::Duration;

use super::bulkhead::BulkheadConfig;
use super::cache::CacheConfig;
use super::circuit_breaker::CircuitBreakerConfig;
use super::effective::Effective;
use super::hedge::HedgeConfig;
use super::key::Pattern;
use super::origins::ConfigValue;
use super::rate_limit::RateLimitConfig;
use super::retry::{RetryBudgetConfig, RetryConfig};
use crate::error::ConfigError;
use crate::name::ServiceKind;

/// Reports what runs: the configuration of a service after precedence, clamping and checks.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ServiceConfig {
    /// Holds the kind of the service.
    pub kind: ServiceKind,
    /// States whether the patterns apply; if `false`, bodies run without any pattern and only fallbacks stay.
    pub enabled: bool,
    /// Configures retries of [`Service::call`](crate::Service::call), and of functions without values of their own.
    pub retry: RetryConfig,
    /// Ends the call where a server's Retry-After is above this.
    pub max_retry_after: Duration,
    /// Configures the budget that bounds the service's retries.
    pub retry_budget: RetryBudgetConfig,
    /// Configures the circuit breaker.
    pub circuit: CircuitBreakerConfig,
    /// Configures the rate limiter, where a limit is set.
    pub rate_limit: Option<RateLimitConfig>,
    /// Configures the bulkhead, where one is set.
    pub bulkhead: Option<BulkheadConfig>,
    /// Limits the time of each attempt.
    pub timeout: Option<Duration>,
    /// Limits the time of each call.
    pub deadline: Option<Duration>,
    /// States whether calls whose outcome is unknown may be sent again.
    pub idempotent: bool,
    /// Lists all of these as settings, with where each came from. Those that a function has to itself are what calls
    /// by hand run with; see [`FunctionConfig::values`].
    pub values: Vec<ConfigValue>,
    /// Lists the functions seen so far, in the order in which they first ran.
    pub functions: Vec<FunctionConfig>,
}

impl ServiceConfig {
    pub(crate) fn new(
        kind: ServiceKind,
        enabled: bool,
        effective: &Effective,
        values: Vec<ConfigValue>,
    ) -> Self {
        Self {
            kind,
            enabled,
            retry: effective.retry.clone(),
            max_retry_after: effective.max_retry_after,
            retry_budget: effective.retry_budget.clone(),
            circuit: effective.circuit.clone(),
            rate_limit: effective.rate_limit.clone(),
            bulkhead: effective.bulkhead.clone(),
            timeout: Some(effective.timeout),
            deadline: Some(effective.deadline),
            idempotent: kind.idempotent_by_default(),
            values,
            functions: Vec::new(),
        }
    }

    /// Notes what the declaration of the service switches off.
    pub(crate) fn switch_off(&mut self, patterns: &[Pattern]) {
        if patterns.contains(&Pattern::Timeout) {
            self.timeout = None;
        }
        if patterns.contains(&Pattern::Deadline) {
            self.deadline = None;
        }
    }

    /// Returns whether the same values run, from the same sources.
    pub(crate) fn runs_as(&self, other: &Self) -> bool {
        let of_functions = |config: &Self| -> Vec<_> {
            let functions = config.functions.iter();
            functions
                .map(|it| (it.values.clone(), it.refusal.clone()))
                .collect()
        };
        self.enabled == other.enabled
            && self.values == other.values
            && of_functions(self) == of_functions(other)
    }
}

/// Reports what runs for one annotated function.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FunctionConfig {
    /// Names the function by its path.
    pub function: Box<str>,
    /// Names the place of the function in the source.
    pub place: &'static str,
    /// Configures retries; `None` if they are off.
    pub retry: Option<RetryConfig>,
    /// Configures attempts beside one that has no answer yet; `None` if there are none.
    pub hedge: Option<HedgeConfig>,
    /// Ends the call where a server's Retry-After is above this.
    pub max_retry_after: Duration,
    /// Limits the time of each attempt; `None` if the limit is off.
    pub timeout: Option<Duration>,
    /// Limits the time of the whole call; `None` if the limit is off.
    pub deadline: Option<Duration>,
    /// Limits how long a call waits for a token.
    pub rate_limit_wait: Duration,
    /// Limits how long a call waits for a permit of the bulkhead.
    pub bulkhead_wait: Duration,
    /// States whether a call whose outcome is unknown may be sent again.
    pub idempotent: bool,
    /// Configures its read-through cache, where it has one.
    pub cache: Option<CacheConfig>,
    /// Lists the settings that it runs with in place of its service's.
    pub values: Vec<ConfigValue>,
    /// Lists the patterns that are off for it, by its attribute or by the declaration of its service.
    pub off: Vec<Pattern>,
    /// Names the type of an error that no rule knew and that was therefore not retried, if one was seen.
    pub unretried_error: Option<&'static str>,
    /// Explains why it does not run.
    pub invalid: Option<String>,
    /// Explains which of its shared values are ignored, because its service is declared, or because a function that was called
    /// before it sets others or is of another kind.
    pub ignored: Option<String>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) refusal: Option<ConfigError>,
}
