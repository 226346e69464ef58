//! The state that all handles of a monitor share, and the checks themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::dependencies::Dependencies;
use super::entry::{CheckLock, Entry};
use super::monitor_tasks::MonitorTasks;
use super::status::{HealthStatus, HealthStatuses};
use crate::clock::Moment;
use crate::config::HealthMonitorConfig;
use crate::error::BoxError;
use crate::name::ServiceName;
use crate::sync::Mutex;
use crate::timer;

pub(super) struct MonitorCore {
    pub(super) config: HealthMonitorConfig,
    pub(super) state: Mutex<State>,
    pub(super) changes: watch::Sender<HealthStatuses>,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) entries: BTreeMap<ServiceName, Arc<Entry>>,
    pub(super) tasks: Option<Arc<MonitorTasks>>,
}

impl State {
    pub(super) fn dependencies(&self) -> Dependencies<'_> {
        let entries = self.entries.iter();
        entries
            .map(|(name, entry)| (name, &*entry.depends_on))
            .collect()
    }
}

impl MonitorCore {
    pub(super) fn new(config: HealthMonitorConfig) -> Self {
        Self {
            config,
            state: Mutex::default(),
            changes: watch::Sender::default(),
        }
    }

    /// Starts to check `entry` at intervals.
    pub(super) fn start(self: &Arc<Self>, entry: &Arc<Entry>, tasks: &Arc<MonitorTasks>) {
        let checks = check_at_intervals(Arc::clone(self), Arc::clone(entry), Arc::clone(tasks));
        tasks.spawn(entry.name.clone(), checks);
    }

    pub(super) fn entry(&self, name: &str) -> Option<Arc<Entry>> {
        self.state.lock().entries.get(name).cloned()
    }

    pub(super) fn entries(&self) -> Vec<Arc<Entry>> {
        self.state.lock().entries.values().cloned().collect()
    }

    pub(super) fn statuses(&self) -> HealthStatuses {
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

    /// Notifies subscribers if a status changed. The statuses are read inside the closure, so that an older view never
    /// replaces a newer one.
    pub(super) fn publish(&self) {
        self.changes.send_if_modified(|published| {
            let now = self.statuses();
            let changed = *published != now;
            *published = now;
            changed
        });
    }

    /// Checks once. Dependencies without a result are checked first.
    pub(super) async fn check(&self, entry: &Entry) -> Option<BoxError> {
        self.check_dependencies(entry, None).await;
        let mut lock = entry.lock().await;
        self.check_locked(entry, &mut lock, None).await
    }

    /// Checks once at an interval. A check that began since `due`, as that of a dependent checker, counts as this one.
    async fn check_in_time(&self, entry: &Entry, due: Moment, tasks: &MonitorTasks) {
        self.check_dependencies(entry, Some(tasks)).await;
        let mut lock = entry.lock().await;
        if !lock.began_since(due) {
            self.check_locked(entry, &mut lock, Some(tasks)).await;
        }
    }

    /// Checks all dependencies without a result, recursively. Dependencies have no cycles, so this ends.
    fn check_dependencies<'a>(
        &'a self,
        entry: &'a Entry,
        tasks: Option<&'a MonitorTasks>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            for name in &entry.depends_on {
                let Some(dependency) = self.entry(name) else {
                    continue;
                };
                if dependency.was_checked() {
                    continue;
                }
                self.check_dependencies(&dependency, tasks).await;
                let mut lock = dependency.lock().await;
                if !dependency.was_checked() {
                    self.check_locked(&dependency, &mut lock, tasks).await;
                }
            }
        })
    }

    async fn check_locked(
        &self,
        entry: &Entry,
        lock: &mut CheckLock<'_>,
        tasks: Option<&MonitorTasks>,
    ) -> Option<BoxError> {
        let stopped = tasks.map(MonitorTasks::stopped);
        let down = entry.depends_on.iter().find(|name| {
            let status = self.entry(name).map(|dependency| dependency.status());
            !matches!(status, Some(HealthStatus::Healthy | HealthStatus::Degraded))
        });
        let error = match down {
            Some(name) => {
                entry.skip(name.clone(), stopped);
                None
            }
            None => entry.check(lock, stopped).await,
        };
        self.publish();
        error
    }
}

impl fmt::Debug for MonitorCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses = self.statuses();
        f.debug_struct("ServiceHealthMonitor")
            .field("overall", &statuses.overall)
            .field("services", &statuses.services)
            .finish_non_exhaustive()
    }
}

async fn check_at_intervals(
    monitor: Arc<MonitorCore>,
    entry: Arc<Entry>,
    tasks: Arc<MonitorTasks>,
) {
    loop {
        let began = Moment::now();
        monitor.check_in_time(&entry, began, &tasks).await;
        let pause = spread(entry.limits.interval, monitor.config.jitter);
        match timer::at(began.after(pause)) {
            Ok(Some(sleep)) => sleep.await,
            // The interval is longer than a timer can wait.
            Ok(None) | Err(_) => return,
        }
    }
}

/// Returns the interval with its jitter, so that many processes do not check at the same time.
fn spread(interval: Duration, jitter: f64) -> Duration {
    let factor = 1.0 + rand::random_range(-jitter..=jitter);
    Duration::try_from_secs_f64(interval.as_secs_f64() * factor).unwrap_or(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spread_stays_within_the_jitter() {
        let interval = Duration::from_secs(100);
        assert_eq!(spread(interval, 0.0), interval);
        let spread: Vec<Duration> = (0..1_000).map(|_| spread(interval, 0.2)).collect();
        let bounds = Duration::from_secs(80)..=Duration::from_secs(120);
        assert!(spread.iter().all(|it| bounds.contains(it)));
        assert!(spread.iter().any(|it| *it < Duration::from_secs(85)));
        assert!(spread.iter().any(|it| *it > Duration::from_secs(115)));
        assert_eq!(super::spread(Duration::MAX, 0.0), Duration::MAX);
    }
}
