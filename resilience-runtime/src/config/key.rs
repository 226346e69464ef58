//! Every setting there is: its name, its variable, the type of its value, who shares it.

use std::fmt;

use super::value::{Value, ValueType};

/// The pattern that a setting belongs to, and that `… = off` switches off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Pattern {
    /// Retries.
    Retry,
    /// The budget that bounds the service's retries.
    RetryBudget,
    /// The circuit breaker.
    Circuit,
    /// The rate limiter.
    RateLimit,
    /// The bulkhead.
    Bulkhead,
    /// The limit on each attempt.
    Timeout,
    /// The limit on the whole call.
    Deadline,
    /// The fallbacks.
    Fallback,
}

impl Pattern {
    /// Its name in attributes and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::RetryBudget => "retry_budget",
            Self::Circuit => "circuit",
            Self::RateLimit => "rate_limit",
            Self::Bulkhead => "bulkhead",
            Self::Timeout => "timeout",
            Self::Deadline => "deadline",
            Self::Fallback => "fallback",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of patterns, those that a function switched off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Patterns(u8);

impl Patterns {
    pub(crate) fn of(patterns: &[Pattern]) -> Self {
        Self(patterns.iter().fold(0, |set, pattern| set | pattern.bit()))
    }

    pub(crate) const fn has(self, pattern: Pattern) -> bool {
        self.0 & pattern.bit() != 0
    }
}

macro_rules! keys {
    ($($key:ident = $pattern:ident, $name:literal, $prefix:literal, $suffix:literal, $type:ident, $sharing:ident;)*) => {
        /// A setting.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs)]
        pub enum Key { $($key),* }

        impl Key {
            /// Every key, in the order of the documentation.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$key),*];

            /// The name in files, errors and statistics, as in `retry.max_attempts`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$key => $name),* }
            }

            /// The pattern that it configures.
            #[cfg(test)]
            const fn pattern(self) -> Pattern {
                match self { $(Self::$key => Pattern::$pattern),* }
            }

            pub(crate) const fn value_type(self) -> ValueType {
                match self { $(Self::$key => ValueType::$type),* }
            }

            /// Whether the functions of a service share it, or each has its own.
            pub(crate) const fn is_shared(self) -> bool {
                matches!(match self { $(Self::$key => Sharing::$sharing),* }, Sharing::Service)
            }

            const fn variable_parts(self) -> (&'static str, &'static str) {
                match self { $(Self::$key => ($prefix, $suffix)),* }
            }
        }
    };
}

enum Sharing {
    Service,
    Function,
}

