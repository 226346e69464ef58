//! What a person writes: partial, for kinds and for services.

use std::collections::BTreeMap;
use std::time::Duration;

use super::circuit_breaker::{OnAbandoned, Window};
use super::environment::{Environment, UnknownVariable};
use super::error::{ConfigError, ConfigProblem, ConfigSource};
use super::health::HealthMonitorConfig;
use super::key::Key;
use super::layer::Layer;
use super::rate_limit::RateLimitStrategy;
use super::retry::Jitter;
use super::setters::setters;
use super::value::Value;
use crate::name::ServiceKind;

/// Partial configuration of kinds and of services, from code, from a file or from the environment.
///
/// What it says of a service beats the attribute; what it says of a kind is a default beneath it.
/// Environment variables beat both, each at its level.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::{Registry, ServiceKind, ServiceSettings, Settings};
///
/// let settings = Settings::new()
///     .kind(ServiceKind::Llm, ServiceSettings::new().timeout(Duration::from_secs(20)))
///     .service("openai", ServiceSettings::new().deadline(Duration::from_secs(60)));
///
/// let registry = Registry::new();
/// registry.configure(settings)?;
/// let openai = registry.service("openai", ServiceKind::Llm)?;
/// assert_eq!(openai.config().timeout, Some(Duration::from_secs(20)));
/// assert_eq!(openai.config().deadline, Some(Duration::from_secs(60)));
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct Settings {
    /// Switches everything but the fallbacks off (`false`), as `RESILIENCE_ENABLED` does.
    pub enabled: Option<bool>,
    /// What holds for every service of a kind.
    pub kinds: BTreeMap<ServiceKind, ServiceSettings>,
    /// What holds for one service.
    pub services: BTreeMap<String, ServiceSettings>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) environment: Option<Environment>,
}

impl Settings {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the environment's variables and checks those that name a kind. Those that name a service
    /// are checked when the service is known: at once in
    /// [`Registry::configure`](crate::Registry::configure), else when it first appears.
    ///
    /// Unknown variables under the name of a kind are logged at WARN with the nearest right one, and
    /// listed by [`warnings`](Self::warnings).
    ///
    /// # Errors
    /// Names every variable whose value cannot be used.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_environment(Environment::capture())
    }

    /// As [`from_env`](Self::from_env), with the variables given here instead of the process's.
    ///
    /// ```
    /// use resilience_runtime::Settings;
    ///
    /// let error = Settings::from_vars([("RETRY_LLM_MAX_ATTEMPTS", "many")]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "`RETRY_LLM_MAX_ATTEMPTS` is `many` (environment variable): \
    ///      must be a whole number, such as `3`"
    /// );
    /// ```
    ///
    /// # Errors
    /// Names every variable whose value cannot be used.
    pub fn from_vars<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, ConfigError>
    where
        N: Into<String>,
        V: Into<String>,
    {
        Self::from_environment(Environment::from_variables(variables))
    }

    /// Settings under which no environment variable counts, for tests and programs that are configured in
    /// other ways.
    #[must_use]
    pub fn without_env() -> Self {
        Self {
            environment: Some(Environment::default()),
            ..Self::default()
        }
    }

    fn from_environment(environment: Environment) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        if let Err(problem) = environment.enabled() {
            problems.push(problem);
        }
        // They configure no service, but who checks the environment at start-up wants to know.
        problems.extend(
            HealthMonitorConfig::read(&environment)
                .err()
                .unwrap_or_default(),
        );
        for &kind in ServiceKind::ALL {
            match environment.layer(kind.name()) {
                Ok(layer) => problems.extend(layer.problems()),
                Err(found) => problems.extend(found),
            }
        }
        ConfigError::check(problems)?;
        for warning in
            environment.unknown_variables(ServiceKind::ALL.iter().map(|kind| kind.name()))
        {
            warning.log();
        }
        Ok(Self {
            environment: Some(environment),
            ..Self::default()
        })
    }

    /// The variables under the name of a kind, or of a service named in here, that mean nothing, each
    /// with the nearest that does.
    #[must_use]
    pub fn warnings(&self) -> Vec<UnknownVariable> {
        let names = ServiceKind::ALL
            .iter()
            .map(|kind| kind.name())
            .chain(self.services.keys().map(String::as_str));
        self.environment
            .as_ref()
            .map(|environment| environment.unknown_variables(names))
            .unwrap_or_default()
    }

    /// Sets what holds for every service of `kind`.
    #[must_use]
    pub fn kind(mut self, kind: ServiceKind, settings: ServiceSettings) -> Self {
        self.kinds.insert(kind, settings);
        self
    }

    /// Sets what holds for the service `name`.
    #[must_use]
    pub fn service(mut self, name: impl Into<String>, settings: ServiceSettings) -> Self {
        self.services.insert(name.into(), settings);
        self
    }

    /// Switches everything but the fallbacks off (`false`).
    #[must_use]
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }
}

