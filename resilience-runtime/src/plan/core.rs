//! What the callers of a service share.

use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;

use super::pattern_observer::PatternObserver;
use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::config::{
    BulkheadConfig, CircuitBreakerConfig, ConfigError, Effective, RateLimitConfig,
    RetryBudgetConfig,
};
use crate::fallback::RegisteredFallbacks;
use crate::hedge::RecentLatencies;
use crate::key_table::KeyTable;
use crate::name::{ServiceKind, ServiceName};
use crate::rate_limit::RateLimiter;
use crate::retry::RetryBudget;
use crate::session::Session;
use crate::sync::Mutex;
use crate::targets::TargetLoad;
use crate::telemetry::{Counter, Counters, Event, Latency, Observers, TargetStats};
use crate::wake::later;

/// What the callers of a service share. Plans refer to it, so it must not refer to plans.
#[derive(Debug)]
pub(crate) struct ServiceCore {
    pub(crate) name: ServiceName,
    pub(crate) kind: ServiceKind,
    pub(crate) breaker: Arc<CircuitBreaker>,
    /// Those of the keys that functions give.
    pub(super) breakers: KeyTable<CircuitBreaker>,
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) bulkhead: Arc<Bulkhead>,
    /// Those of the keys that functions give.
    pub(super) bulkheads: KeyTable<Bulkhead>,
    pub(crate) budget: RetryBudget,
    /// The service whose target this one is, which counts its attempts as well.
    pub(crate) pool: Option<Arc<Self>>,
    /// As a target.
    pub(crate) load: TargetLoad,
    /// The targets that its functions were called with last, without those that are gone.
    targets: Mutex<Vec<Weak<Self>>>,
    /// Its limiter is that of a group of targets, which configures it.
    shares_limiter: bool,
    pub(crate) session: Session,
    pub(crate) counters: Counters,
    pub(crate) latency: OnceLock<Box<Latency>>,
    /// How long the last calls took of functions whose hedges follow that.
    recent: OnceLock<Box<RecentLatencies>>,
    /// It was said that its limits are not shared.
    unshared_told: OnceLock<()>,
    pub(crate) observers: Arc<Observers>,
    #[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
    pub(crate) transitions: Arc<crate::telemetry::Transitions>,
    #[cfg(feature = "metrics")]
    pub(crate) metrics: Arc<crate::telemetry::metrics::MetricHandles>,
    pub(crate) registered: Arc<RegisteredFallbacks>,
    #[cfg(feature = "test-util")]
    pub(crate) faults: Arc<crate::chaos::ServiceFaults>,
}

impl ServiceCore {
    /// Builds the patterns of a service under the presets of its kind.
    pub(crate) fn new(
        name: ServiceName,
        kind: ServiceKind,
        observers: Arc<Observers>,
        registered: Arc<RegisteredFallbacks>,
        #[cfg(feature = "test-util")] faults: Arc<crate::chaos::ServiceFaults>,
    ) -> Self {
        let presets = "presets are valid";
        #[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
        let transitions = Arc::<crate::telemetry::Transitions>::default();
        #[cfg(feature = "metrics")]
        let metrics = Arc::new(crate::telemetry::metrics::MetricHandles::new(&name, kind));
        let observer = PatternObserver {
            name: name.clone(),
            observers: Arc::clone(&observers),
            #[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
            transitions: Arc::clone(&transitions),
            #[cfg(feature = "metrics")]
            metrics: Arc::clone(&metrics),
        };
        let breaker = CircuitBreaker::new(name.clone(), CircuitBreakerConfig::preset(kind))
            .expect(presets)
            .with_listener(observer.clone().of_breaker());
        let bulkhead = Bulkhead::new(name.clone(), BulkheadConfig::default())
            .expect(presets)
            .with_listener(observer.of_bulkhead());
        Self {
            breaker: Arc::new(breaker),
            breakers: KeyTable::new(),
            limiter: Arc::new(RateLimiter::unlimited(
                name.clone(),
                RateLimitConfig::DEFAULT_MAX_KEYS,
                RateLimitConfig::DEFAULT_MAX_COOLDOWN,
            )),
            bulkhead: Arc::new(bulkhead),
            bulkheads: KeyTable::new(),
            budget: RetryBudget::new(RetryBudgetConfig::default()).expect(presets),
            pool: None,
            load: TargetLoad::default(),
            targets: Mutex::default(),
            shares_limiter: false,
            session: Session::default(),
            counters: Counters::default(),
            latency: OnceLock::new(),
            recent: OnceLock::new(),
            unshared_told: OnceLock::new(),
            observers,
            #[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
            transitions,
            #[cfg(feature = "metrics")]
            metrics,
            registered,
            #[cfg(feature = "test-util")]
            faults,
            name,
            kind,
        }
    }

    /// Makes it a target of another service, with the limiter of its group where it has one.
    pub(crate) fn target_of(self, pool: Arc<Self>, group: Option<&Self>) -> Self {
        Self {
            pool: Some(pool),
            shares_limiter: group.is_some(),
            limiter: group.map_or(self.limiter, |group| Arc::clone(&group.limiter)),
            ..self
        }
    }

