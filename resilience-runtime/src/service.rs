//! A protected dependency: what its callers share.

use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::{ArcSwap, ArcSwapOption};

use crate::bulkhead::Bulkhead;
use crate::cache::Store;
use crate::circuit_breaker::CircuitBreaker;
use crate::config::{
    BulkheadConfig, CacheConfig, CircuitBreakerConfig, ConfigError, ConfigValue, Effective,
    Pattern, RateLimitConfig, RetryBudgetConfig, RetryConfig,
};
use crate::name::{ServiceKind, ServiceName};
use crate::plan::{FunctionState, Plan, ServiceCore};
use crate::rate_limit::RateLimiter;
use crate::telemetry::{Counter, ServiceLatency, ServiceStats};

/// One protected dependency, known by name. Get it from
/// [`Registry::service`](crate::Registry::service).
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use resilience_runtime::{BoxError, Registry, ServiceKind};
///
/// let registry = Registry::new();
/// let openai = registry.service("openai", ServiceKind::Llm)?;
/// let text = openai.call(|| async { Ok::<_, BoxError>("hello") }).await?;
/// assert_eq!(text, "hello");
/// assert_eq!(openai.stats().successes, 1);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Service {
    pub(crate) core: Arc<ServiceCore>,
    /// The plan of calls by hand.
    pub(crate) plan: ArcSwapOption<Plan>,
    pub(crate) config: ArcSwap<ServiceConfig>,
}

impl Service {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.core.name
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> ServiceKind {
        self.core.kind
    }

    /// Its circuit breaker.
    #[must_use]
    pub fn circuit_breaker(&self) -> Arc<CircuitBreaker> {
        Arc::clone(&self.core.breaker)
    }

    /// Its rate limiter, where a limit is set.
    #[must_use]
    pub fn rate_limiter(&self) -> Option<Arc<RateLimiter>> {
        self.config
            .load()
            .rate_limit
            .is_some()
            .then(|| Arc::clone(&self.core.limiter))
    }

    /// Its bulkhead, where one is set.
    #[must_use]
    pub fn bulkhead(&self) -> Option<Arc<Bulkhead>> {
        self.config
            .load()
            .bulkhead
            .is_some()
            .then(|| Arc::clone(&self.core.bulkhead))
    }

    /// What runs now, for the service and for each of its functions seen so far.
    #[must_use]
    pub fn config(&self) -> ServiceConfig {
        let mut config = ServiceConfig::clone(&self.config.load());
        for function in &mut config.functions {
            function.unretried_error = function.state.unretried_error();
        }
        config
    }

    /// Forgets what the read-through caches of its functions hold under `key`: in each, the answers that
    /// were asked for with an equal key. A call that is on its way still answers those who wait for it, but
    /// its answer is not kept.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// use resilience_runtime::{BoxError, Registry, ServiceKind, secret_resilient};
    ///
    /// #[secret_resilient(service = "vault", cache(key = name))]
    /// async fn secret(name: &str) -> Result<String, BoxError> {
    ///     Ok(format!("the secret of {name}"))
    /// }
    ///
    /// secret("db").await?;
    /// secret("db").await?; // from the cache
    /// let vault = Registry::global().service("vault", ServiceKind::Secret)?;
    /// vault.invalidate("db"); // the database no longer takes it
    /// secret("db").await?;
    /// assert_eq!((vault.stats().cache.hits, vault.stats().cache.misses), (1, 2));
    /// # Ok(()) }
    /// ```
    pub fn invalidate<K: Hash + ?Sized>(&self, key: &K) {
        self.each_cache(|cache| cache.invalidate(cache.hash(key)));
    }

    /// Forgets everything that the read-through caches of its functions hold.
    pub fn invalidate_all(&self) {
        self.each_cache(Store::invalidate_all);
    }

    fn each_cache(&self, visit: impl Fn(&Store)) {
        let config = self.config.load_full();
        for function in &config.functions {
            if let Some(cache) = function.state.cache() {
                visit(cache);
            }
        }
    }

    /// How long its calls and attempts took, since it has been
    /// [measured](crate::Registry::measure_latency); `None` if nothing was measured.
    #[must_use]
    pub fn latency(&self) -> Option<ServiceLatency> {
        self.core.latency.get().map(|latency| latency.snapshot())
    }

