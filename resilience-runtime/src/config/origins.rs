//! Where each value that runs came from.

use super::error::ConfigSource;
use super::key::Key;
use super::resolve::{Effective, Levels};
use super::value::Value;
use crate::name::ServiceKind;

/// A setting as it runs, and where it came from.
///
/// ```
/// use resilience_runtime::{Registry, ServiceKind};
///
/// let config = Registry::new().service("openai", ServiceKind::Llm)?.config();
/// let attempts = config.values.iter().find(|value| value.key == "retry.max_attempts").unwrap();
/// assert_eq!((&*attempts.value, &*attempts.from), ("3", "preset of kind `llm`"));
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ConfigValue {
    /// The setting, as in `retry.max_attempts`.
    pub key: &'static str,
    /// What it is set to. Each is a number, a time or a name from a fixed list.
    pub value: String,
    /// Where that was written, in words. Where it had to give way to a value of a stronger level, that
    /// is said as well.
    pub from: String,
    /// The level that it was taken from.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub origin: ConfigSource,
}

impl ConfigValue {
    /// Says which attribute it was, where only that it was one is known.
    pub(crate) fn said_in(&mut self, place: &str) {
        if let ConfigSource::Attribute(of) = &mut self.origin {
            self.from = self.from.replacen(of.as_str(), place, 1);
            place.clone_into(of);
        }
    }
}

impl Levels<'_> {
    /// Every value of `effective`, which is what these levels resolve to.
    pub(crate) fn values(&self, kind: ServiceKind, effective: &Effective) -> Vec<ConfigValue> {
        let preset = Effective::preset(kind);
        let runs = Key::ALL
            .iter()
            .filter_map(|key| Some((*key, effective.value(*key)?)));
        runs.map(|(key, value)| {
            let written = self.lookup(key).map(|(_, value)| value);
            let written = written.or_else(|| preset.value(key)).unwrap_or(value);
            let (variable, origin) = self.label(key);
            let mut from = match origin {
                ConfigSource::Environment => format!("{origin} `{variable}`"),
                ConfigSource::Preset => format!("{origin} of kind `{kind}`"),
                _ => origin.to_string(),
            };
            if written != value
                && let Some(other) = clashes_with(key)
            {
                from += &format!(", where it is {written}: clamped by `{other}`");
            }
            ConfigValue {
                key: key.name(),
                value: value.to_string(),
                from,
                origin,
            }
        })
        .collect()
    }
}

/// The setting that can clamp this one.
const fn clashes_with(key: Key) -> Option<Key> {
    Some(match key {
        Key::RetryBaseDelay => Key::RetryMaxDelay,
        Key::RetryMaxDelay => Key::RetryBaseDelay,
        Key::CircuitRecoveryTimeout => Key::CircuitMaxRecoveryTimeout,
        Key::CircuitMaxRecoveryTimeout => Key::CircuitRecoveryTimeout,
        Key::CircuitMinimumCalls => Key::CircuitWindow,
        Key::CircuitWindow => Key::CircuitMinimumCalls,
        _ => return None,
    })
}

impl Effective {
    /// What runs under this key; `None`: nothing.
    fn value(&self, key: Key) -> Option<Value> {
        let limit = self.rate_limit.as_ref();
        let count = |n: u32| Value::Count(n.into());
        let size = |n: usize| Value::Count(n.try_into().unwrap_or(u64::MAX));
        Some(match key {
            Key::RetryMaxAttempts => count(self.retry.max_attempts),
            Key::RetryBaseDelay => Value::Time(self.retry.base_delay),
            Key::RetryMaxDelay => Value::Time(self.retry.max_delay),
            Key::RetryMultiplier => Value::Number(self.retry.multiplier),
            Key::RetryJitter => Value::Jitter(self.retry.jitter),
            Key::RetryMaxElapsed => Value::Time(self.retry.max_elapsed?),
            Key::RetryMaxRetryAfter => Value::Time(self.max_retry_after),
            Key::BudgetCapacity => Value::Number(self.retry_budget.capacity),
            Key::BudgetRefill => Value::Number(self.retry_budget.refill),
            Key::CircuitFailureThreshold => count(self.circuit.failure_threshold?),
            Key::CircuitFailureRate => Value::Number(self.circuit.failure_rate?),
            Key::CircuitWindow => Value::Window(self.circuit.window),
            Key::CircuitMinimumCalls => count(self.circuit.minimum_calls),
            Key::CircuitSlowCallDuration => Value::Time(self.circuit.slow_call_duration?),
            Key::CircuitSlowCallRate => Value::Number(self.circuit.slow_call_rate?),
            Key::CircuitRecoveryTimeout => Value::Time(self.circuit.recovery_timeout),
            Key::CircuitRecoveryMultiplier => Value::Number(self.circuit.recovery_multiplier),
            Key::CircuitMaxRecoveryTimeout => Value::Time(self.circuit.max_recovery_timeout),
            Key::CircuitSuccessThreshold => count(self.circuit.success_threshold),
            Key::CircuitHalfOpenMaxCalls => count(self.circuit.half_open_max_calls),
            Key::CircuitAbandoned => Value::OnAbandoned(self.circuit.abandoned),
            // Tokens alone: nobody set a rate of requests.
            Key::RateLimitRate if limit?.limit == u32::MAX => return None,
            Key::RateLimitRate => Value::Rate {
                limit: limit?.limit,
                period: limit?.period,
            },
            Key::RateLimitBurst => count(limit?.burst?),
            Key::RateLimitStrategy => Value::RateLimitStrategy(limit?.strategy),
            Key::RateLimitMaxWait => Value::Time(self.rate_limit_wait),
            Key::RateLimitMaxKeys => size(self.max_keys),
            Key::RateLimitMaxCooldown => Value::Time(self.max_cooldown),
            Key::RateLimitTokens => count(limit?.tokens_per_minute?),
            Key::BulkheadMaxConcurrent => size(self.bulkhead.as_ref()?.max_concurrent),
            Key::BulkheadMaxWait => Value::Time(self.bulkhead_wait),
            Key::Timeout => Value::Time(self.timeout),
            Key::Deadline => Value::Time(self.deadline),
        })
    }
}
