//! The breakers and bulkheads of a service's keys.

use std::hash::Hash;
use std::sync::Arc;

use super::ServiceCore;
use super::pattern_observer::PatternObserver;
use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::{CircuitBreaker, CircuitState};
use crate::clock::Moment;
use crate::key_table::PerKey as _;
use crate::telemetry::{BulkheadKeys, CircuitBreakerKeys};

impl ServiceCore {
    /// Returns the breaker of a key. The key is hashed, and not kept.
    pub(crate) fn breaker_of<K: Hash + ?Sized>(&self, key: &K, now: Moment) -> Arc<CircuitBreaker> {
        self.breakers.get(key, now, &self.breaker, |config| {
            let listener = self.observer().of_breaker_of_key();
            CircuitBreaker::of_key(self.name.clone(), config, listener)
        })
    }

    /// Returns the bulkhead of a key. The key is hashed, and not kept.
    pub(crate) fn bulkhead_of<K: Hash + ?Sized>(&self, key: &K, now: Moment) -> Arc<Bulkhead> {
        self.bulkheads.get(key, now, &self.bulkhead, |config| {
            let listener = self.observer().of_bulkhead_of_key();
            Bulkhead::of_key(self.name.clone(), config, listener)
        })
    }

    fn observer(&self) -> PatternObserver {
        PatternObserver {
            name: self.name.clone(),
            observers: Arc::clone(&self.observers),
            #[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
            transitions: Arc::clone(&self.transitions),
            #[cfg(feature = "metrics")]
            metrics: Arc::clone(&self.metrics),
        }
    }

    /// The keys take the configuration of the service's own breaker.
    pub(super) fn reconfigure_breakers_of_keys(&self) {
        let config = self.breaker.config();
        for breaker in self.breakers.all() {
            breaker.set_config(config.clone());
        }
        self.breakers.shrink(config.max_keys, Moment::now());
    }

    /// The keys take the configuration of the service's own bulkhead.
    pub(super) fn reconfigure_bulkheads_of_keys(&self) {
        let config = self.bulkhead.config();
        for bulkhead in self.bulkheads.all() {
            bulkhead.set_config(config.clone());
        }
        self.bulkheads.shrink(config.max_keys, Moment::now());
    }

    /// Counts the keys that have a breaker; `None`: none ever had one.
    pub(crate) fn breaker_keys(&self) -> Option<CircuitBreakerKeys> {
        let (mut open, mut half_open) = (0, 0);
        let known = self.breakers.each(|breaker| match breaker.state() {
            CircuitState::Open | CircuitState::ForcedOpen => open += 1,
            CircuitState::HalfOpen => half_open += 1,
            CircuitState::Closed | CircuitState::Disabled => {}
        })?;
        Some(CircuitBreakerKeys {
            known,
            open,
            half_open,
        })
    }

    /// Counts the keys that have a bulkhead; `None`: none ever had one.
    pub(crate) fn bulkhead_keys(&self) -> Option<BulkheadKeys> {
        let mut in_flight = 0;
        let known = self
            .bulkheads
            .each(|bulkhead| in_flight += bulkhead.in_flight())?;
        Some(BulkheadKeys { known, in_flight })
    }
}