macro_rules! group {
    (
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$field_doc:meta])* $([serde $with:literal])? $field:ident: $type:ty = $key:ident, $wrap:expr;)*
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq)]
        #[cfg_attr(feature = "serde", derive(serde::Deserialize))]
        #[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_doc])*
                $(#[cfg_attr(feature = "serde", serde(deserialize_with = $with))])?
                pub $field: Option<$type>,
            )*
        }

        impl $name {
            /// Returns settings that set nothing.
            #[must_use]
            pub fn new() -> Self {
                Self::default()
            }

            fn fill(&self, layer: &mut Layer) {
                $(layer.set_some(Key::$key, self.$field.map($wrap));)*
            }
        }
    };
}

/// Partial configuration of one service or kind; what is `None` is left to the levels beneath.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct ServiceSettings {
    /// How often and after which pauses to try again.
    pub retry: RetrySettings,
    /// The budget that bounds the service's retries.
    pub retry_budget: RetryBudgetSettings,
    /// The circuit breaker.
    pub circuit_breaker: CircuitBreakerSettings,
    /// The rate limiter.
    pub rate_limit: RateLimitSettings,
    /// The bulkhead.
    pub bulkhead: BulkheadSettings,
    /// The limit on each attempt.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "super::read::duration"))]
    pub timeout: Option<Duration>,
    /// The limit on the whole call, sleeps included.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "super::read::duration"))]
    pub deadline: Option<Duration>,
}

group! {
    /// The part of [`ServiceSettings`] about retries; see [`RetryConfig`](crate::RetryConfig).
    RetrySettings {
        /// Attempts of one call, the first one included.
        max_attempts: u32 = RetryMaxAttempts, |n| Value::Count(n.into());
        /// The pause before the first retry.
        [serde "super::read::duration"] base_delay: Duration = RetryBaseDelay, Value::Time;
        /// No pause is longer than this.
        [serde "super::read::duration"] max_delay: Duration = RetryMaxDelay, Value::Time;
        /// Each pause is this many times the one before.
        multiplier: f64 = RetryMultiplier, Value::Number;
        /// How pauses are spread.
        jitter: Jitter = RetryJitter, Value::Jitter;
        /// No attempt starts later than this after the call began.
        [serde "super::read::duration"] max_elapsed: Duration = RetryMaxElapsed, Value::Time;
        /// A server's Retry-After above this ends the call.
        [serde "super::read::duration"] max_retry_after: Duration = RetryMaxRetryAfter, Value::Time;
    }
}

group! {
    /// The part of [`ServiceSettings`] about the retry budget; see
    /// [`RetryBudgetConfig`](crate::RetryBudgetConfig).
    RetryBudgetSettings {
        /// The most that it holds.
        capacity: f64 = BudgetCapacity, Value::Number;
        /// What one success pays back.
        refill: f64 = BudgetRefill, Value::Number;
    }
}

