//! A checker with its settings for a monitor.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::checker::HealthChecker;
use crate::circuit_breaker::CircuitBreaker;
use crate::config::{ConfigProblem, ConfigSource, HealthMonitorConfig};
use crate::name::ServiceName;
use crate::service::Service;

/// Combines a checker with its settings. Settings that are not set come from the monitor's [`HealthMonitorConfig`].
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::{
///     BoxError,
///     health::{HealthCheck, HealthMonitorConfig, ServiceHealthMonitor, TcpHealthChecker},
/// };
///
/// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default())?;
/// monitor.add_checker("network", TcpHealthChecker::new("network", "127.0.0.1:5432"))?;
/// monitor.add_checker(
///     "search",
///     HealthCheck::new(|| async { Ok::<_, BoxError>(()) })
///         .critical(false)
///         .depends_on(["network"])
///         .interval(Duration::from_secs(10)),
/// )?;
/// # Ok::<(), resilience_runtime::health::MonitorError>(())
/// ```
#[must_use]
pub struct HealthCheck {
    pub(super) checker: Arc<dyn HealthChecker>,
    pub(super) critical: bool,
    pub(super) depends_on: Vec<ServiceName>,
    interval: Option<Duration>,
    timeout: Option<Duration>,
    failure_threshold: Option<u32>,
    recovery_threshold: Option<u32>,
    pub(super) trips: Vec<Arc<CircuitBreaker>>,
    pub(super) probes: Vec<Arc<CircuitBreaker>>,
}

/// The effective settings of one checker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) failure_threshold: u32,
    pub(super) recovery_threshold: u32,
}

impl HealthCheck {
    /// Creates a critical check without dependencies.
    pub fn new(checker: impl HealthChecker) -> Self {
        Self {
            checker: Arc::new(checker),
            critical: true,
            depends_on: Vec::new(),
            interval: None,
            timeout: None,
            failure_threshold: None,
            recovery_threshold: None,
            trips: Vec::new(),
            probes: Vec::new(),
        }
    }

    /// Sets whether the overall status is unhealthy when this one is (the default), or only degraded.
    pub fn critical(mut self, critical: bool) -> Self {
        self.critical = critical;
        self
    }

    /// Adds dependencies: while one of them is unhealthy or unknown, this check is skipped and its status unknown.
    pub fn depends_on<N: Into<ServiceName>>(mut self, names: impl IntoIterator<Item = N>) -> Self {
        self.depends_on.extend(names.into_iter().map(Into::into));
        self
    }

    /// Sets the time from the start of a check to the start of the next.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Sets the timeout: a check that takes longer has failed.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets how many checks in a row must be worse before the status is.
    pub fn failure_threshold(mut self, checks: u32) -> Self {
        self.failure_threshold = Some(checks);
        self
    }

    /// Sets how many checks in a row must be better before the status is.
    pub fn recovery_threshold(mut self, checks: u32) -> Self {
        self.recovery_threshold = Some(checks);
        self
    }

    /// Forces the service's circuit breaker open after `failure_threshold` failed checks in a row, and closes
    /// it after `recovery_threshold` that did not fail, when the monitoring stops or the checker is removed.
    ///
    /// Manual changes take precedence: a breaker that was forced open by hand is never closed by this, and one that was
    /// closed by hand is not opened again before the checks have recovered.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// use resilience_runtime::{
    ///     CircuitState, Registry, ServiceKind,
    ///     health::{HealthCheck, HealthMonitorConfig, ServiceHealthMonitor},
    /// };
    ///
    /// let orders = Registry::new().service("orders", ServiceKind::Database)?;
    /// let down = || async { Err::<(), _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused)) };
    /// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default())?;
    /// monitor.add_checker("orders", HealthCheck::new(down).failure_threshold(1).trips(&orders))?;
    ///
    /// monitor.check_now("orders").await;
    /// assert_eq!(orders.circuit_breaker().state(), CircuitState::ForcedOpen);
    /// # Ok(()) }
    /// ```
    pub fn trips(mut self, service: &Service) -> Self {
        self.trips.push(service.circuit_breaker());
        self
    }

    /// Makes each check a probe of the service's circuit breaker while that is half-open, or open past its pause. A
    /// failure then hits a check instead of a user, if the interval is shorter than the breaker's pause.
    pub fn probes(mut self, service: &Service) -> Self {
        self.probes.push(service.circuit_breaker());
        self
    }

    pub(super) fn limits(
        &self,
        name: &ServiceName,
        config: &HealthMonitorConfig,
    ) -> Result<Limits, Vec<ConfigProblem>> {
        // Thresholds would only delay a result that is reliable by itself.
        let (failure, recovery) = match self.checker.is_steady() {
            true => (1, 1),
            false => (config.failure_threshold, config.recovery_threshold),
        };
        let limits = Limits {
            interval: self.interval.unwrap_or(config.interval),
            timeout: self.timeout.unwrap_or(config.timeout),
            failure_threshold: self.failure_threshold.unwrap_or(failure),
            recovery_threshold: self.recovery_threshold.unwrap_or(recovery),
        };
        let mut problems = Vec::new();
        for (key, time) in [("interval", limits.interval), ("timeout", limits.timeout)] {
            if time.is_zero() {
                let key = format!("health.{name}.{key}");
                let allowed = "must be longer than zero";
                problems.push(ConfigProblem::new(key, "0ns", ConfigSource::Code, allowed));
            }
        }
        for (key, count) in [
            ("failure_threshold", limits.failure_threshold),
            ("recovery_threshold", limits.recovery_threshold),
        ] {
            if count == 0 {
                let key = format!("health.{name}.{key}");
                let allowed = "must be at least 1";
                problems.push(ConfigProblem::new(key, count, ConfigSource::Code, allowed));
            }
        }
        if problems.is_empty() {
            return Ok(limits);
        }
        Err(problems)
    }
}

impl<C: HealthChecker> From<C> for HealthCheck {
    fn from(checker: C) -> Self {
        Self::new(checker)
    }
}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthCheck")
            .field("critical", &self.critical)
            .field("depends_on", &self.depends_on)
            .field("interval", &self.interval)
            .field("timeout", &self.timeout)
            .field("failure_threshold", &self.failure_threshold)
            .field("recovery_threshold", &self.recovery_threshold)
            .finish_non_exhaustive()
    }
}