    /// Notes which targets its functions have.
    pub(crate) fn set_targets(&self, targets: Vec<Weak<Self>>) {
        *self.targets.lock() = targets;
    }

    /// The targets that its functions have, if they have any.
    pub(crate) fn targets(&self) -> Vec<Arc<Self>> {
        let targets = self.targets.lock();
        targets.iter().filter_map(Weak::upgrade).collect()
    }

    /// What is known of it as a target; `None`: it is none.
    pub(crate) fn target_stats(&self) -> Option<TargetStats> {
        self.pool.as_ref().map(|pool| TargetStats {
            pool: pool.name.clone(),
            latency: self.load.latency(),
            in_flight: self.load.in_flight(),
            weight: self.load.weight(),
        })
    }

    /// Whether it has the limiter of that group, or without one its own.
    pub(crate) fn is_limited_by(&self, group: Option<&Self>) -> bool {
        match group {
            Some(group) => Arc::ptr_eq(&self.limiter, &group.limiter),
            None => !self.shares_limiter,
        }
    }

    /// Reconfigures every pattern, which keeps its state.
    pub(crate) fn reconfigure(&self, shared: &Effective) -> Result<(), ConfigError> {
        if self.breaker.config() != shared.circuit {
            self.breaker.reconfigure(shared.circuit.clone())?;
            self.reconfigure_breakers_of_keys();
        }
        if self.budget.config() != shared.retry_budget {
            self.budget.reconfigure(shared.retry_budget.clone())?;
        }
        match &shared.rate_limit {
            _ if self.shares_limiter => {}
            Some(limit) if self.limiter.is_limited() && self.limiter.config() == *limit => {}
            Some(limit) => {
                self.limiter.reconfigure(limit.clone())?;
                self.tell_unshared();
            }
            None if self.limiter.only_cools_down_within(
                shared.max_keys,
                shared.max_cooldown,
                shared.rate_limit_mode,
            ) => {}
            None => self.limiter.set_cooldown_bounds(
                shared.max_keys,
                shared.max_cooldown,
                shared.rate_limit_mode,
            ),
        }
        if let Some(bulkhead) = &shared.bulkhead
            && self.bulkhead.config() != *bulkhead
        {
            self.bulkhead.reconfigure(bulkhead.clone())?;
            self.reconfigure_bulkheads_of_keys();
        }
        Ok(())
    }

    /// Whether its limits are to be shared by a fleet, and there is none.
    pub(crate) fn is_unshared(&self) -> bool {
        self.limiter.is_limited() && self.limiter.config().shared && !self.limiter.has_fleet()
    }

    fn tell_unshared(&self) {
        if self.is_unshared() && self.unshared_told.set(()).is_ok() {
            let name = self.name.clone();
            later(move || {
                tracing::error!(
                    target: "resilience",
                    service = name.as_str(),
                    "a shared rate limit holds for this process alone, since it has joined no fleet"
                );
            });
        }
    }

    /// Whether this session followed others that were lost without a success of the service in between.
    pub(crate) fn session_is_hopeless(&self, number: u32) -> bool {
        let successes = self.counters.get(Counter::Succeeded);
        self.session.is_hopeless(number, successes)
    }

    /// The same of the session that is used now.
    pub(crate) fn renews_in_vain(&self) -> bool {
        self.session_is_hopeless(self.session.current())
    }

    /// How long the last calls took of functions whose hedges follow that.
    pub(crate) fn recent_latencies(&self) -> &RecentLatencies {
        self.recent.get_or_init(|| Box::new(RecentLatencies::new()))
    }

    #[inline]
    pub(crate) fn count(&self, counter: Counter) {
        self.counters.add(counter);
        #[cfg(feature = "metrics")]
        self.metrics.count(counter);
    }

    /// Whether anything is to be done at the end of each call.
    #[inline]
    pub(crate) fn is_watched(&self) -> bool {
        #[cfg(feature = "metrics")]
        if crate::telemetry::metrics::is_recorded() {
            return true;
        }
        self.observers.is_observed()
    }

    /// Takes note of how long a call took, where anybody wants to know.
    pub(crate) fn call_took(&self, took: Duration) {
        let measured = self.observers.measures_latency();
        if measured {
            self.latency.get_or_init(Box::default).call(took);
            #[cfg(feature = "opentelemetry")]
            self.observers
                .timers
                .each(|timer| timer.call_took(&self.name, self.kind, took));
        }
        #[cfg(feature = "metrics")]
        if measured || crate::telemetry::metrics::is_recorded() {
            self.metrics.call_took(took);
        }
    }

    /// Takes note of how long an attempt took, where anybody wants to know.
    pub(crate) fn attempt_took(&self, took: Duration) {
        let measured = self.observers.measures_latency();
        if measured {
            self.latency.get_or_init(Box::default).attempt(took);
            #[cfg(feature = "opentelemetry")]
            self.observers
                .timers
                .each(|timer| timer.attempt_took(&self.name, self.kind, took));
        }
        #[cfg(feature = "metrics")]
        if measured || crate::telemetry::metrics::is_recorded() {
            self.metrics.attempt_took(took);
        }
    }

    pub(crate) fn send(&self, event: Event) {
        self.observers.send(event);
    }
}