group! {
    /// The part of [`ServiceSettings`] about the circuit breaker; see
    /// [`CircuitBreakerConfig`](crate::CircuitBreakerConfig).
    CircuitBreakerSettings {
        /// Failures in a row that open it.
        failure_threshold: u32 = CircuitFailureThreshold, |n| Value::Count(n.into());
        /// Share of failures that opens it.
        failure_rate: f64 = CircuitFailureRate, Value::Number;
        /// The calls that the rates look at.
        [serde "super::read::window"] window: Window = CircuitWindow, Value::Window;
        /// The rates are not looked at before so many calls are in the window.
        minimum_calls: u32 = CircuitMinimumCalls, |n| Value::Count(n.into());
        /// A call that takes this long is slow.
        [serde "super::read::duration"] slow_call_duration: Duration = CircuitSlowCallDuration, Value::Time;
        /// Share of slow calls that opens it.
        slow_call_rate: f64 = CircuitSlowCallRate, Value::Number;
        /// How long it stays open.
        [serde "super::read::duration"] recovery_timeout: Duration = CircuitRecoveryTimeout, Value::Time;
        /// Each reopening lengthens the pause by this factor.
        recovery_multiplier: f64 = CircuitRecoveryMultiplier, Value::Number;
        /// The pause never gets longer than this.
        [serde "super::read::duration"] max_recovery_timeout: Duration = CircuitMaxRecoveryTimeout, Value::Time;
        /// Successful probes that close it.
        success_threshold: u32 = CircuitSuccessThreshold, |n| Value::Count(n.into());
        /// Probes that may run at the same time.
        half_open_max_calls: u32 = CircuitHalfOpenMaxCalls, |n| Value::Count(n.into());
        /// What a dropped call counts as.
        abandoned: OnAbandoned = CircuitAbandoned, Value::OnAbandoned;
    }
}

/// The part of [`ServiceSettings`] about the rate limiter; see
/// [`RateLimitConfig`](crate::RateLimitConfig). At most one of the rates may be set.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[non_exhaustive]
pub struct RateLimitSettings {
    /// Requests in each second.
    pub requests_per_second: Option<u32>,
    /// Requests in each minute.
    pub requests_per_minute: Option<u32>,
    /// Requests in each hour.
    pub requests_per_hour: Option<u32>,
    /// The token bucket's size.
    pub burst: Option<u32>,
    /// How requests are counted.
    pub strategy: Option<RateLimitStrategy>,
    /// How long a call waits for a token.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "super::read::duration"))]
    pub max_wait: Option<Duration>,
    /// How many keys have a state of their own.
    pub max_keys: Option<u32>,
    /// The longest time for which a server's Retry-After is obeyed by everybody.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "super::read::duration"))]
    pub max_cooldown: Option<Duration>,
    /// Tokens in each minute, beside the requests or alone.
    pub tokens_per_minute: Option<u32>,
}

impl RateLimitSettings {
    /// Returns settings that set nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn rates(&self) -> impl Iterator<Item = (&'static str, u32, u64)> {
        [
            ("requests_per_second", self.requests_per_second, 1),
            ("requests_per_minute", self.requests_per_minute, 60),
            ("requests_per_hour", self.requests_per_hour, 3_600),
        ]
        .into_iter()
        .filter_map(|(name, limit, seconds)| limit.map(|limit| (name, limit, seconds)))
    }

    fn fill(&self, layer: &mut Layer, origin: &ConfigSource, problems: &mut Vec<ConfigProblem>) {
        for (index, (name, limit, seconds)) in self.rates().enumerate() {
            if index > 0 {
                problems.push(ConfigProblem::new(
                    format!("rate_limit.{name}"),
                    limit,
                    origin.clone(),
                    "only one of requests_per_second, requests_per_minute, requests_per_hour may be set",
                ));
            }
            let period = Duration::from_secs(seconds);
            layer.set(Key::RateLimitRate, Value::Rate { limit, period });
        }
        let count = |n: u32| Value::Count(n.into());
        layer.set_some(Key::RateLimitBurst, self.burst.map(count));
        layer.set_some(
            Key::RateLimitStrategy,
            self.strategy.map(Value::RateLimitStrategy),
        );
        layer.set_some(Key::RateLimitMaxWait, self.max_wait.map(Value::Time));
        layer.set_some(Key::RateLimitMaxKeys, self.max_keys.map(count));
        layer.set_some(
            Key::RateLimitMaxCooldown,
            self.max_cooldown.map(Value::Time),
        );
        layer.set_some(Key::RateLimitTokens, self.tokens_per_minute.map(count));
    }
}

