//! The tasks that check at intervals: one for each checker.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use super::error::MonitorError;
use crate::clock::Moment;
use crate::name::ServiceName;
use crate::sync::Mutex;
use crate::timer::{self, NoTimer};

pub(super) struct MonitorTasks {
    runtime: Handle,
    stopped: AtomicBool,
    tasks: Mutex<BTreeMap<ServiceName, AbortHandle>>,
}

impl MonitorTasks {
    /// Uses the current runtime, which must have a timer.
    pub(super) fn on_current_runtime() -> Result<Self, MonitorError> {
        let runtime = Handle::try_current().map_err(|_| NoTimer::NoRuntime)?;
        timer::at(Moment::now())?;
        Ok(Self {
            runtime,
            stopped: AtomicBool::new(false),
            tasks: Mutex::default(),
        })
    }

    pub(super) fn spawn(
        &self,
        name: ServiceName,
        checks: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.runtime.spawn(checks);
        self.tasks.lock().insert(name, task.abort_handle());
    }

    pub(super) fn abort(&self, name: &str) {
        if let Some(task) = self.tasks.lock().remove(name) {
            task.abort();
        }
    }

    /// Aborts all tasks. The flag is set first, so that a check that still ends does not hold a breaker open: pairs
    /// with the `Acquire` load in `Trip::follow`.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        for task in self.tasks.lock().values() {
            task.abort();
        }
    }

    /// The flag that is set by [`stop`](Self::stop); results after it no longer change breakers.
    pub(super) fn stopped(&self) -> &AtomicBool {
        &self.stopped
    }
}
