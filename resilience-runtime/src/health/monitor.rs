//! Many checkers, asked at intervals, and what they found.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::watch;

use super::check::HealthCheck;
use super::dependencies::{self, Dependencies};
use super::entry::{Entry, Turn};
use super::error::MonitorError;
use super::monitoring::{MonitoringHandle, Run};
use super::record::ServiceHealth;
use super::status::{HealthStatus, HealthStatuses};
use crate::clock::Moment;
use crate::config::{ConfigError, ConfigProblem, ConfigSource, HealthMonitorConfig};
use crate::error::{BoxError, ResilienceError};
use crate::name::ServiceName;
use crate::sync::Mutex;

/// Asks services at intervals whether they are there. A clone is a handle to the same monitor.
///
/// Each checker has a task of its own: one that hangs or panics harms no other. A checker that depends on
/// another waits for the other's first result, and is unknown while the other is unhealthy or unknown.
///
/// All together they are unhealthy when a critical one is, unknown when a critical one is or when there is no
/// result at all, degraded when any other is unhealthy or degraded, and else healthy.
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
/// drop(monitoring); // and nothing is checked any more
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct ServiceHealthMonitor {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) config: HealthMonitorConfig,
    pub(super) state: Mutex<State>,
    changes: watch::Sender<HealthStatuses>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) entries: BTreeMap<ServiceName, Arc<Entry>>,
    pub(super) run: Option<Arc<Run>>,
}

impl State {
    fn dependencies(&self) -> Dependencies<'_> {
        let entries = self.entries.iter();
        entries
            .map(|(name, entry)| (name, &*entry.depends_on))
            .collect()
    }
}

impl ServiceHealthMonitor {
    /// A monitor without checkers.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(config: HealthMonitorConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                state: Mutex::default(),
                changes: watch::Sender::default(),
            }),
        })
    }

    /// The configuration it runs with.
    #[must_use]
    pub fn config(&self) -> &HealthMonitorConfig {
        &self.inner.config
    }

    /// Adds a checker, or a [`HealthCheck`] that says more about it. While the monitoring runs, it takes
    /// part at once; else it may depend on checkers that are added later.
    ///
    /// # Errors
    /// The name is taken, a value is out of range, its dependencies lead back to itself, or, while the
    /// monitoring runs, one of them does not exist.
    pub fn add_checker(
        &self,
        name: impl Into<ServiceName>,
        checker: impl Into<HealthCheck>,
    ) -> Result<(), MonitorError> {
        let (name, check) = (name.into(), checker.into());
        let limits = check.limits(&name, &self.inner.config);
        let limits = limits.map_err(ConfigError::new)?;
        let history = self.inner.config.history;
        let entry = Arc::new(Entry::new(name.clone(), check, limits, history));
        {
            let mut state = self.inner.state.lock();
            if state.entries.contains_key(&name) {
                return Err(MonitorError::NameTaken { name });
            }
            let mut dependencies = state.dependencies();
            dependencies.insert(&name, &entry.depends_on);
            let mut problems: Vec<_> = dependencies::cycle(&name, &dependencies)
                .into_iter()
                .collect();
            if state.run.is_some() {
                problems.extend(dependencies::unknown(&name, &dependencies));
            }
            ConfigError::check(problems)?;
            state.entries.insert(name.clone(), Arc::clone(&entry));
            if let Some(run) = &state.run {
                run.begin(&self.inner, &entry);
            }
        }
        self.inner.publish();
        Ok(())
    }

    /// Removes a checker, and says whether there was one. Those that depend on it become unknown.
    pub fn remove_checker(&self, name: &str) -> bool {
        let removed = {
            let mut state = self.inner.state.lock();
            if let Some(run) = &state.run {
                run.end(name);
            }
            state.entries.remove(name)
        };
        if let Some(entry) = &removed {
            entry.let_go();
        }
        self.inner.publish();
        removed.is_some()
    }

    /// Begins to check at intervals, each checker at once for the first time, until the handle is dropped.
    /// Needs a tokio runtime.
    ///
    /// # Errors
    /// A checker depends on one that does not exist, the monitoring runs already, or there is no tokio
    /// runtime with timers.
    pub fn start_monitoring(&self) -> Result<MonitoringHandle, MonitorError> {
        let run = Arc::new(Run::here()?);
        let mut state = self.inner.state.lock();
        if state.run.is_some() {
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
            run.begin(&self.inner, entry);
        }
        state.run = Some(Arc::clone(&run));
        Ok(MonitoringHandle::new(self.clone(), run))
    }

    /// Checks one service now, whether the monitoring runs or not, and returns its health after that; `None`
    /// if there is no such checker. The result counts like any other.
    pub async fn check_now(&self, name: &str) -> Option<ServiceHealth> {
        let entry = self.inner.entry(name)?;
        self.inner.check(&entry).await;
        Some(entry.health())
    }

    /// Checks one service now, and fails unless this check says that it works. Thresholds do not matter.
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
        let Some(entry) = self.inner.entry(name) else {
            let allowed = "must name a checker of this monitor";
            let problem = ConfigProblem::new("health.checker", name, ConfigSource::Code, allowed);
            return Err(ConfigError::from(problem).into());
        };
        let error = self.inner.check(&entry).await;
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

    /// What is known of one service; `None` if there is no such checker.
    #[must_use]
    pub fn get_health(&self, name: &str) -> Option<ServiceHealth> {
        Some(self.inner.entry(name)?.health())
    }

    /// What is known of each service.
    #[must_use]
    pub fn get_all_health(&self) -> BTreeMap<ServiceName, ServiceHealth> {
        let entries = self.inner.entries().into_iter();
        entries
            .map(|entry| (entry.name.clone(), entry.health()))
            .collect()
    }

    /// All of them together.
    #[must_use]
    pub fn status(&self) -> HealthStatus {
        self.inner.statuses().overall
    }

    /// Hears of every change of a status.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<HealthStatuses> {
        self.inner.changes.subscribe()
    }
}

