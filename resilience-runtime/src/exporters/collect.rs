//! Collects the current values of the metrics of a service.

use crate::circuit_breaker::CircuitState;
use crate::health::{HealthStatus, ServiceHealthMonitor};
use crate::name::ServiceName;
use crate::rate_limit::Decision;
use crate::service::Service;
#[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
use crate::telemetry::metrics::definitions::USUAL_TRANSITIONS;
use crate::telemetry::metrics::definitions::{Level, Metric, Source};

impl Metric {
    /// Calls `visit` with each counter of the metric and the values of its labels.
    #[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
    pub(super) fn each_count(
        &self,
        service: &Service,
        mut visit: impl FnMut(&[&'static str], u64),
    ) {
        let core = &service.core;
        match &self.source {
            Source::Counters(series) => {
                for (value, counters) in *series {
                    let sum = counters.iter().map(|it| core.counters.get(*it)).sum();
                    visit(&[*value][..self.labels.len()], sum);
                }
            }
            Source::Transitions => {
                for &from in CircuitState::ALL {
                    for &to in CircuitState::ALL {
                        let count = core.transitions.get(from, to);
                        if count > 0 || USUAL_TRANSITIONS.contains(&(from, to)) {
                            visit(&[from.name(), to.name()], count);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Calls `visit` with each level of the metric and the values of its labels.
    pub(super) fn each_level(
        &self,
        service: &Service,
        mut visit: impl FnMut(&[&'static str], f64),
    ) {
        match self.source {
            Source::CircuitState => {
                let now = service.core.breaker.state();
                for &state in CircuitState::ALL {
                    visit(&[state.name()], f64::from(u8::from(state == now)));
                }
            }
            Source::CircuitKeys => {
                if let Some(keys) = service.core.breaker_keys() {
                    let others = keys.known.saturating_sub(keys.open + keys.half_open);
                    for (state, count) in [
                        (CircuitState::Closed, others),
                        (CircuitState::Open, keys.open),
                        (CircuitState::HalfOpen, keys.half_open),
                    ] {
                        visit(&[state.name()], count as f64);
                    }
                }
            }
            Source::Level(level) => {
                if let Some(value) = level.read(service) {
                    visit(&[], value);
                }
            }
            _ => {}
        }
    }
}

impl Level {
    /// Returns the value, or `None` where the service has no such level.
    fn read(self, service: &Service) -> Option<f64> {
        let core = &service.core;
        Some(match self {
            Self::BudgetLeft => core.budget.balance(),
            Self::BudgetCapacity => core.budget.config().capacity,
            Self::RateLimitRemaining => rate_limit(service)?.remaining.into(),
            Self::RateLimitLimit => rate_limit(service)?.limit.into(),
            Self::BulkheadInFlight => {
                service.bulkhead()?;
                core.bulkhead.in_flight() as f64
            }
            Self::BulkheadMaxConcurrent => service.bulkhead()?.limit() as f64,
            Self::BulkheadKeys => core.bulkhead_keys()?.known as f64,
            Self::BulkheadKeysInFlight => core.bulkhead_keys()?.in_flight as f64,
        })
    }
}

fn rate_limit(service: &Service) -> Option<Decision> {
    let decision = service.rate_limiter()?.peek_without_key();
    // The limit may have been removed in the meantime.
    (decision.limit < u32::MAX).then_some(decision)
}

/// Calls `visit` for each check of the monitor and each status: 1 for the status of the check, 0 for the others.
pub(super) fn each_status(
    monitor: &ServiceHealthMonitor,
    mut visit: impl FnMut(&ServiceName, HealthStatus, f64),
) {
    const STATUSES: [HealthStatus; 4] = [
        HealthStatus::Healthy,
        HealthStatus::Degraded,
        HealthStatus::Unhealthy,
        HealthStatus::Unknown,
    ];
    for (name, health) in monitor.get_all_health() {
        for status in STATUSES {
            visit(&name, status, f64::from(u8::from(status == health.status)));
        }
    }
}
