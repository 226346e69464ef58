//! The effective configuration of a function or a service, and the field of each setting in it.

use std::time::Duration;

use super::adaptive::{AdaptiveConfig, AdaptiveLimits};
use super::bulkhead::BulkheadConfig;
use super::circuit_breaker::CircuitBreakerConfig;
use super::declaration::settings;
use super::hedge::HedgeParts;
use super::key::{Key, ValueType};
use super::mode::PatternMode;
use super::on_store_loss::OnStoreLoss;
use super::rate_limit::RateLimitConfig;
use super::retry::{RetryBudgetConfig, RetryConfig};
use super::slot::Slot;
use super::strategy::RateLimitStrategy;
use super::validator::Validator;
use super::value::Value;
use crate::name::ServiceKind;

/// Everything that runs for one function, or for a service's own calls.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Effective {
    pub(crate) retry: RetryConfig,
    pub(crate) max_retry_after: Duration,
    pub(crate) retry_budget: RetryBudgetConfig,
    pub(crate) circuit: CircuitBreakerConfig,
    pub(crate) rate_limit: Option<RateLimitConfig>,
    pub(crate) max_keys: usize,
    pub(crate) max_cooldown: Duration,
    pub(crate) rate_limit_mode: PatternMode,
    pub(crate) rate_limit_wait: Duration,
    pub(crate) bulkhead: Option<BulkheadConfig>,
    pub(super) bulkhead_max_keys: usize,
    pub(super) bulkhead_mode: PatternMode,
    pub(crate) bulkhead_wait: Duration,
    pub(crate) hedge: HedgeParts,
    pub(crate) target_weight: Option<f64>,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
    pub(crate) decided: Decided,
    pub(super) limits: Limits,
}

/// Which limits of time a level above the attribute decides on: those that a function computes for each call give way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) timeout: bool,
    pub(crate) deadline: bool,
}

/// The settings that rate limiter and bulkhead are built from, where they are on.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Limits {
    /// The limits of the rate alone. Boxed, as those per key: there are many, and configurations are moved around.
    rates: Box<RateLimitConfig>,
    burst: Option<u32>,
    strategy: Option<RateLimitStrategy>,
    shared: Option<bool>,
    on_store_loss: Option<OnStoreLoss>,
    /// The limits of each key beside them.
    per_key: Box<RateLimitConfig>,
    per_key_burst: Option<u32>,
    per_key_strategy: Option<RateLimitStrategy>,
    pub(super) max_concurrent: Option<usize>,
    pub(super) adaptive: AdaptiveLimits,
    /// Whether an adaptive limit falls by latency.
    by_latency: bool,
}

impl Limits {
    /// Builds the limits of the rate, where there are any.
    fn rate_limit(&mut self, validator: &mut Validator) -> Option<RateLimitConfig> {
        let of_service = *self.rates != RateLimitConfig::NONE;
        let of_keys = *self.per_key != RateLimitConfig::NONE;
        if !of_service {
            take_alone(&mut self.burst, Key::RateLimitBurst, validator);
        }
        if !of_keys {
            take_alone(
                &mut self.per_key_burst,
                Key::RateLimitPerKeyBurst,
                validator,
            );
            self.per_key_strategy = None;
        }
        if !of_service && !of_keys {
            (self.strategy, self.shared, self.on_store_loss) = (None, None, None);
            return None;
        }
        let mut limit = RateLimitConfig::clone(&self.rates).with_shortest_first();
        limit.burst = self.burst;
        limit.strategy_is_set = self.strategy.is_some();
        limit.strategy = *self.strategy.get_or_insert_default();
        limit.shared = *self.shared.get_or_insert_default();
        limit.on_store_loss = *self.on_store_loss.get_or_insert_default();
        if of_keys {
            let mut per_key = RateLimitConfig::clone(&self.per_key).with_shortest_first();
            per_key.burst = self.per_key_burst;
            per_key.strategy_is_set = self.per_key_strategy.is_some();
            per_key.strategy = *self.per_key_strategy.get_or_insert(limit.strategy);
            limit = limit.per_key(per_key);
        }
        Some(limit)
    }
}

/// Checks a burst that waits for a limit, and is no value that runs.
fn take_alone(burst: &mut Option<u32>, key: Key, validator: &mut Validator) {
    if let Some(burst) = burst.take() {
        validator.count(key, burst);
    }
}

impl Effective {
    pub(crate) fn preset(kind: ServiceKind) -> Self {
        let (max_retry_after, timeout, deadline) = match kind {
            ServiceKind::Llm => (60, 120, 300),
            ServiceKind::Database => (1, 10, 15),
            ServiceKind::Mcp => (30, 60, 120),
            ServiceKind::Secret => (10, 5, 15),
            ServiceKind::Custom => (30, 30, 60),
        };
        Self {
            retry: RetryConfig::preset(kind),
            max_retry_after: Duration::from_secs(max_retry_after),
            retry_budget: RetryBudgetConfig::default(),
            circuit: CircuitBreakerConfig::preset(kind),
            rate_limit: None,
            max_keys: RateLimitConfig::DEFAULT_MAX_KEYS,
            max_cooldown: RateLimitConfig::DEFAULT_MAX_COOLDOWN,
            rate_limit_mode: PatternMode::Enforce,
            rate_limit_wait: Duration::ZERO,
            bulkhead: None,
            bulkhead_max_keys: BulkheadConfig::DEFAULT_MAX_KEYS,
            bulkhead_mode: PatternMode::Enforce,
            bulkhead_wait: Duration::ZERO,
            hedge: HedgeParts::default(),
            target_weight: None,
            timeout: Duration::from_secs(timeout),
            deadline: Duration::from_secs(deadline),
            decided: Decided::default(),
            limits: Limits {
                by_latency: AdaptiveConfig::preset(kind).latency,
                ..Limits::default()
            },
        }
    }

