//! Who is told when a breaker or an adaptive limit of a service changes.

use std::sync::Arc;

use crate::bulkhead::LimitChange;
use crate::circuit_breaker::CircuitChange;
use crate::name::ServiceName;
use crate::telemetry::{EventKind, Observers};

/// What the listeners of a service's patterns hold. It must not refer to the patterns.
#[derive(Clone)]
pub(super) struct PatternObserver {
    pub(super) name: ServiceName,
    pub(super) observers: Arc<Observers>,
    #[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
    pub(super) transitions: Arc<crate::telemetry::Transitions>,
    #[cfg(feature = "metrics")]
    pub(super) metrics: Arc<crate::telemetry::metrics::MetricHandles>,
}

impl PatternObserver {
    /// Listens to the service's own breaker.
    pub(super) fn of_breaker(self) -> impl Fn(CircuitChange) + Send + Sync {
        move |change| {
            #[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
            self.transitions.add(change.from, change.to);
            #[cfg(feature = "metrics")]
            self.metrics.circuit_changed(change);
            self.circuit_changed(change, false);
        }
    }

    /// Listens to the breaker of a key. The metrics of the service's own breaker stay as they are: those of keys are counts.
    pub(super) fn of_breaker_of_key(self) -> impl Fn(CircuitChange) + Send + Sync {
        move |change| self.circuit_changed(change, true)
    }

    fn circuit_changed(&self, change: CircuitChange, keyed: bool) {
        let CircuitChange {
            from, to, pause, ..
        } = change;
        self.observers
            .changed(&self.name, || EventKind::CircuitChanged {
                from,
                to,
                pause,
                keyed,
            });
    }

    /// Listens to the service's own bulkhead.
    pub(super) fn of_bulkhead(self) -> impl Fn(LimitChange) + Send + Sync {
        move |change| {
            #[cfg(feature = "metrics")]
            self.metrics.bulkhead_limit(change.to);
            self.limit_changed(change, false);
        }
    }

    /// Listens to the bulkhead of a key.
    pub(super) fn of_bulkhead_of_key(self) -> impl Fn(LimitChange) + Send + Sync {
        move |change| self.limit_changed(change, true)
    }

    fn limit_changed(&self, change: LimitChange, keyed: bool) {
        let LimitChange { from, to, .. } = change;
        self.observers.happened(
            &self.name,
            EventKind::BulkheadLimitChanged { from, to, keyed },
        );
    }
}