impl Inner {
    fn entry(&self, name: &str) -> Option<Arc<Entry>> {
        self.state.lock().entries.get(name).cloned()
    }

    fn entries(&self) -> Vec<Arc<Entry>> {
        self.state.lock().entries.values().cloned().collect()
    }

    fn statuses(&self) -> HealthStatuses {
        let entries = self.entries();
        let each = entries.iter().map(|entry| (entry.status(), entry.critical));
        HealthStatuses {
            overall: HealthStatus::overall(each),
            services: entries
                .iter()
                .map(|entry| (entry.name.clone(), entry.status()))
                .collect(),
        }
    }

    /// Tells subscribers, if anything changed. Collected inside, so that an older view never replaces a
    /// newer one.
    fn publish(&self) {
        self.changes.send_if_modified(|told| {
            let now = self.statuses();
            let changed = *told != now;
            *told = now;
            changed
        });
    }

    /// One check; what it depends on is checked before, where nothing is known of it yet.
    async fn check(&self, entry: &Entry) -> Option<BoxError> {
        self.first_results(entry, None).await;
        let mut turn = entry.turn().await;
        self.check_in_turn(entry, &mut turn, None).await
    }

    /// One check of those that come at intervals. One that somebody else began in the meantime, because
    /// nothing was known yet, will do.
    pub(super) async fn check_in_time(&self, entry: &Entry, due: Moment, run: &Run) {
        self.first_results(entry, Some(run)).await;
        let mut turn = entry.turn().await;
        if !turn.began_since(due) {
            self.check_in_turn(entry, &mut turn, Some(run)).await;
        }
    }

    /// There are no cycles, so nobody waits for himself.
    fn first_results<'a>(
        &'a self,
        entry: &'a Entry,
        run: Option<&'a Run>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            for name in &entry.depends_on {
                let Some(dependency) = self.entry(name) else {
                    continue;
                };
                if dependency.was_checked() {
                    continue;
                }
                self.first_results(&dependency, run).await;
                let mut turn = dependency.turn().await;
                if !dependency.was_checked() {
                    self.check_in_turn(&dependency, &mut turn, run).await;
                }
            }
        })
    }

    async fn check_in_turn(
        &self,
        entry: &Entry,
        turn: &mut Turn<'_>,
        run: Option<&Run>,
    ) -> Option<BoxError> {
        let stopped = run.map(Run::stopped);
        let down = entry.depends_on.iter().find(|name| {
            let status = self.entry(name).map(|dependency| dependency.status());
            !matches!(status, Some(HealthStatus::Healthy | HealthStatus::Degraded))
        });
        let error = match down {
            Some(name) => {
                entry.skip(name.clone(), stopped);
                None
            }
            None => entry.check(turn, stopped).await,
        };
        self.publish();
        error
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
        let statuses = self.inner.statuses();
        f.debug_struct("ServiceHealthMonitor")
            .field("overall", &statuses.overall)
            .field("services", &statuses.services)
            .finish_non_exhaustive()
    }
}
