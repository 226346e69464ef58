//! From what many wrote to what runs: precedence, clamping, and the final check.

use std::time::Duration;

use super::bulkhead::BulkheadConfig;
use super::circuit_breaker::{CircuitBreakerConfig, Window};
use super::environment::EnvironmentLayer;
use super::error::{ConfigProblem, ConfigSource};
use super::key::Key;
use super::layer::Layer;
use super::rate_limit::RateLimitConfig;
use super::retry::{RetryBudgetConfig, RetryConfig};
use super::rule::Rules;
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
    pub(crate) rate_limit_wait: Duration,
    pub(crate) bulkhead: Option<BulkheadConfig>,
    pub(crate) bulkhead_wait: Duration,
    pub(crate) timeout: Duration,
    pub(crate) deadline: Duration,
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
            rate_limit_wait: Duration::ZERO,
            bulkhead: None,
            bulkhead_wait: Duration::ZERO,
            timeout: Duration::from_secs(timeout),
            deadline: Duration::from_secs(deadline),
        }
    }
}

/// One level's values and whose they are.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    Environment(&'a EnvironmentLayer),
    Settings(&'a Layer, &'a str),
    Attribute(&'a Layer, &'a str),
}

impl Source<'_> {
    /// Whether this level says something of the key.
    pub(crate) fn has(self, key: Key) -> bool {
        self.get(key).is_some()
    }

    fn get(self, key: Key) -> Option<Value> {
        match self {
            Self::Environment(layer) => layer.values.get(key),
            Self::Settings(layer, _) | Self::Attribute(layer, _) => layer.get(key),
        }
    }

    fn label(self, key: Key) -> (String, ConfigSource) {
        match self {
            Self::Environment(layer) => (
                layer.variable(key).unwrap_or_else(|| key.name().to_owned()),
                ConfigSource::Environment,
            ),
            Self::Settings(_, scope) => (
                key.name().to_owned(),
                ConfigSource::Settings((*scope).to_owned()),
            ),
            Self::Attribute(_, place) => (
                key.name().to_owned(),
                ConfigSource::Attribute((*place).to_owned()),
            ),
        }
    }
}

/// All levels of one function or service, strongest first; beneath them lies the preset.
pub(crate) struct Levels<'a>(pub(crate) Vec<Source<'a>>);

