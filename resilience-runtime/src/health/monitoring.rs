//! The tasks that check at intervals, for as long as a handle lives.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::entry::Entry;
use super::error::MonitorError;
use super::monitor::{Inner, ServiceHealthMonitor};
use crate::clock::Moment;
use crate::name::ServiceName;
use crate::sync::Mutex;
use crate::timer::{self, NoTimer};

/// Keeps the monitoring going, from
/// [`ServiceHealthMonitor::start_monitoring`]. When it is dropped all checks end, those that run included,
/// and breakers that checks hold open are let go. What was found stays readable, and monitoring may start
/// again.
#[must_use = "the monitoring stops when this is dropped"]
pub struct MonitoringHandle {
    monitor: ServiceHealthMonitor,
    run: Arc<Run>,
}

impl MonitoringHandle {
    pub(super) fn new(monitor: ServiceHealthMonitor, run: Arc<Run>) -> Self {
        Self { monitor, run }
    }

    /// Stops the monitoring, as dropping the handle does.
    pub fn stop(self) {}
}

impl Drop for MonitoringHandle {
    fn drop(&mut self) {
        let entries: Vec<Arc<Entry>> = {
            let mut state = self.monitor.inner.state.lock();
            state.run = None;
            state.entries.values().cloned().collect()
        };
        self.run.stop();
        for entry in entries {
            entry.let_go();
        }
    }
}

impl fmt::Debug for MonitoringHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MonitoringHandle")
            .field("monitor", &self.monitor)
            .finish()
    }
}

/// The tasks of one handle.
pub(super) struct Run {
    runtime: Handle,
    stopped: AtomicBool,
    tasks: Mutex<BTreeMap<ServiceName, AbortHandle>>,
}

impl Run {
    /// On the runtime that this is called in.
    pub(super) fn here() -> Result<Self, MonitorError> {
        let runtime = Handle::try_current().map_err(|_| NoTimer::NoRuntime)?;
        timer::at(Moment::now())?;
        Ok(Self {
            runtime,
            stopped: AtomicBool::new(false),
            tasks: Mutex::default(),
        })
    }

    pub(super) fn begin(self: &Arc<Self>, monitor: &Arc<Inner>, entry: &Arc<Entry>) {
        let task = self.runtime.spawn(check_at_intervals(
            Arc::clone(monitor),
            Arc::clone(entry),
            Arc::clone(self),
        ));
        let name = entry.name.clone();
        self.tasks.lock().insert(name, task.abort_handle());
    }

    pub(super) fn end(&self, name: &str) {
        if let Some(task) = self.tasks.lock().remove(name) {
            task.abort();
        }
    }

    fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        for task in self.tasks.lock().values() {
            task.abort();
        }
    }

    /// Whether what is found still counts for breakers.
    pub(super) fn stopped(&self) -> &AtomicBool {
        &self.stopped
    }
}

async fn check_at_intervals(monitor: Arc<Inner>, entry: Arc<Entry>, run: Arc<Run>) {
    loop {
        let began = Moment::now();
        monitor.check_in_time(&entry, began, &run).await;
        let pause = spread(entry.limits.interval, monitor.config.jitter);
        match timer::at(began.after(pause)) {
            Ok(Some(sleep)) => sleep.await,
            // Beyond the reach of a timer, so never.
            Ok(None) | Err(_) => return,
        }
    }
}

/// The interval, longer or shorter by up to a share of it, so that many processes do not check in step.
fn spread(interval: Duration, jitter: f64) -> Duration {
    let factor = 1.0 + rand::random_range(-jitter..=jitter);
    Duration::try_from_secs_f64(interval.as_secs_f64() * factor).unwrap_or(interval)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_stay_within_their_jitter() {
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
