//! A protected dependency: what its callers share.

use std::hash::Hash;
use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};

use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::clock::Moment;
use crate::config::ServiceConfig;
use crate::name::{ServiceKind, ServiceName};
use crate::plan::{FunctionState, Plan, ServiceCore};
use crate::rate_limit::RateLimiter;
use crate::telemetry::{Counter, ServiceLatency, ServiceStats};

/// Protects one dependency, known by name. Get it from
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
    pub(crate) running: ArcSwap<Running>,
}

/// What runs, and the state of the functions that it runs for.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    pub(crate) config: ServiceConfig,
    /// One for each of the configuration's functions, in the same order.
    pub(crate) states: Vec<Arc<FunctionState>>,
}

impl Service {
    /// Returns the name of the service.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.core.name
    }

    /// Returns the kind of the service.
    #[must_use]
    pub fn kind(&self) -> ServiceKind {
        self.core.kind
    }

    /// Returns the circuit breaker that all callers without a key share. Forced open or disabled, it holds for every key.
    #[must_use]
    pub fn circuit_breaker(&self) -> Arc<CircuitBreaker> {
        Arc::clone(&self.core.breaker)
    }

    /// Returns the circuit breaker of a key, as functions with `circuit_breaker(key = …)` use it: the one of keys that hash in
    /// the same way. It is made if the key has none. Where `max_keys` keys are all busy, it is the one that further keys share.
    ///
    /// It stays the breaker of the key as long as the returned handle lives. One that is forced open, or disabled, stays it until
    /// it is closed.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// use resilience_runtime::{BoxError, Registry, ServiceKind, resilient};
    ///
    /// #[resilient(service = "fetch", circuit_breaker(key = host, failure_threshold = 5))]
    /// async fn fetch(host: &str) -> Result<String, BoxError> {
    ///     Ok(format!("a page of {host}"))
    /// }
    ///
    /// let service = Registry::global().service("fetch", ServiceKind::Custom)?;
    /// service.circuit_breaker_for("down.example").force_open();
    /// assert!(fetch("down.example").await.is_err());
    /// assert!(fetch("up.example").await.is_ok());
    /// assert_eq!(service.stats().circuit_keys.unwrap().open, 1);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn circuit_breaker_for<K: Hash + ?Sized>(&self, key: &K) -> Arc<CircuitBreaker> {
        self.core.breaker_of(key, Moment::now())
    }

    /// Returns the bulkhead of a key, where one is set, as functions with `bulkhead(key = …)` use it. It is made if the key has
    /// none. Where `max_keys` keys are all busy, it is the one that further keys share.
    #[must_use]
    pub fn bulkhead_for<K: Hash + ?Sized>(&self, key: &K) -> Option<Arc<Bulkhead>> {
        self.bulkhead()
            .map(|_| self.core.bulkhead_of(key, Moment::now()))
    }

    /// Returns its rate limiter, where a limit is set.
    #[must_use]
    pub fn rate_limiter(&self) -> Option<Arc<RateLimiter>> {
        self.running
            .load()
            .config
            .rate_limit
            .is_some()
            .then(|| Arc::clone(&self.core.limiter))
    }

    /// Returns its bulkhead, where one is set.
    #[must_use]
    pub fn bulkhead(&self) -> Option<Arc<Bulkhead>> {
        self.running
            .load()
            .config
            .bulkhead
            .is_some()
            .then(|| Arc::clone(&self.core.bulkhead))
    }

    /// Returns what runs now, for the service and for each of its functions seen so far.
    #[must_use]
    pub fn config(&self) -> ServiceConfig {
        let running = self.running.load_full();
        let mut config = running.config.clone();
        for (function, state) in config.functions.iter_mut().zip(&running.states) {
            function.unretried_error = state.unretried_error();
        }
        config
    }

    /// Forgets what the caches of its functions hold under `key`, read-through and last good answers alike: in each, the
    /// answers that were asked for with a key that hashes in the same way. Returns how many that were; 0 may mean that the
    /// key has another type than in the attribute. A call that is on its way still answers those who wait for it, but its
    /// answer is not kept.
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
    /// assert_eq!(vault.invalidate("db"), 1); // the database no longer takes it
    /// secret("db").await?;
    /// assert_eq!((vault.stats().cache.hits, vault.stats().cache.misses), (1, 2));
    /// # Ok(()) }
    /// ```
    pub fn invalidate<K: Hash + ?Sized>(&self, key: &K) -> usize {
        let now = Moment::now();
        self.each_function(|state| {
            let cached = state
                .cache()
                .map_or(0, |cache| cache.invalidate(cache.hash(key), now));
            let last_good = state.last_good.as_ref();
            cached + last_good.map_or(0, |last_good| last_good.invalidate(key, now))
        })
    }

    /// Forgets everything that the caches of its functions hold, and returns how many answers that were.
    pub fn invalidate_all(&self) -> usize {
        let now = Moment::now();
        self.each_function(|state| {
            let cached = state.cache().map_or(0, |cache| cache.invalidate_all(now));
            let last_good = state.last_good.as_ref();
            cached + last_good.map_or(0, |last_good| last_good.invalidate_all(now))
        })
    }

    fn each_function(&self, invalidate: impl Fn(&FunctionState) -> usize) -> usize {
        let running = self.running.load_full();
        running.states.iter().map(|state| invalidate(state)).sum()
    }

    /// Returns how long its calls and attempts took, since it has been
    /// [measured](crate::Registry::measure_latency); `None` if nothing was measured.
    #[must_use]
    pub fn latency(&self) -> Option<ServiceLatency> {
        self.core.latency.get().map(|latency| latency.snapshot())
    }

    /// Returns what happened so far.
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
            hedges: counters.get(Counter::Hedges),
            hedge_wins: counters.get(Counter::HedgeWins),
            hedge_cancelled: counters.get(Counter::HedgeCancelled),
            cooldowns: counters.get(Counter::Cooldowns),
            rejections: counters.rejections(),
            shadow_rejected: counters.shadow_rejections(),
            invalid_config: counters.get(Counter::InvalidConfig),
            abandoned: counters.get(Counter::Abandoned),
            broken_streams: counters.get(Counter::BrokenStreams),
            fallbacks: counters.fallbacks(),
            cache: counters.cache(),
            latency: self.latency().as_ref().map(Into::into),
            circuit: core.breaker.stats(),
            retry_budget: core.budget.balance(),
            in_flight: core.bulkhead.in_flight(),
            max_concurrent: self.bulkhead().map(|bulkhead| bulkhead.limit()),
            circuit_keys: core.breaker_keys(),
            bulkhead_keys: core.bulkhead_keys(),
            target: core.target_stats(),
        }
    }
}