impl Levels<'_> {
    /// The first level that has the key, with its rank: the lower, the stronger.
    pub(super) fn lookup(&self, key: Key) -> Option<(usize, Value)> {
        self.0
            .iter()
            .enumerate()
            .find_map(|(rank, source)| source.get(key).map(|value| (rank, value)))
    }

    fn rank(&self, key: Key) -> usize {
        self.lookup(key).map_or(self.0.len(), |(rank, _)| rank)
    }

    /// The variable or the name under which the value was written, and where; beneath all lies the preset.
    pub(super) fn label(&self, key: Key) -> (String, ConfigSource) {
        self.0
            .get(self.rank(key))
            .map_or((key.name().to_owned(), ConfigSource::Preset), |source| {
                source.label(key)
            })
    }

    /// What runs.
    pub(crate) fn resolve(&self, kind: ServiceKind) -> Result<Effective, Vec<ConfigProblem>> {
        let mut effective = Effective::preset(kind);
        let mut problems = Vec::new();
        let mut rate = None;
        let mut bulkhead_places = None;
        let mut burst = None;
        let mut tokens = None;
        let mut strategy = None;
        for key in Key::ALL {
            let Some((_, value)) = self.lookup(*key) else {
                continue;
            };
            if let Value::Count(count) = value
                && u32::try_from(count).is_err()
            {
                let (label, origin) = self.label(*key);
                problems.push(ConfigProblem::new(
                    label,
                    count,
                    origin,
                    "must be at most 4294967295",
                ));
                continue;
            }
            match (*key, value) {
                (Key::RateLimitRate, Value::Rate { limit, period }) => rate = Some((limit, period)),
                (Key::RateLimitBurst, Value::Count(count)) => burst = Some(to_u32(count)),
                (Key::RateLimitStrategy, Value::RateLimitStrategy(value)) => strategy = Some(value),
                (Key::RateLimitTokens, Value::Count(count)) => tokens = Some(to_u32(count)),
                (Key::BulkheadMaxConcurrent, Value::Count(count)) => bulkhead_places = Some(count),
                (key, value) => effective.put(key, value),
            }
        }
        // The preset's threshold gives way to a rate; one that was written counts beside it.
        if self.lookup(Key::CircuitFailureRate).is_some()
            && self.lookup(Key::CircuitFailureThreshold).is_none()
        {
            effective.circuit.failure_threshold = None;
        }
        self.settle_clashes(&mut effective);
        let limit = match rate {
            Some((limit, period)) => Some(RateLimitConfig::new(limit, period)),
            None => tokens.map(RateLimitConfig::tokens_alone),
        };
        effective.rate_limit = limit.map(|limit| RateLimitConfig {
            burst,
            strategy: strategy.unwrap_or_default(),
            tokens_per_minute: tokens,
            ..limit
                .max_keys(effective.max_keys)
                .max_cooldown(effective.max_cooldown)
        });
        effective.bulkhead = bulkhead_places.map(|places| BulkheadConfig {
            max_concurrent: usize::try_from(places).unwrap_or(usize::MAX),
            max_wait: effective.bulkhead_wait,
        });
        problems.extend(self.broken_rules(&effective, burst));
        if problems.is_empty() {
            Ok(effective)
        } else {
            Err(problems)
        }
    }

    /// Two values that cannot both hold: the one from the weaker level gives way. Of one level, both
    /// stay and the final check refuses them. A value that is out of range by itself clamps nothing, or
    /// somebody would be blamed for a value that nobody wrote.
    fn settle_clashes(&self, effective: &mut Effective) {
        let weaker = |a: Key, b: Key| self.rank(a).cmp(&self.rank(b));

        let retry = &mut effective.retry;
        if retry.base_delay > retry.max_delay && !retry.max_delay.is_zero() {
            match weaker(Key::RetryBaseDelay, Key::RetryMaxDelay) {
                std::cmp::Ordering::Less => retry.max_delay = retry.base_delay,
                std::cmp::Ordering::Greater => retry.base_delay = retry.max_delay,
                std::cmp::Ordering::Equal => {}
            }
        }
        let circuit = &mut effective.circuit;
        if circuit.recovery_timeout > circuit.max_recovery_timeout
            && !circuit.max_recovery_timeout.is_zero()
        {
            match weaker(Key::CircuitRecoveryTimeout, Key::CircuitMaxRecoveryTimeout) {
                std::cmp::Ordering::Less => circuit.max_recovery_timeout = circuit.recovery_timeout,
                std::cmp::Ordering::Greater => {
                    circuit.recovery_timeout = circuit.max_recovery_timeout;
                }
                std::cmp::Ordering::Equal => {}
            }
        }
        if let Window::Calls(calls) = circuit.window
            && calls > 0
            && circuit.minimum_calls > calls
        {
            match weaker(Key::CircuitMinimumCalls, Key::CircuitWindow) {
                std::cmp::Ordering::Less if circuit.minimum_calls <= Window::MAX_CALLS => {
                    circuit.window = Window::Calls(circuit.minimum_calls);
                }
                std::cmp::Ordering::Greater => circuit.minimum_calls = calls,
                std::cmp::Ordering::Less | std::cmp::Ordering::Equal => {}
            }
        }
    }

    fn broken_rules(&self, effective: &Effective, burst: Option<u32>) -> Vec<ConfigProblem> {
        let mut rules = Rules::default();
        effective.retry.check(&mut rules);
        rules.duration("retry.max_retry_after", effective.max_retry_after);
        effective.retry_budget.check(&mut rules);
        effective.circuit.check(&mut rules);
        match &effective.rate_limit {
            Some(config) => config.check(&mut rules),
            // Without a rate the burst waits for one, but nonsense is refused all the same.
            None => {
                if let Some(burst) = burst {
                    rules.count("rate_limit.burst", burst);
                }
                rules.keep(
                    effective.max_keys > 0,
                    "rate_limit.max_keys",
                    effective.max_keys,
                    "must be at least 1",
                );
                rules.duration("rate_limit.max_cooldown", effective.max_cooldown);
            }
        }
        if let Some(config) = &effective.bulkhead {
            config.check(&mut rules);
        }
        rules.duration("timeout", effective.timeout);
        rules.duration("deadline", effective.deadline);
        rules
            .broken
            .into_iter()
            .map(|broken| {
                let key = Key::by_name(broken.key).unwrap_or(Key::RateLimitRate);
                let (label, origin) = self.label(key);
                ConfigProblem::new(label, broken.value, origin, broken.allowed)
            })
            .collect()
    }
}