    /// What happened so far.
    #[must_use]
    pub fn stats(&self) -> ServiceStats {
        let core = &*self.core;
        let counters = &core.counters;
        ServiceStats {
            service: core.name.clone(),
            kind: core.kind,
            calls: counters.calls(),
            attempts: counters.attempts(),
            successes: counters.successes(),
            failed: counters.get(Counter::Failed),
            failures: counters.failures(),
            timeouts: counters.get(Counter::Timeouts),
            deadlines: counters.get(Counter::Deadlines),
            retries: counters.get(Counter::Retries),
            cooldowns: counters.get(Counter::Cooldowns),
            rejections: counters.rejections(),
            invalid_config: counters.get(Counter::InvalidConfig),
            abandoned: counters.get(Counter::Abandoned),
            broken_streams: counters.get(Counter::BrokenStreams),
            fallbacks: counters.fallbacks(),
            cache: counters.cache(),
            latency: self.latency().as_ref().map(Into::into),
            circuit: core.breaker.stats(),
            retry_budget: core.budget.balance(),
            in_flight: core.bulkhead.in_flight(),
        }
    }
}

/// What runs: the configuration of a service after precedence, clamping and checks.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct ServiceConfig {
    /// The kind.
    pub kind: ServiceKind,
    /// `false`: bodies run bare, only fallbacks stay.
    pub enabled: bool,
    /// Retries of calls by hand, and of functions that say nothing else.
    pub retry: RetryConfig,
    /// A server's Retry-After above this ends the call.
    pub max_retry_after: Duration,
    /// The budget that bounds the service's retries.
    pub retry_budget: RetryBudgetConfig,
    /// The circuit breaker.
    pub circuit: CircuitBreakerConfig,
    /// The rate limiter, where a limit is set.
    pub rate_limit: Option<RateLimitConfig>,
    /// The bulkhead, where one is set.
    pub bulkhead: Option<BulkheadConfig>,
    /// The limit on each attempt.
    pub timeout: Option<Duration>,
    /// The limit on each call.
    pub deadline: Option<Duration>,
    /// Whether calls whose outcome is unknown may be sent again.
    pub idempotent: bool,
    /// All of these as settings, with where each came from. Those that a function has to itself are what calls
    /// by hand run with; see [`FunctionConfig::values`].
    pub values: Vec<ConfigValue>,
    /// The functions seen so far, in the order in which they first ran.
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

    /// Whether the same runs, for the same reasons.
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

/// What runs for one annotated function.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct FunctionConfig {
    /// Its path.
    pub function: Box<str>,
    /// Its place in the source.
    pub place: &'static str,
    /// Retries; `None`: off.
    pub retry: Option<RetryConfig>,
    /// A server's Retry-After above this ends the call.
    pub max_retry_after: Duration,
    /// The limit on each attempt; `None`: off.
    pub timeout: Option<Duration>,
    /// The limit on the whole call; `None`: off.
    pub deadline: Option<Duration>,
    /// How long it waits for a token.
    pub rate_limit_wait: Duration,
    /// How long it waits for a place in the bulkhead.
    pub bulkhead_wait: Duration,
    /// Whether a call whose outcome is unknown may be sent again.
    pub idempotent: bool,
    /// Its read-through cache, where it has one.
    pub cache: Option<CacheConfig>,
    /// The settings that it runs with in place of its service's.
    pub values: Vec<ConfigValue>,
    /// The patterns that its attribute switched off.
    pub off: &'static [Pattern],
    /// The type of an error that no rule knew and that was therefore not retried, if one was seen.
    pub unretried_error: Option<&'static str>,
    /// Why it does not run.
    pub invalid: Option<String>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) state: Arc<FunctionState>,
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) refusal: Option<ConfigError>,
}

impl FunctionConfig {
    pub(crate) fn of(plan: &Plan, values: Vec<ConfigValue>) -> Self {
        Self {
            function: plan.function.name.as_ref().into(),
            place: plan.function.place,
            retry: plan.retry.as_ref().map(|policy| policy.config().clone()),
            max_retry_after: plan.max_retry_after,
            timeout: plan.timeout,
            deadline: plan.deadline,
            rate_limit_wait: plan.rate_limit_wait,
            bulkhead_wait: plan.bulkhead_wait,
            idempotent: plan.idempotent,
            cache: plan.function.cache().map(|cache| *cache.config()),
            values,
            off: plan.function.off,
            unretried_error: None,
            invalid: plan.refusal.as_ref().map(ToString::to_string),
            state: Arc::clone(&plan.function),
            refusal: plan.refusal.clone(),
        }
    }
}
