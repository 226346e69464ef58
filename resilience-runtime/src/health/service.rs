//! Checks a service by the results of its own calls.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use super::cause::HealthCause;
use super::checker::{HealthChecker, HealthFuture, HealthReport};
use super::status::HealthStatus;
use crate::circuit_breaker::CircuitState;
use crate::service::Service;
use crate::sync::Mutex;

/// Checks a service by its circuit breaker and failure rate, without sending anything.
///
/// An open breaker is degraded, or unhealthy with [`open_is_unhealthy`](Self::open_is_unhealthy); a half-open one is
/// degraded. Where keys have breakers of their own and some are open, the service is degraded, never unhealthy for that: the
/// cause has their number and no key. A service with [targets](crate::targets) is degraded while the breaker of one of them is open
/// or half-open, and unhealthy while all are open. The breaker does not flap, so one result is enough: the thresholds of the monitor do not apply unless they
/// are set for the checker.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use resilience_runtime::{
///     Registry, ServiceKind,
///     health::{HealthMonitorConfig, HealthStatus, ServiceHealthChecker, ServiceHealthMonitor},
/// };
///
/// let openai = Registry::new().service("openai", ServiceKind::Llm)?;
/// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default())?;
/// monitor.add_checker("openai", ServiceHealthChecker::new(&openai).failure_rate(0.5, 20))?;
///
/// openai.circuit_breaker().force_open();
/// let health = monitor.check_now("openai").await.unwrap();
/// assert_eq!(health.status, HealthStatus::Degraded);
/// assert_eq!(health.cause.unwrap().to_string(), "its circuit breaker is forced_open");
/// # Ok(()) }
/// ```
pub struct ServiceHealthChecker {
    service: Arc<Service>,
    open: HealthStatus,
    rate: Option<Rate>,
}

struct Rate {
    limit: f64,
    minimum: u64,
    /// Attempts and failures at the last check.
    seen: Mutex<(u64, u64)>,
}

impl ServiceHealthChecker {
    /// Creates a checker of this service.
    #[must_use]
    pub fn new(service: impl Borrow<Arc<Service>>) -> Self {
        Self {
            service: Arc::clone(service.borrow()),
            open: HealthStatus::Degraded,
            rate: None,
        }
    }

    /// Makes an open breaker unhealthy instead of degraded.
    #[must_use]
    pub fn open_is_unhealthy(mut self) -> Self {
        self.open = HealthStatus::Unhealthy;
        self
    }

    /// Makes the service degraded also if at least this share of the attempts since the last check failed. Fewer
    /// attempts than `minimum` are not judged and count at the next check.
    #[must_use]
    pub fn failure_rate(mut self, limit: f64, minimum: u64) -> Self {
        let stats = self.service.stats();
        self.rate = Some(Rate {
            limit,
            minimum: minimum.max(1),
            seen: Mutex::new((stats.attempts, stats.failures.total())),
        });
        self
    }

    fn read(&self) -> HealthReport {
        let state = self.service.circuit_breaker().state();
        let status = match state {
            CircuitState::Open | CircuitState::ForcedOpen => self.open,
            CircuitState::HalfOpen => HealthStatus::Degraded,
            CircuitState::Closed | CircuitState::Disabled => HealthStatus::Healthy,
        };
        let fails_often = self.fails_often();
        let keys = self.service.core.breaker_keys().unwrap_or_default();
        if status != HealthStatus::Healthy {
            HealthReport::because(status, HealthCause::Circuit(state))
        } else if keys.open + keys.half_open > 0 && !self.service.circuit_breaker().is_shadow() {
            let cause = HealthCause::CircuitKeys {
                open: keys.open,
                half_open: keys.half_open,
                known: keys.known,
            };
            HealthReport::because(HealthStatus::Degraded, cause)
        } else if let Some(report) = self.read_targets() {
            report
        } else if fails_often {
            HealthReport::degraded("too many attempts fail")
        } else {
            HealthReport::healthy()
        }
    }

    /// What the breakers of its targets say, where one of them is not closed.
    fn read_targets(&self) -> Option<HealthReport> {
        let targets = self.service.core.targets();
        let (mut open, mut half_open) = (0, 0);
        let breakers = targets.iter().map(|target| &target.breaker);
        for breaker in breakers.filter(|breaker| !breaker.is_shadow()) {
            match breaker.state() {
                CircuitState::Open | CircuitState::ForcedOpen => open += 1,
                CircuitState::HalfOpen => half_open += 1,
                CircuitState::Closed | CircuitState::Disabled => {}
            }
        }
        if open + half_open == 0 {
            return None;
        }
        let known = targets.len();
        let status = if open == known {
            HealthStatus::Unhealthy
        } else {
            HealthStatus::Degraded
        };
        let cause = HealthCause::Targets {
            open,
            half_open,
            known,
        };
        Some(HealthReport::because(status, cause))
    }

    fn fails_often(&self) -> bool {
        let Some(rate) = &self.rate else {
            return false;
        };
        let stats = self.service.stats();
        let now = (stats.attempts, stats.failures.total());
        let mut seen = rate.seen.lock();
        let attempts = now.0.saturating_sub(seen.0);
        let failures = now.1.saturating_sub(seen.1);
        if attempts < rate.minimum {
            return false;
        }
        *seen = now;
        failures as f64 >= rate.limit * attempts as f64
    }
}

impl HealthChecker for ServiceHealthChecker {
    fn check(&self) -> HealthFuture<'_> {
        Box::pin(std::future::ready(Ok(self.read())))
    }

    fn is_steady(&self) -> bool {
        true
    }
}

impl fmt::Debug for ServiceHealthChecker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceHealthChecker")
            .field("service", self.service.name())
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}
