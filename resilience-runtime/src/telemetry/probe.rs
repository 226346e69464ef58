//! What a test can say about what happened.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::correlation::CorrelationId;
use super::event::{CallResult, Event, EventKind};
use super::observers::Observers;
use crate::circuit_breaker::CircuitState;
use crate::name::ServiceName;
use crate::registry::Registry;
use crate::sync::Mutex;
use crate::verdict::Class;

/// Writes down everything that happens to the services of a registry, for a test to look at. Unlike a
/// subscriber it misses nothing, and keeps all of it until it is dropped.
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
/// let probe = CallRecorder::new(&registry);
/// let fault = registry.inject("llm", Fault::error(Verdict::transient()));
/// registry.scope(async { complete("hello").await }).await.unwrap();
///
/// let call = probe.last_call("llm");
/// assert_eq!(call.attempts, 3);
/// assert_eq!(call.waits, [Duration::from_secs(1), Duration::from_secs(2)]);
/// assert_eq!(call.fallback, Some("value"));
/// assert_eq!(probe.circuit("llm"), [CircuitState::Open]);
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

/// What a probe has heard.
#[derive(Debug, Default)]
pub(super) struct Recording(Mutex<Vec<Event>>);

impl Recording {
    pub(super) fn add(recording: &Weak<Self>, event: &Event) {
        if let Some(recording) = recording.upgrade() {
            recording.0.lock().push(event.clone());
        }
    }
}

impl CallRecorder {
    /// Writes down from now on what happens to the services of `registry`.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let observers = Arc::clone(registry.observers());
        let recording = Arc::default();
        observers.record(&recording);
        Self {
            recording,
            observers,
        }
    }

    /// Everything so far, in the order in which it happened.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.recording.0.lock().clone()
    }

    /// The calls of a service that something was told of, in the order of their first events. What is still
    /// running has no [`result`](RecordedCall::result) yet.
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
            calls[at].1.take_in(&event.kind);
        }
        calls.into_iter().map(|(_, call)| call).collect()
    }

    /// The last one of [`calls`](Self::calls).
    ///
    /// # Panics
    /// There is none; then it says what there was instead.
    #[must_use]
    #[track_caller]
    pub fn last_call(&self, service: &str) -> RecordedCall {
        self.calls(service).pop().unwrap_or_else(|| {
            let others: Vec<ServiceName> = self
                .events()
                .into_iter()
                .map(|event| event.service)
                .collect();
            panic!("no call of service `{service}`; what happened, happened to {others:?}")
        })
    }

    /// The states that the circuit breaker of a service went into, one after the other.
    #[must_use]
    pub fn circuit(&self, service: &str) -> Vec<CircuitState> {
        let events = self.recording.0.lock();
        let states = events.iter().filter_map(|event| match event.kind {
            EventKind::CircuitChanged { to, .. } if event.service == *service => Some(to),
            _ => None,
        });
        states.collect()
    }

    /// Forgets everything so far.
    pub fn clear(&self) {
        self.recording.0.lock().clear();
    }
}

impl Drop for CallRecorder {
    fn drop(&mut self) {
        self.observers.stop_recording(&self.recording);
    }
}

/// One call, as a [`CallRecorder`] saw it. As text it is one line.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RecordedCall {
    /// The service.
    pub service: ServiceName,
    /// The function's path; the service's name for calls by hand.
    pub function: Arc<str>,
    /// Its correlation id.
    pub correlation_id: CorrelationId,
    /// Attempts made.
    pub attempts: u32,
    /// What the errors of the attempts that failed meant.
    pub failures: Vec<Class>,
    /// The pauses between attempts.
    pub waits: Vec<Duration>,
    /// What it was turned away by: `circuit_breaker`, `rate_limit`, `bulkhead` or `deadline`.
    pub rejected: Option<&'static str>,
    /// How long the server asked to be left alone.
    pub cooldown: Option<Duration>,
    /// How it ended, fallbacks left aside; `None`: it has not.
    pub result: Option<CallResult>,
    /// From start to end.
    pub elapsed: Option<Duration>,
    /// The fallback that answered: `cache`, `value`, `registered`, or the path of the function as it is written.
    pub fallback: Option<&'static str>,
    /// The fallbacks that failed.
    pub failed_fallbacks: Vec<&'static str>,
    /// It was answered with an expired answer of the read-through cache.
    pub stale: bool,
}

impl RecordedCall {
    fn new(event: &Event) -> Self {
        Self {
            service: event.service.clone(),
            function: event.function.clone().unwrap_or_default(),
            correlation_id: (event.correlation_id.clone())
                .expect("what happens in a call has a correlation id"),
            attempts: 0,
            failures: Vec::new(),
            waits: Vec::new(),
            rejected: None,
            cooldown: None,
            result: None,
            elapsed: None,
            fallback: None,
            failed_fallbacks: Vec::new(),
            stale: false,
        }
    }

    fn take_in(&mut self, event: &EventKind) {
        match *event {
            EventKind::Retry {
                attempt,
                delay,
                class,
                ..
            } => {
                self.attempts = attempt;
                self.failures.push(class);
                self.waits.push(delay);
            }
            EventKind::GaveUp {
                attempts, class, ..
            } => {
                self.attempts = attempts;
                self.failures.push(class);
            }
            EventKind::Rejected { cause, .. } => self.rejected = Some(cause),
            EventKind::Cooldown { retry_after } => self.cooldown = Some(retry_after),
            EventKind::CallEnded {
                result,
                attempts,
                elapsed,
            } => {
                self.attempts = attempts;
                self.result = Some(result);
                self.elapsed = Some(elapsed);
            }
            EventKind::Fallback { strategy, .. } => self.fallback = Some(strategy),
            EventKind::FallbackFailed { strategy, .. } => self.failed_fallbacks.push(strategy),
            EventKind::Stale { .. } => self.stale = true,
            _ => {}
        }
    }
}

impl fmt::Display for RecordedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.attempts == 1 { "" } else { "s" };
        write!(f, "{}: {} attempt{plural}", self.service, self.attempts)?;
        let failures: Vec<&str> = self.failures.iter().map(|class| class.name()).collect();
        if !failures.is_empty() {
            write!(f, " ({})", failures.join(", "))?;
        }
        let waits: Vec<String> = self.waits.iter().map(|wait| format!("{wait:?}")).collect();
        match &*waits {
            [] => {}
            [wait] => write!(f, ", a wait of {wait}")?,
            [waits @ .., last] => write!(f, ", waits of {} and {last}", waits.join(", "))?,
        }
        if let Some(wait) = self.cooldown {
            write!(f, ", cooldown for {wait:?}")?;
        }
        match (self.rejected, self.result) {
            (Some(cause), _) => write!(f, ", rejected by {cause}")?,
            (None, Some(result)) => write!(f, ", {}", result.name())?,
            // Answered by a cache, which is not a call.
            (None, None) if self.stale => {}
            (None, None) => f.write_str(", still running")?,
        }
        for strategy in &self.failed_fallbacks {
            write!(f, ", fallback {strategy} failed")?;
        }
        if let Some(strategy) = self.fallback {
            write!(f, ", fallback {strategy}")?;
        }
        if self.stale {
            f.write_str(", a stale answer")?;
        }
        Ok(())
    }
}
