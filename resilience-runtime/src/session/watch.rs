//! Whether who renews a session is polled when it is woken.

use std::sync::Arc;
use std::task::{Wake, Waker};
use std::time::Duration;

use crate::clock::Moment;
use crate::sync::Mutex;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::Relaxed;

/// How long who was woken has to be polled.
pub(super) const PATIENCE: Duration = Duration::from_millis(50);

/// A waker that notes when it fires.
pub(super) struct PollWatch {
    /// When it fired since the last poll; the far future: it did not.
    // Relaxed: it guards no other data, and who reads it late looks again soon.
    fired_at: AtomicU64,
    task: Mutex<Option<Waker>>,
}

impl Default for PollWatch {
    fn default() -> Self {
        Self {
            fired_at: AtomicU64::new(Moment::FAR_FUTURE.0),
            task: Mutex::default(),
        }
    }
}

impl PollWatch {
    /// Notes that it is polled. `waker` is woken next.
    pub(super) fn polled(&self, waker: &Waker) {
        // Foreign code, cloning and dropping wakers included, never runs under the lock.
        let waker = waker.clone();
        self.fired_at.store(Moment::FAR_FUTURE.0, Relaxed);
        let replaced = self.task.lock().replace(waker);
        drop(replaced);
    }

    /// Whether it was woken and not polled for too long.
    pub(super) fn is_unpolled(&self, now: Moment) -> bool {
        Moment(self.fired_at.load(Relaxed)).after(PATIENCE) <= now
    }
}

impl Wake for PollWatch {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.fired_at.fetch_min(Moment::now().0, Relaxed);
        let task = self.task.lock().take();
        if let Some(task) = task {
            task.wake();
        }
    }
}
