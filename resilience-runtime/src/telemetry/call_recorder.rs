//! Records events for the assertions of tests.

use std::sync::Arc;

use super::event::{Event, EventKind};
use super::observers::Observers;
use super::recorded_call::RecordedCall;
use super::recording::Recording;
use crate::circuit_breaker::CircuitState;
use crate::name::ServiceName;

/// Records every event of the services of a registry, for the assertions of a test. Unlike a subscriber it misses no
/// event, and it keeps all of them until it is dropped.
///
/// ```
/// # fn main() { tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
/// use std::time::Duration;
/// use resilience_runtime::chaos::Fault;
/// use resilience_runtime::{
///     BoxError, CircuitState, Registry, Verdict, llm_resilient, telemetry::CallRecorder,
/// };
///
/// #[llm_resilient(
///     retry(max_attempts = 3, base_delay = "1s", jitter = "none"),
///     circuit_breaker(failure_threshold = 3),
///     fallback(value = "try later".to_owned())
/// )]
/// async fn complete(prompt: &str) -> Result<String, BoxError> {
///     Ok(format!("an answer to {prompt}"))
/// }
///
/// let registry = Registry::new();
/// let recorder = CallRecorder::new(&registry);
/// let fault = registry.inject("llm", Fault::error(Verdict::transient()));
/// registry.scope(async { complete("hello").await }).await.unwrap();
///
/// let call = recorder.last_call("llm");
/// assert_eq!(call.attempts, 3);
/// assert_eq!(call.waits, [Duration::from_secs(1), Duration::from_secs(2)]);
/// assert_eq!(call.fallback, Some("value"));
/// assert_eq!(recorder.circuit("llm"), [CircuitState::Open]);
/// assert_eq!(
///     call.to_string(),
///     "llm: 3 attempts (transient, transient, transient), waits of 1s and 2s, failure, fallback value"
/// );
/// # drop(fault);
/// # }) }
/// ```
#[derive(Debug)]
pub struct CallRecorder {
    recording: Arc<Recording>,
    observers: Arc<Observers>,
}

impl CallRecorder {
    /// Starts recording. The public constructor is in `registry`, which owns the observers.
    pub(crate) fn start(observers: Arc<Observers>) -> Self {
        let recording = Arc::default();
        observers.record(&recording);
        Self {
            recording,
            observers,
        }
    }

    /// Returns all events so far, in their order.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.recording.0.lock().clone()
    }

    /// Returns the calls of a service that had an event, in the order of their first events. A running call has no
    /// [`result`](RecordedCall::result) yet.
    #[must_use]
    pub fn calls(&self, service: &str) -> Vec<RecordedCall> {
        let mut calls: Vec<(u64, RecordedCall)> = Vec::new();
        for event in self.recording.0.lock().iter() {
            let Some(number) = event.call.filter(|_| event.service == *service) else {
                continue;
            };
            let at = calls.iter().position(|(known, _)| *known == number);
            let at = at.unwrap_or_else(|| {
                calls.push((number, RecordedCall::new(event)));
                calls.len() - 1
            });
            calls[at].1.apply(&event.kind);
        }
        calls.into_iter().map(|(_, call)| call).collect()
    }

    /// Returns the last one of [`calls`](Self::calls).
    ///
    /// # Panics
    /// Panics if there is none. The message lists the services that had events.
    #[must_use]
    #[track_caller]
    pub fn last_call(&self, service: &str) -> RecordedCall {
        self.calls(service).pop().unwrap_or_else(|| {
            let others: Vec<ServiceName> = self
                .events()
                .into_iter()
                .map(|event| event.service)
                .collect();
            panic!("no call of service `{service}`; events of {others:?}")
        })
    }

    /// Returns the states that the circuit breaker of a service entered, in their order; those of keys apart.
    #[must_use]
    pub fn circuit(&self, service: &str) -> Vec<CircuitState> {
        let events = self.recording.0.lock();
        let states = events.iter().filter_map(|event| match event.kind {
            EventKind::CircuitChanged { to, keyed, .. } if event.service == *service && !keyed => {
                Some(to)
            }
            _ => None,
        });
        states.collect()
    }

    /// Removes all events recorded so far.
    pub fn clear(&self) {
        self.recording.0.lock().clear();
    }
}

impl Drop for CallRecorder {
    fn drop(&mut self) {
        self.observers.stop_recording(&self.recording);
    }
}
