//! The monitor: runs many health checkers at intervals and stores their results.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::check::HealthCheck;
use super::dependencies;
use super::entry::Entry;
use super::error::MonitorError;
use super::monitor_core::MonitorCore;
use super::monitor_tasks::MonitorTasks;
use super::monitoring_handle::MonitoringHandle;
use super::record::ServiceHealth;
use super::status::{HealthStatus, HealthStatuses};
use crate::config::{ConfigError, ConfigProblem, ConfigSource, HealthMonitorConfig};
use crate::error::{BoxError, ResilienceError};
use crate::name::ServiceName;

/// Checks the health of services at intervals. A clone is a handle to the same monitor.
///
/// Each checker has its own task: one that hangs or panics affects no other. A checker that depends on
/// another waits for the other's first result, and is unknown while the other is unhealthy or unknown.
///
/// The overall status is unhealthy if a critical checker is, unknown if a critical one is or if there is no result at
/// all, degraded if any other checker is unhealthy or degraded, and otherwise healthy.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use resilience_runtime::{
///     health::{DatabaseHealthChecker, HealthMonitorConfig, HealthStatus, ServiceHealthMonitor},
/// };
///
/// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::from_env()?)?;
/// let ping = || async { Ok::<_, std::io::Error>("select 1") };
/// monitor.add_checker("database", DatabaseHealthChecker::new("database", ping))?;
///
/// let mut changes = monitor.subscribe();
/// let monitoring = monitor.start_monitoring()?;
/// changes.changed().await?;
/// assert_eq!(monitor.get_all_health()["database"].status, HealthStatus::Healthy);
/// drop(monitoring); // stops all checks
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ServiceHealthMonitor {
    core: Arc<MonitorCore>,
}

