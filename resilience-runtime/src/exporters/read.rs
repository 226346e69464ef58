//! What the metrics of a service are right now.

use super::names::{Level, Metric, Source};
use crate::circuit_breaker::CircuitState;
use crate::health::{HealthStatus, ServiceHealthMonitor};
use crate::name::ServiceName;
use crate::rate_limit::Decision;
use crate::service::Service;

/// What a breaker does by itself. Every other change is made by hand, and is left out until somebody makes it.
pub(super) const USUAL_TRANSITIONS: [(CircuitState, CircuitState); 4] = [
    (CircuitState::Closed, CircuitState::Open),
    (CircuitState::Open, CircuitState::HalfOpen),
    (CircuitState::HalfOpen, CircuitState::Open),
    (CircuitState::HalfOpen, CircuitState::Closed),
];

impl Metric {
    /// Each of its numbers that only rise, with the values of its labels.
    #[cfg(any(feature = "opentelemetry", feature = "prometheus"))]
    pub(super) fn each_count(&self, service: &Service, mut see: impl FnMut(&[&'static str], u64)) {
        let core = &service.core;
        match &self.source {
            Source::Counters(series) => {
                for (value, counters) in *series {
                    let sum = counters.iter().map(|it| core.counters.get(*it)).sum();
                    see(&[*value][..self.labels.len()], sum);
                }
            }
            Source::Transitions => {
                for &from in CircuitState::ALL {
                    for &to in CircuitState::ALL {
                        let count = core.transitions.get(from, to);
                        if count > 0 || USUAL_TRANSITIONS.contains(&(from, to)) {
                            see(&[from.name(), to.name()], count);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Each of its numbers that rise and fall, with the values of its labels.
    pub(super) fn each_level(&self, service: &Service, mut see: impl FnMut(&[&'static str], f64)) {
        match self.source {
            Source::CircuitState => {
                let now = service.core.breaker.state();
                for &state in CircuitState::ALL {
                    see(&[state.name()], f64::from(u8::from(state == now)));
                }
            }
            Source::Level(level) => {
                if let Some(value) = level.of(service) {
                    see(&[], value);
                }
            }
            _ => {}
        }
    }
}

impl Level {
    /// `None` where the service has no such thing.
    fn of(self, service: &Service) -> Option<f64> {
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
            Self::BulkheadMaxConcurrent => service.bulkhead()?.config().max_concurrent as f64,
        })
    }
}

fn rate_limit(service: &Service) -> Option<Decision> {
    let decision = service.rate_limiter()?.peek_without_key();
    // The limit may have been taken away since.
    (decision.limit < u32::MAX).then_some(decision)
}

/// For each check of the monitor and each status whether it has it.
pub(super) fn each_status(
    monitor: &ServiceHealthMonitor,
    mut see: impl FnMut(&ServiceName, HealthStatus, f64),
) {
    const STATUSES: [HealthStatus; 4] = [
        HealthStatus::Healthy,
        HealthStatus::Degraded,
        HealthStatus::Unhealthy,
        HealthStatus::Unknown,
    ];
    for (name, health) in monitor.get_all_health() {
        for status in STATUSES {
            see(&name, status, f64::from(u8::from(status == health.status)));
        }
    }
}