impl Effective {
    fn put(&mut self, key: Key, value: Value) {
        match (key, value) {
            (Key::RetryMaxAttempts, Value::Count(n)) => self.retry.max_attempts = to_u32(n),
            (Key::RetryBaseDelay, Value::Time(t)) => self.retry.base_delay = t,
            (Key::RetryMaxDelay, Value::Time(t)) => self.retry.max_delay = t,
            (Key::RetryMultiplier, Value::Number(n)) => self.retry.multiplier = n,
            (Key::RetryJitter, Value::Jitter(j)) => self.retry.jitter = j,
            (Key::RetryMaxElapsed, Value::Time(t)) => self.retry.max_elapsed = Some(t),
            (Key::RetryMaxRetryAfter, Value::Time(t)) => self.max_retry_after = t,
            (Key::BudgetCapacity, Value::Number(n)) => self.retry_budget.capacity = n,
            (Key::BudgetRefill, Value::Number(n)) => self.retry_budget.refill = n,
            (Key::CircuitFailureThreshold, Value::Count(n)) => {
                self.circuit.failure_threshold = Some(to_u32(n));
            }
            (Key::CircuitFailureRate, Value::Number(n)) => self.circuit.failure_rate = Some(n),
            (Key::CircuitWindow, Value::Window(w)) => self.circuit.window = w,
            (Key::CircuitMinimumCalls, Value::Count(n)) => self.circuit.minimum_calls = to_u32(n),
            (Key::CircuitSlowCallDuration, Value::Time(t)) => {
                self.circuit.slow_call_duration = Some(t);
            }
            (Key::CircuitSlowCallRate, Value::Number(n)) => self.circuit.slow_call_rate = Some(n),
            (Key::CircuitRecoveryTimeout, Value::Time(t)) => self.circuit.recovery_timeout = t,
            (Key::CircuitRecoveryMultiplier, Value::Number(n)) => {
                self.circuit.recovery_multiplier = n;
            }
            (Key::CircuitMaxRecoveryTimeout, Value::Time(t)) => {
                self.circuit.max_recovery_timeout = t;
            }
            (Key::CircuitSuccessThreshold, Value::Count(n)) => {
                self.circuit.success_threshold = to_u32(n);
            }
            (Key::CircuitHalfOpenMaxCalls, Value::Count(n)) => {
                self.circuit.half_open_max_calls = to_u32(n);
            }
            (Key::CircuitAbandoned, Value::OnAbandoned(a)) => self.circuit.abandoned = a,
            (Key::RateLimitMaxWait, Value::Time(t)) => self.rate_limit_wait = t,
            (Key::RateLimitMaxKeys, Value::Count(n)) => {
                self.max_keys = usize::try_from(n).unwrap_or(usize::MAX);
            }
            (Key::RateLimitMaxCooldown, Value::Time(t)) => self.max_cooldown = t,
            (Key::BulkheadMaxWait, Value::Time(t)) => self.bulkhead_wait = t,
            (Key::Timeout, Value::Time(t)) => self.timeout = t,
            (Key::Deadline, Value::Time(t)) => self.deadline = t,
            (key, value) => unreachable!("{key} does not take {value:?}"),
        }
    }
}

fn to_u32(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Layer {
    /// What is wrong with these values by themselves, whatever the other levels say.
    pub(crate) fn problems(
        &self,
        origin: &ConfigSource,
        label: impl Fn(Key) -> String,
    ) -> Vec<ConfigProblem> {
        let levels = Levels(vec![Source::Settings(self, "")]);
        let Err(problems) = levels.resolve(ServiceKind::Custom) else {
            return Vec::new();
        };
        problems
            .into_iter()
            .filter_map(|problem| {
                let key = Key::by_name(problem.key())?;
                // Half of a pair may find its other half at another level.
                let half = match key {
                    Key::CircuitSlowCallDuration => self.get(Key::CircuitSlowCallRate).is_none(),
                    Key::CircuitSlowCallRate => self.get(Key::CircuitSlowCallDuration).is_none(),
                    _ => false,
                };
                (!(half && problem.is_half_a_pair())).then(|| {
                    ConfigProblem::new(
                        label(key),
                        problem.value(),
                        origin.clone(),
                        problem.allowed(),
                    )
                })
            })
            .collect()
    }
}
