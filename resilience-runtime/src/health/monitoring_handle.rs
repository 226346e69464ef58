//! The handle that keeps the monitoring running.

use std::fmt;
use std::sync::Arc;

use super::entry::Entry;
use super::monitor_core::MonitorCore;
use super::monitor_tasks::MonitorTasks;

/// Keeps the monitoring running, from
/// [`ServiceHealthMonitor::start_monitoring`](super::ServiceHealthMonitor::start_monitoring). When it is dropped, all
/// checks end, running ones included, and breakers that checks hold open are released. Results stay readable, and
/// monitoring may start again.
#[must_use = "the monitoring stops when this is dropped"]
pub struct MonitoringHandle {
    monitor: Arc<MonitorCore>,
    tasks: Arc<MonitorTasks>,
}

impl MonitoringHandle {
    pub(super) fn new(monitor: Arc<MonitorCore>, tasks: Arc<MonitorTasks>) -> Self {
        Self { monitor, tasks }
    }

    /// Stops the monitoring, as dropping the handle does.
    pub fn stop(self) {}
}

impl Drop for MonitoringHandle {
    fn drop(&mut self) {
        let entries: Vec<Arc<Entry>> = {
            let mut state = self.monitor.state.lock();
            state.tasks = None;
            state.entries.values().cloned().collect()
        };
        self.tasks.stop();
        for entry in entries {
            entry.release();
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