group! {
    /// The part of [`ServiceSettings`] about the bulkhead; see [`BulkheadConfig`](crate::BulkheadConfig).
    BulkheadSettings {
        /// Calls that may run at the same time.
        max_concurrent: u32 = BulkheadMaxConcurrent, |n| Value::Count(n.into());
        /// How long a call waits for a place.
        [serde "super::read::duration"] max_wait: Duration = BulkheadMaxWait, Value::Time;
    }
}

setters! {
    RetrySettings {
        [some] max_attempts: u32,
        [some] base_delay: Duration,
        [some] max_delay: Duration,
        [some] multiplier: f64,
        [some] jitter: Jitter,
        [some] max_elapsed: Duration,
        [some] max_retry_after: Duration,
    }
}

setters! {
    RetryBudgetSettings {
        [some] capacity: f64,
        [some] refill: f64,
    }
}

setters! {
    CircuitBreakerSettings {
        [some] failure_threshold: u32,
        [some] failure_rate: f64,
        [some into] window: Window,
        [some] minimum_calls: u32,
        [some] slow_call_duration: Duration,
        [some] slow_call_rate: f64,
        [some] recovery_timeout: Duration,
        [some] recovery_multiplier: f64,
        [some] max_recovery_timeout: Duration,
        [some] success_threshold: u32,
        [some] half_open_max_calls: u32,
        [some] abandoned: OnAbandoned,
    }
}

setters! {
    BulkheadSettings {
        [some] max_concurrent: u32,
        [some] max_wait: Duration,
    }
}

setters! {
    RateLimitSettings {
        [some] requests_per_second: u32,
        [some] requests_per_minute: u32,
        [some] requests_per_hour: u32,
        [some] burst: u32,
        [some] strategy: RateLimitStrategy,
        [some] max_wait: Duration,
        [some] max_keys: u32,
        [some] max_cooldown: Duration,
        [some] tokens_per_minute: u32,
    }
}

setters! {
    ServiceSettings {
        retry: RetrySettings,
        retry_budget: RetryBudgetSettings,
        circuit_breaker: CircuitBreakerSettings,
        rate_limit: RateLimitSettings,
        bulkhead: BulkheadSettings,
        [some] timeout: Duration,
        [some] deadline: Duration,
    }
}

impl ServiceSettings {
    /// Returns settings that set nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The values as a layer; `scope` names whose they are, for errors.
    pub(crate) fn layer(&self, scope: &str) -> Result<Layer, Vec<ConfigProblem>> {
        let origin = ConfigSource::Settings(scope.to_owned());
        let mut layer = Layer::default();
        let mut problems = Vec::new();
        self.retry.fill(&mut layer);
        self.retry_budget.fill(&mut layer);
        self.circuit_breaker.fill(&mut layer);
        self.rate_limit.fill(&mut layer, &origin, &mut problems);
        self.bulkhead.fill(&mut layer);
        layer.set_some(Key::Timeout, self.timeout.map(Value::Time));
        layer.set_some(Key::Deadline, self.deadline.map(Value::Time));
        problems.extend(layer.problems(&origin, |key| key.name().to_owned()));
        if problems.is_empty() {
            Ok(layer)
        } else {
            Err(problems)
        }
    }
}
