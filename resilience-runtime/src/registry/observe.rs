//! Subscriptions to what happens to the services of a registry.

#[cfg(any(feature = "opentelemetry", feature = "test-util"))]
use std::sync::Arc;

use super::services::Registry;
#[cfg(feature = "test-util")]
use crate::telemetry::CallRecorder;
#[cfg(feature = "opentelemetry")]
use crate::telemetry::Observers;
use crate::telemetry::{Channel, Events};

impl Registry {
    /// Subscribes to everything that happens to the services from now on: each end of a call, retry, rejection and
    /// fallback, and all changes. Without subscribers, a call pays one load for it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// use resilience_runtime::{BoxError, Registry, ServiceKind, telemetry::{CallResult, EventKind}};
    ///
    /// let registry = Registry::new();
    /// let openai = registry.service("openai", ServiceKind::Llm)?;
    /// let mut events = registry.subscribe();
    /// openai.call(|| async { Ok::<_, BoxError>("hello") }).await?;
    ///
    /// let event = events.recv().await?;
    /// assert_eq!(event.service, *openai.name());
    /// assert!(matches!(event.kind, EventKind::CallEnded { result: CallResult::Success, attempts: 1, .. }));
    /// # Ok(()) }
    /// ```
    #[must_use = "events are only kept for who reads them"]
    pub fn subscribe(&self) -> Events {
        self.inner.observers.subscribe(Channel::All)
    }

    /// Subscribes only to what [changes the state](crate::telemetry::EventKind::is_change) of services: breakers that open and close,
    /// cooldowns, services that are new or configured anew. However busy the
    /// services are, these are few.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    /// use resilience_runtime::{CircuitState, Registry, ServiceKind, telemetry::EventKind};
    ///
    /// let registry = Registry::new();
    /// let openai = registry.service("openai", ServiceKind::Llm)?;
    /// let mut changes = registry.subscribe_to_changes();
    /// openai.circuit_breaker().force_open();
    ///
    /// let event = changes.recv().await?;
    /// assert!(matches!(event.kind, EventKind::CircuitChanged { to: CircuitState::ForcedOpen, .. }));
    /// # Ok(()) }
    /// ```
    #[must_use = "events are only kept for who reads them"]
    pub fn subscribe_to_changes(&self) -> Events {
        self.inner.observers.subscribe(Channel::Changes)
    }

    #[cfg(feature = "opentelemetry")]
    pub(crate) fn observers(&self) -> &Arc<Observers> {
        &self.inner.observers
    }

    /// Measures from now on how long calls and attempts take, for
    /// [`Service::latency`](crate::Service::latency) and the statistics. Each attempt then reads the clock
    /// once more.
    pub fn measure_latency(&self) {
        self.inner.observers.measure_latency();
    }
}

#[cfg(feature = "test-util")]
impl CallRecorder {
    /// Records from now on every event of the services of `registry`.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        Self::start(Arc::clone(&registry.inner.observers))
    }
}
