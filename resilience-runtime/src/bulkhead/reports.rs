//! How an adaptive limit learns of the calls, and what follows from a change of it.

use super::adaptive::{AdaptiveLimit, LimitChange, Report};
use super::{Bulkhead, Limits};
use crate::clock::Moment;
use crate::config::BulkheadConfig;
use crate::sync::atomic::Ordering::Relaxed;
use crate::wake::{DeferredWakes, later};

impl Limits {
    /// Returns how many calls may run at the same time.
    pub(super) fn limit(&self) -> usize {
        let adaptive = self.adaptive.as_ref();
        adaptive.map_or(self.config.max_concurrent, AdaptiveLimit::limit)
    }

    /// Takes another configuration.
    pub(super) fn reconfigure(&mut self, config: BulkheadConfig) -> Option<LimitChange> {
        let mut change = None;
        match (&mut self.adaptive, &config.adaptive) {
            (Some(limit), Some(adaptive)) => change = limit.reconfigure(adaptive.clone()),
            (None, Some(adaptive)) => self.adaptive = Some(AdaptiveLimit::new(adaptive.clone())),
            (_, None) => self.adaptive = None,
        }
        self.config = config;
        change
    }
}

impl Bulkhead {
    /// Whether it wants reports.
    #[inline]
    pub(crate) fn is_adaptive(&self) -> bool {
        self.is_adaptive.load(Relaxed)
    }

    /// Takes the report of a call that began at `started` and still holds its permit. The lock is this bulkhead's own, and
    /// held for a few additions.
    pub(crate) fn report(&self, report: Report, started: Moment, now: Moment) {
        let in_use = self.semaphore.in_use();
        let mut limits = self.limits.lock();
        let Some(adaptive) = &mut limits.adaptive else {
            return;
        };
        let Some(change) = adaptive.report(report, started, in_use, now) else {
            return;
        };
        // Under the lock, so that the last change is the one that stays; what that wakes runs after it.
        let wakes = DeferredWakes::begin();
        self.semaphore.resize(change.to, now);
        self.announce(change);
        drop(limits);
        drop(wakes);
    }

    pub(super) fn announce(&self, change: LimitChange) {
        let (name, listener) = (self.name.clone(), self.listener.clone());
        later(move || {
            let LimitChange { from, to } = change;
            let service = name.as_str();
            if to < from {
                tracing::info!(target: "resilience", service, from, to, "bulkhead limit lowered");
            } else {
                tracing::debug!(target: "resilience", service, from, to, "bulkhead limit raised");
            }
            if let Some(listener) = listener {
                listener(change);
            }
        });
    }
}
