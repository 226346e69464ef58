//! Who listens to a registry. Where nobody does, a call finds out by one load.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::broadcast;

use super::event::{Event, EventKind};
use crate::name::ServiceName;

/// Events that a subscriber may be behind.
const CAPACITY: usize = 1_024;

const LATENCY: u32 = 1;
const ONE_LISTENER: u32 = 2;

/// Who listens to a registry.
#[derive(Debug, Default)]
pub(crate) struct Observers {
    /// Whether latencies are measured, and how many hear of each call.
    of_calls: AtomicU32,
    of_changes: AtomicU32,
    calls: OnceLock<broadcast::Sender<Event>>,
    changes: OnceLock<broadcast::Sender<Event>>,
    #[cfg(feature = "test-util")]
    recordings: crate::sync::Mutex<Vec<std::sync::Weak<super::probe::Recording>>>,
    /// Those who are told each latency that is measured.
    #[cfg(feature = "opentelemetry")]
    pub(crate) timers: super::timers::Timers,
}

impl Observers {
    /// Whether anything is to be done at the end of each call.
    #[inline]
    pub(crate) fn watch_calls(&self) -> bool {
        self.of_calls.load(Ordering::Relaxed) != 0
    }

    /// Whether latencies are measured.
    #[inline]
    pub(crate) fn measures_latency(&self) -> bool {
        self.of_calls.load(Ordering::Relaxed) & LATENCY != 0
    }

    pub(crate) fn measure_latency(&self) {
        self.of_calls.fetch_or(LATENCY, Ordering::Relaxed);
    }

    /// Whether somebody hears of what happens in calls.
    #[inline]
    pub(crate) fn hear_calls(&self) -> bool {
        self.of_calls.load(Ordering::Relaxed) >= ONE_LISTENER
    }

    /// Whether somebody hears of changes.
    #[inline]
    pub(crate) fn hear_changes(&self) -> bool {
        self.hear_calls() || self.of_changes.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn subscribe(self: &Arc<Self>, interest: Interest) -> Events {
        let (channel, count) = match interest {
            Interest::Everything => (&self.calls, &self.of_calls),
            Interest::Changes => (&self.changes, &self.of_changes),
        };
        let channel = channel.get_or_init(|| broadcast::channel(CAPACITY).0);
        let receiver = channel.subscribe();
        count.fetch_add(ONE_LISTENER, Ordering::Relaxed);
        Events {
            receiver,
            _listening: Listening {
                observers: Arc::downgrade(self),
                interest,
            },
        }
    }

    pub(crate) fn send(&self, event: Event) {
        if event.kind.is_change()
            && self.of_changes.load(Ordering::Relaxed) != 0
            && let Some(changes) = self.changes.get()
        {
            // Whoever listened may have left in the meantime.
            let _ = changes.send(event.clone());
        }
        #[cfg(feature = "test-util")]
        for recording in self.recordings.lock().iter() {
            super::probe::Recording::add(recording, &event);
        }
        if self.hear_calls()
            && let Some(calls) = self.calls.get()
        {
            let _ = calls.send(event);
        }
    }

    /// Lets a test write everything down.
    #[cfg(feature = "test-util")]
    pub(super) fn record(&self, recording: &Arc<super::probe::Recording>) {
        self.recordings.lock().push(Arc::downgrade(recording));
        self.of_calls.fetch_add(ONE_LISTENER, Ordering::Relaxed);
    }

    #[cfg(feature = "test-util")]
    pub(super) fn stop_recording(&self, recording: &Arc<super::probe::Recording>) {
        let recording = Arc::as_ptr(recording);
        self.recordings
            .lock()
            .retain(|other| other.as_ptr() != recording);
        self.of_calls.fetch_sub(ONE_LISTENER, Ordering::Relaxed);
    }

    /// Tells of a change that is no call's affair.
    pub(crate) fn changed(&self, service: &ServiceName, kind: impl FnOnce() -> EventKind) {
        if self.hear_changes() {
            self.send(Event::new(service.clone(), kind()));
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Interest {
    Everything,
    Changes,
}

/// What happens to the services of a registry, from [`Registry::subscribe`](crate::Registry::subscribe) and
/// [`Registry::subscribe_to_changes`](crate::Registry::subscribe_to_changes).
///
/// It holds the last 1,024 events: who reads more slowly misses the oldest ones and is told how many. Nothing
/// waits for a reader.
pub struct Events {
    receiver: broadcast::Receiver<Event>,
    _listening: Listening,
}

/// Why there is no event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// So many events came and went unread; the next one is the oldest that is left.
    #[error("{0} events were missed")]
    Missed(u64),
    /// The registry is gone.
    #[error("the registry is gone")]
    Closed,
}

impl Events {
    /// The next event. It can be dropped at any time without losing one.
    ///
    /// # Errors
    /// [`EventsError`]: some were missed, after which it goes on, or no more will come.
    pub async fn recv(&mut self) -> Result<Event, EventsError> {
        self.receiver.recv().await.map_err(|error| match error {
            broadcast::error::RecvError::Lagged(missed) => EventsError::Missed(missed),
            broadcast::error::RecvError::Closed => EventsError::Closed,
        })
    }

    /// The next event, if there is one already.
    ///
    /// # Errors
    /// Those of [`recv`](Self::recv).
    pub fn try_recv(&mut self) -> Result<Option<Event>, EventsError> {
        match self.receiver.try_recv() {
            Ok(event) => Ok(Some(event)),
            Err(broadcast::error::TryRecvError::Empty) => Ok(None),
            Err(broadcast::error::TryRecvError::Lagged(missed)) => Err(EventsError::Missed(missed)),
            Err(broadcast::error::TryRecvError::Closed) => Err(EventsError::Closed),
        }
    }
}

impl fmt::Debug for Events {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("waiting", &self.receiver.len())
            .finish()
    }
}

/// Counts its subscriber, for as long as it lives.
struct Listening {
    observers: std::sync::Weak<Observers>,
    interest: Interest,
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(observers) = self.observers.upgrade() {
            let count = match self.interest {
                Interest::Everything => &observers.of_calls,
                Interest::Changes => &observers.of_changes,
            };
            count.fetch_sub(ONE_LISTENER, Ordering::Relaxed);
        }
    }
}