keys! {
    RetryMaxAttempts = Retry, "retry.max_attempts", "RETRY", "MAX_ATTEMPTS", Count, Function;
    RetryBaseDelay = Retry, "retry.base_delay", "RETRY", "BASE_DELAY", Time, Function;
    RetryMaxDelay = Retry, "retry.max_delay", "RETRY", "MAX_DELAY", Time, Function;
    RetryMultiplier = Retry, "retry.multiplier", "RETRY", "MULTIPLIER", Number, Function;
    RetryJitter = Retry, "retry.jitter", "RETRY", "JITTER", Jitter, Function;
    RetryMaxElapsed = Retry, "retry.max_elapsed", "RETRY", "MAX_ELAPSED", Time, Function;
    RetryMaxRetryAfter = Retry, "retry.max_retry_after", "RETRY", "MAX_RETRY_AFTER", Time, Function;
    BudgetCapacity = RetryBudget, "retry_budget.capacity", "RETRY_BUDGET", "CAPACITY", Number, Service;
    BudgetRefill = RetryBudget, "retry_budget.refill", "RETRY_BUDGET", "REFILL", Number, Service;
    CircuitFailureThreshold = Circuit, "circuit_breaker.failure_threshold", "CIRCUIT", "FAILURE_THRESHOLD", Count, Service;
    CircuitFailureRate = Circuit, "circuit_breaker.failure_rate", "CIRCUIT", "FAILURE_RATE", Number, Service;
    CircuitWindow = Circuit, "circuit_breaker.window", "CIRCUIT", "WINDOW", Window, Service;
    CircuitMinimumCalls = Circuit, "circuit_breaker.minimum_calls", "CIRCUIT", "MINIMUM_CALLS", Count, Service;
    CircuitSlowCallDuration = Circuit, "circuit_breaker.slow_call_duration", "CIRCUIT", "SLOW_CALL_DURATION", Time, Service;
    CircuitSlowCallRate = Circuit, "circuit_breaker.slow_call_rate", "CIRCUIT", "SLOW_CALL_RATE", Number, Service;
    CircuitRecoveryTimeout = Circuit, "circuit_breaker.recovery_timeout", "CIRCUIT", "RECOVERY_TIMEOUT", Time, Service;
    CircuitRecoveryMultiplier = Circuit, "circuit_breaker.recovery_multiplier", "CIRCUIT", "RECOVERY_MULTIPLIER", Number, Service;
    CircuitMaxRecoveryTimeout = Circuit, "circuit_breaker.max_recovery_timeout", "CIRCUIT", "MAX_RECOVERY_TIMEOUT", Time, Service;
    CircuitSuccessThreshold = Circuit, "circuit_breaker.success_threshold", "CIRCUIT", "SUCCESS_THRESHOLD", Count, Service;
    CircuitHalfOpenMaxCalls = Circuit, "circuit_breaker.half_open_max_calls", "CIRCUIT", "HALF_OPEN_MAX_CALLS", Count, Service;
    CircuitAbandoned = Circuit, "circuit_breaker.abandoned", "CIRCUIT", "ABANDONED", OnAbandoned, Service;
    RateLimitRate = RateLimit, "rate_limit.requests_per_minute", "RATE_LIMIT", "REQUESTS_PER_MINUTE", Rate, Service;
    RateLimitBurst = RateLimit, "rate_limit.burst", "RATE_LIMIT", "BURST", Count, Service;
    RateLimitStrategy = RateLimit, "rate_limit.strategy", "RATE_LIMIT", "STRATEGY", RateLimitStrategy, Service;
    RateLimitMaxWait = RateLimit, "rate_limit.max_wait", "RATE_LIMIT", "MAX_WAIT", Time, Function;
    RateLimitMaxKeys = RateLimit, "rate_limit.max_keys", "RATE_LIMIT", "MAX_KEYS", Count, Service;
    RateLimitMaxCooldown = RateLimit, "rate_limit.max_cooldown", "RATE_LIMIT", "MAX_COOLDOWN", Time, Service;
    RateLimitTokens = RateLimit, "rate_limit.tokens_per_minute", "RATE_LIMIT", "TOKENS_PER_MINUTE", Count, Service;
    BulkheadMaxConcurrent = Bulkhead, "bulkhead.max_concurrent", "BULKHEAD", "MAX_CONCURRENT", Count, Service;
    BulkheadMaxWait = Bulkhead, "bulkhead.max_wait", "BULKHEAD", "MAX_WAIT", Time, Function;
    Timeout = Timeout, "timeout", "TIMEOUT", "", Time, Function;
    Deadline = Deadline, "deadline", "DEADLINE", "", Time, Function;
}

/// The spellings of the rate: one setting, three variables.
pub(crate) const RATE_PERIODS: [(&str, u64); 3] = [
    ("REQUESTS_PER_SECOND", 1),
    ("REQUESTS_PER_MINUTE", 60),
    ("REQUESTS_PER_HOUR", 3_600),
];

/// The first words of all variables.
pub(crate) const PREFIXES: [&str; 7] = [
    "RETRY_BUDGET",
    "RETRY",
    "CIRCUIT",
    "RATE_LIMIT",
    "BULKHEAD",
    "TIMEOUT",
    "DEADLINE",
];

impl Key {
    /// How many keys there are.
    pub(crate) const COUNT: usize = Self::ALL.len();

    /// The variables that set this key for a name (in upper case), each with the seconds of the period
    /// where it is a rate.
    pub(crate) fn variables(self, name: &str) -> Vec<(String, Option<u64>)> {
        let (prefix, suffix) = self.variable_parts();
        match self {
            Self::RateLimitRate => RATE_PERIODS
                .iter()
                .map(|(suffix, seconds)| (format!("{prefix}_{name}_{suffix}"), Some(*seconds)))
                .collect(),
            _ if suffix.is_empty() => vec![(format!("{prefix}_{name}"), None)],
            _ => vec![(format!("{prefix}_{name}_{suffix}"), None)],
        }
    }

    /// The key with this name.
    pub(crate) fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|key| key.name() == name)
    }

    /// Whether the value has the type of this key; the attributes are checked by it in debug builds.
    pub(crate) fn accepts(self, value: Value) -> bool {
        self.value_type() == value.value_type()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_variables_belong_to_one_key_each() {
        for key in Key::ALL {
            assert_eq!(Key::by_name(key.name()), Some(*key));
            assert!(key.name().starts_with(key.pattern().name()), "{key}");
            for (variable, _) in key.variables("LLM") {
                let owners = Key::ALL
                    .iter()
                    .filter(|other| {
                        other
                            .variables("LLM")
                            .iter()
                            .any(|(name, _)| *name == variable)
                    })
                    .count();
                assert_eq!(owners, 1, "{variable}");
                assert!(
                    PREFIXES.iter().any(|prefix| variable.starts_with(prefix)),
                    "{variable}"
                );
            }
        }
    }
}
