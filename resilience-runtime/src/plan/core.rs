//! What the callers of a service share.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::fallback::RegisteredFallbacks;
use crate::name::{ServiceKind, ServiceName};
use crate::rate_limit::RateLimiter;
use crate::retry::RetryBudget;
use crate::session::Session;
use crate::telemetry::{Counter, Counters, Event, Latency, Observers};

/// What the callers of a service share. Plans refer to it, so it must not refer to plans.
#[derive(Debug)]
pub(crate) struct ServiceCore {
    pub(crate) name: ServiceName,
    pub(crate) kind: ServiceKind,
    pub(crate) breaker: Arc<CircuitBreaker>,
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) bulkhead: Arc<Bulkhead>,
    pub(crate) budget: RetryBudget,
    pub(crate) session: Session,
    pub(crate) counters: Counters,
    pub(crate) latency: OnceLock<Box<Latency>>,
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
