//! Connects the one sampler with the feed of all subscribers.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::feed::{Feed, Joined};
use super::sampler::Sampler;
use crate::health::ServiceHealthMonitor;
use crate::registry::Registry;

pub(super) struct Hub {
    pub(super) feed: Feed,
    /// Locked by the sampling task while it runs. Between tasks it buffers the events.
    sampler: tokio::sync::Mutex<Sampler>,
}

impl Hub {
    pub(super) fn new(registry: Registry, monitor: ServiceHealthMonitor) -> Self {
        Self {
            feed: Feed::default(),
            sampler: tokio::sync::Mutex::new(Sampler::new(registry, monitor)),
        }
    }

    /// Adds a subscriber; `None` if there are too many. The first one starts the sampling task.
    pub(super) fn join(hub: &Arc<Self>, runtime: &Handle) -> Option<Joined> {
        // What happened without a subscriber belongs to the history of this one.
        if let Ok(mut sampler) = hub.sampler.try_lock() {
            sampler.catch_up(&hub.feed);
        }
        hub.feed.join(|task| {
            let sampling = Self::sample(Arc::clone(hub), task);
            runtime.spawn(sampling).abort_handle()
        })
    }

    async fn sample(hub: Arc<Self>, task: u64) {
        let _running = RunningTask {
            feed: &hub.feed,
            task,
        };
        let mut sampler = hub.sampler.lock().await;
        sampler.run(&hub.feed).await;
    }
}

/// Ends the streams when their task ends first, as when its runtime shuts down.
struct RunningTask<'a> {
    feed: &'a Feed,
    task: u64,
}

impl Drop for RunningTask<'_> {
    fn drop(&mut self) {
        self.feed.task_ended(self.task);
    }
}
