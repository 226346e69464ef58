//! The subscribers of a registry. Without any, a call pays one load.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::broadcast;

use super::event::{Event, EventKind};
use crate::name::ServiceName;
use crate::wake::later;

/// How many events a subscriber may lag behind.
const CAPACITY: usize = 1_024;

const LATENCY: u32 = 1;
const ONE_SUBSCRIBER: u32 = 2;

/// The subscribers of a registry.
#[derive(Debug, Default)]
pub(crate) struct Observers {
    /// Bit 0: whether latencies are measured. The other bits: the number of subscribers to all events.
    call_flags: AtomicU32,
    change_flags: AtomicU32,
    calls: OnceLock<broadcast::Sender<Event>>,
    changes: OnceLock<broadcast::Sender<Event>>,
    #[cfg(feature = "test-util")]
    recordings: crate::sync::Mutex<Vec<std::sync::Weak<super::recording::Recording>>>,
    /// The histograms that record each measured latency.
    #[cfg(feature = "opentelemetry")]
    pub(crate) timers: super::timers::Timers,
}

impl Observers {
    /// Returns whether the end of each call must be reported.
    #[inline]
    pub(crate) fn is_observed(&self) -> bool {
        self.call_flags.load(Ordering::Relaxed) != 0
    }

    /// Returns whether latencies are measured.
    #[inline]
    pub(crate) fn measures_latency(&self) -> bool {
        self.call_flags.load(Ordering::Relaxed) & LATENCY != 0
    }

    pub(crate) fn measure_latency(&self) {
        self.call_flags.fetch_or(LATENCY, Ordering::Relaxed);
    }

    /// Returns whether there is a subscriber to the events of calls.
    #[inline]
    pub(crate) fn has_call_subscribers(&self) -> bool {
        self.call_flags.load(Ordering::Relaxed) >= ONE_SUBSCRIBER
    }

    /// Returns whether there is a subscriber to changes.
    #[inline]
    pub(crate) fn has_change_subscribers(&self) -> bool {
        self.has_call_subscribers() || self.change_flags.load(Ordering::Relaxed) != 0
    }

    pub(crate) fn subscribe(self: &Arc<Self>, channel: Channel) -> Events {
        let (sender, count) = match channel {
            Channel::All => (&self.calls, &self.call_flags),
            Channel::Changes => (&self.changes, &self.change_flags),
        };
        let sender = sender.get_or_init(|| broadcast::channel(CAPACITY).0);
        let receiver = sender.subscribe();
        count.fetch_add(ONE_SUBSCRIBER, Ordering::Relaxed);
        Events {
            receiver,
            _subscription: Subscription {
                observers: Arc::downgrade(self),
                channel,
            },
        }
    }

    pub(crate) fn send(&self, event: Event) {
        if event.kind.is_change()
            && self.change_flags.load(Ordering::Relaxed) != 0
            && let Some(changes) = self.changes.get()
        {
            // The last subscriber may have been dropped in the meantime.
            let _ = changes.send(event.clone());
        }
        #[cfg(feature = "test-util")]
        for recording in self.recordings.lock().iter() {
            super::recording::Recording::add(recording, &event);
        }
        if self.has_call_subscribers()
            && let Some(calls) = self.calls.get()
        {
            let _ = calls.send(event);
        }
    }

    /// Records every event for a test.
    #[cfg(feature = "test-util")]
    pub(super) fn record(&self, recording: &Arc<super::recording::Recording>) {
        self.recordings.lock().push(Arc::downgrade(recording));
        self.call_flags.fetch_add(ONE_SUBSCRIBER, Ordering::Relaxed);
    }

    #[cfg(feature = "test-util")]
    pub(super) fn stop_recording(&self, recording: &Arc<super::recording::Recording>) {
        let recording = Arc::as_ptr(recording);
        self.recordings
            .lock()
            .retain(|other| other.as_ptr() != recording);
        self.call_flags.fetch_sub(ONE_SUBSCRIBER, Ordering::Relaxed);
    }

    /// Sends a change that does not belong to one call.
    pub(crate) fn changed(
        self: &Arc<Self>,
        service: &ServiceName,
        kind: impl FnOnce() -> EventKind,
    ) {
        if self.has_change_subscribers() {
            self.send_later(service, kind());
        }
    }

    /// Sends an event that does not belong to one call, and is too frequent for those who want changes alone.
    pub(crate) fn happened(self: &Arc<Self>, service: &ServiceName, kind: EventKind) {
        if self.has_call_subscribers() {
            self.send_later(service, kind);
        }
    }

    /// It wakes whoever reads.
    fn send_later(self: &Arc<Self>, service: &ServiceName, kind: EventKind) {
        let (observers, event) = (Arc::clone(self), Event::new(service.clone(), kind));
        later(move || observers.send(event));
    }
}

#[derive(Clone, Copy, Debug)]
/// What a subscription receives: all events, or changes of state alone.
pub(crate) enum Channel {
    All,
    Changes,
}

/// Receives the events of the services of a registry, from [`Registry::subscribe`](crate::Registry::subscribe) and
/// [`Registry::subscribe_to_changes`](crate::Registry::subscribe_to_changes).
///
/// It holds the last 1,024 events: a slower reader misses the oldest ones and learns how many. Calls never wait for
/// a reader.
pub struct Events {
    receiver: broadcast::Receiver<Event>,
    _subscription: Subscription,
}

/// Describes why no event was received.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventsError {
    /// This many events were lost unread; the next one is the oldest that is left.
    #[error("{0} events were missed")]
    Missed(u64),
    /// The registry was dropped, so no further event can follow.
    #[error("the registry is gone")]
    Closed,
}

impl Events {
    /// Waits for the next event. The future can be dropped at any time without losing one.
    ///
    /// # Errors
    /// [`EventsError`]: some events were missed, after which reading continues, or no more will come.
    pub async fn recv(&mut self) -> Result<Event, EventsError> {
        self.receiver.recv().await.map_err(|error| match error {
            broadcast::error::RecvError::Lagged(missed) => EventsError::Missed(missed),
            broadcast::error::RecvError::Closed => EventsError::Closed,
        })
    }

    /// Returns the next event, if there is one already.
    ///
    /// # Errors
    /// The errors of [`recv`](Self::recv).
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

/// Counts its subscriber as long as it lives.
struct Subscription {
    observers: std::sync::Weak<Observers>,
    channel: Channel,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        if let Some(observers) = self.observers.upgrade() {
            let count = match self.channel {
                Channel::All => &observers.call_flags,
                Channel::Changes => &observers.change_flags,
            };
            count.fetch_sub(ONE_SUBSCRIBER, Ordering::Relaxed);
        }
    }
}