impl ServiceHealthMonitor {
    /// Creates a monitor without checkers.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(config: HealthMonitorConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            core: Arc::new(MonitorCore::new(config)),
        })
    }

    /// Returns the configuration of the monitor.
    #[must_use]
    pub fn config(&self) -> &HealthMonitorConfig {
        &self.core.config
    }

    /// Adds a checker, or a [`HealthCheck`] with its settings. While the monitoring runs, it starts at once; otherwise it
    /// may depend on checkers that are added later.
    ///
    /// # Errors
    /// The name is taken, a value is out of range, its dependencies form a cycle, or, while the monitoring runs, one of
    /// them does not exist.
    pub fn add_checker(
        &self,
        name: impl Into<ServiceName>,
        checker: impl Into<HealthCheck>,
    ) -> Result<(), MonitorError> {
        let (name, check) = (name.into(), checker.into());
        let limits = check.limits(&name, &self.core.config);
        let limits = limits.map_err(ConfigError::new)?;
        let history = self.core.config.history;
        let entry = Arc::new(Entry::new(name.clone(), check, limits, history));
        {
            let mut state = self.core.state.lock();
            if state.entries.contains_key(&name) {
                return Err(MonitorError::NameTaken { name });
            }
            let mut dependencies = state.dependencies();
            dependencies.insert(&name, &entry.depends_on);
            let mut problems: Vec<_> = dependencies::cycle(&name, &dependencies)
                .into_iter()
                .collect();
            if state.tasks.is_some() {
                problems.extend(dependencies::unknown(&name, &dependencies));
            }
            ConfigError::check(problems)?;
            state.entries.insert(name.clone(), Arc::clone(&entry));
            if let Some(tasks) = &state.tasks {
                self.core.start(&entry, tasks);
            }
        }
        self.core.publish();
        Ok(())
    }

    /// Removes a checker, and returns whether there was one. Checkers that depend on it become unknown.
    pub fn remove_checker(&self, name: &str) -> bool {
        let removed = {
            let mut state = self.core.state.lock();
            if let Some(tasks) = &state.tasks {
                tasks.abort(name);
            }
            state.entries.remove(name)
        };
        if let Some(entry) = &removed {
            entry.release();
        }
        self.core.publish();
        removed.is_some()
    }

    /// Starts to check at intervals until the handle is dropped. The first check of each checker starts at once. It
    /// requires a tokio runtime.
    ///
    /// # Errors
    /// A checker depends on one that does not exist, the monitoring is already running, or there is no tokio runtime with
    /// timers.
    pub fn start_monitoring(&self) -> Result<MonitoringHandle, MonitorError> {
        let tasks = Arc::new(MonitorTasks::on_current_runtime()?);
        let mut state = self.core.state.lock();
        if state.tasks.is_some() {
            return Err(MonitorError::AlreadyRunning);
        }
        let dependencies = state.dependencies();
        let names = dependencies.keys();
        ConfigError::check(
            names
                .flat_map(|name| dependencies::unknown(name, &dependencies))
                .collect(),
        )?;
        for entry in state.entries.values() {
            self.core.start(entry, &tasks);
        }
        state.tasks = Some(Arc::clone(&tasks));
        Ok(MonitoringHandle::new(Arc::clone(&self.core), tasks))
    }

    /// Checks one service now, whether the monitoring runs or not, and returns its health after that; `None` if there is no
    /// such checker. The result counts like that of any other check.
    pub async fn check_now(&self, name: &str) -> Option<ServiceHealth> {
        let entry = self.core.entry(name)?;
        self.core.check(&entry).await;
        Some(entry.health())
    }

    /// Checks one service now, and fails unless this check finds it healthy or degraded. Thresholds do not apply.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// use resilience_runtime::{ResilienceError, health::{HealthMonitorConfig, ServiceHealthMonitor}};
    ///
    /// let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default())?;
    /// monitor.add_checker("database", || async { Err::<(), _>("wrong password: hunter2") })?;
    /// let error = monitor.require("database").await.unwrap_err();
    /// assert!(matches!(error, ResilienceError::HealthCheckFailed { .. }));
    /// assert_eq!(error.to_string(), "health check of service `database` failed");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`HealthCheckFailed`](ResilienceError::HealthCheckFailed) with the check's own error as its source, or
    /// with a [`HealthCause`](super::HealthCause) where there was none;
    /// [`InvalidConfig`](ResilienceError::InvalidConfig) if there is no such checker.
    pub async fn require(&self, name: &str) -> Result<ServiceHealth, ResilienceError> {
        let Some(entry) = self.core.entry(name) else {
            let allowed = "must name a checker of this monitor";
            let problem = ConfigProblem::new("health.checker", name, ConfigSource::Code, allowed);
            return Err(ConfigError::from(problem).into());
        };
        let error = self.core.check(&entry).await;
        let health = entry.health();
        let last = health.last_check();
        match last.map(|last| last.status) {
            Some(HealthStatus::Healthy | HealthStatus::Degraded) => Ok(health),
            _ => {
                let cause = last.and_then(|last| last.cause.clone());
                let source = error.or(cause.map(|cause| Box::new(cause) as BoxError));
                Err(ResilienceError::HealthCheckFailed {
                    service: entry.name.clone(),
                    source: source.unwrap_or_else(|| "unknown".into()),
                })
            }
        }
    }

    /// Returns the health of one service; `None` if there is no such checker.
    #[must_use]
    pub fn get_health(&self, name: &str) -> Option<ServiceHealth> {
        Some(self.core.entry(name)?.health())
    }

    /// Returns the health of each service.
    #[must_use]
    pub fn get_all_health(&self) -> BTreeMap<ServiceName, ServiceHealth> {
        let entries = self.core.entries().into_iter();
        entries
            .map(|entry| (entry.name.clone(), entry.health()))
            .collect()
    }

    /// Returns the overall status.
    #[must_use]
    pub fn status(&self) -> HealthStatus {
        self.core.statuses().overall
    }

    /// Subscribes to every change of a status.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<HealthStatuses> {
        self.core.changes.subscribe()
    }
}

impl From<&Self> for ServiceHealthMonitor {
    fn from(monitor: &Self) -> Self {
        monitor.clone()
    }
}

impl From<Arc<Self>> for ServiceHealthMonitor {
    fn from(monitor: Arc<Self>) -> Self {
        Self::clone(&monitor)
    }
}

impl From<&Arc<Self>> for ServiceHealthMonitor {
    fn from(monitor: &Arc<Self>) -> Self {
        Self::clone(monitor)
    }
}

impl fmt::Debug for ServiceHealthMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.core.fmt(f)
    }
}
