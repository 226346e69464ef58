//! The histograms that record each single latency. Without any, a call pays one load.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwap;

use crate::name::{ServiceKind, ServiceName};

/// Records the duration of each call and attempt at its end.
pub(crate) trait Timer: fmt::Debug + Send + Sync {
    fn call_took(&self, service: &ServiceName, kind: ServiceKind, took: Duration);
    fn attempt_took(&self, service: &ServiceName, kind: ServiceKind, took: Duration);
}

/// The registered timers.
#[derive(Debug, Default)]
pub(crate) struct Timers(OnceLock<ArcSwap<Vec<Arc<dyn Timer>>>>);

impl Timers {
    pub(crate) fn add(&self, timer: &Arc<dyn Timer>) {
        self.0.get_or_init(ArcSwap::default).rcu(|timers| {
            let mut timers = Vec::clone(timers);
            timers.push(Arc::clone(timer));
            timers
        });
    }

    pub(crate) fn remove(&self, timer: &Arc<dyn Timer>) {
        if let Some(timers) = self.0.get() {
            timers.rcu(|timers| {
                let others = timers.iter().filter(|it| !Arc::ptr_eq(it, timer));
                others.cloned().collect::<Vec<_>>()
            });
        }
    }

    pub(crate) fn each(&self, record: impl Fn(&dyn Timer)) {
        if let Some(timers) = self.0.get() {
            timers.load().iter().for_each(|timer| record(&**timer));
        }
    }
}