    /// Returns what runs for a function whose service is of another kind: its own values, and of `shared` what all
    /// functions of the service share.
    pub(crate) fn sharing(self, shared: &Self) -> Self {
        Self {
            retry: self.retry,
            max_retry_after: self.max_retry_after,
            rate_limit_wait: self.rate_limit_wait,
            bulkhead_wait: self.bulkhead_wait,
            hedge: self.hedge,
            timeout: self.timeout,
            deadline: self.deadline,
            decided: self.decided,
            ..shared.clone()
        }
    }

    /// Builds rate limiter and bulkhead from their settings, where these switch them on. A burst, a strategy or what is
    /// said of the fleet waits alone for a limit: it is checked, but it is no value that runs.
    pub(super) fn build_limits(&mut self, validator: &mut Validator) {
        self.rate_limit = self.limits.rate_limit(validator).map(|limit| {
            let limit = limit.max_keys(self.max_keys);
            let limit = limit.max_cooldown(self.max_cooldown);
            limit.mode(self.rate_limit_mode)
        });
        let limits = &mut self.limits;
        let adaptive = limits.adaptive.config(limits.by_latency);
        let max_concurrent = adaptive.as_ref().map(|it| it.max).or(limits.max_concurrent);
        self.bulkhead = max_concurrent.map(|max_concurrent| BulkheadConfig {
            max_concurrent,
            max_wait: self.bulkhead_wait,
            adaptive,
            max_keys: self.bulkhead_max_keys,
            mode: self.bulkhead_mode,
        });
    }

    pub(super) fn check(&self, validator: &mut Validator) {
        self.retry.check(validator);
        validator.duration(Key::RetryMaxRetryAfter, self.max_retry_after);
        self.retry_budget.check(validator);
        self.circuit.check(validator);
        match &self.rate_limit {
            Some(config) => config.check(validator),
            // Keys and cooldowns are kept without a limit as well.
            None => {
                validator.require(
                    self.max_keys > 0,
                    Key::RateLimitMaxKeys,
                    self.max_keys,
                    "must be at least 1",
                );
                validator.duration(Key::RateLimitMaxCooldown, self.max_cooldown);
            }
        }
        match &self.bulkhead {
            Some(config) => config.check(validator),
            None => validator.require(
                self.bulkhead_max_keys > 0,
                Key::BulkheadMaxKeys,
                self.bulkhead_max_keys,
                "must be at least 1",
            ),
        }
        self.hedge.config().check(validator);
        if let Some(weight) = self.target_weight {
            validator.require(
                weight > 0.0 && weight <= 1e9,
                Key::TargetWeight,
                weight,
                "must be above 0 and at most 1000000000",
            );
        }
        validator.duration(Key::Timeout, self.timeout);
        validator.duration(Key::Deadline, self.deadline);
    }
}

/// Reads and writes each setting at the place that the declaration gives.
macro_rules! slots {
    (
        groups { $(
            $(#[$group_doc:meta])*
            $group:ident($pattern:ident, $args:ident, $settings:ident, $prefix:literal) {
                settings { $(
                    $(#[$doc:meta])*
                    $field:ident: $value:ident, $arg:ident, $sharing:ident => $key:ident at $($place:ident).+;
                )* }
                $(renamed { $($old:ident: $index:literal,)* })?
                $(code { $($code:ident: $code_arg:ident,)* })?
            }
        )* }
        limits { $(
            $(#[$limit_doc:meta])* $limit:ident($limit_key:ident, $limit_prefix:literal) at $($limit_place:ident).+;
        )* }
    ) => {
        impl Effective {
            /// Keeps the value of a setting.
            pub(super) fn set(&mut self, key: Key, value: Value) {
                debug_assert!(key.value_type() == value.value_type(), "{key} does not take {value:?}");
                match key {
                    $(
                        $(Key::$key => self.$($place).+.set(value),)*
                    )*
                    $(Key::$limit_key => self.$($limit_place).+.set(value),)*
                }
            }

            /// Returns what runs under this key; `None`: nothing.
            pub(super) fn value(&self, key: Key) -> Option<Value> {
                match key {
                    $(
                        $(Key::$key => self.$($place).+.get(),)*
                    )*
                    $(Key::$limit_key => self.$($limit_place).+.get(),)*
                }
            }
        }

        // Each place keeps values of the type that is declared for its setting.
        const _: () = {
            const fn kept<T: Slot>(_: fn(&Effective) -> &T) -> ValueType {
                T::TYPE
            }
            $(
                $(assert!(kept(|it| &it.$($place).+) as u8 == ValueType::$value as u8);)*
            )*
            $(assert!(kept(|it| &it.$($limit_place).+) as u8 == ValueType::Time as u8);)*
        };
    };
}

settings!(slots);
