//! Faults for tests.

use super::services::Registry;
use crate::chaos::{Chaos, Fault, InjectedFault};
use crate::name::ServiceName;

impl Registry {
    /// Injects a fault into a service, before or after its first call. It ends when what is returned is
    /// dropped. The module [`chaos`](crate::chaos) explains where it acts.
    ///
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap().block_on(async {
    /// use std::time::Duration;
    /// use resilience_runtime::chaos::Fault;
    /// use resilience_runtime::{Registry, ResilienceError, resilient};
    ///
    /// #[resilient(service = "billing", timeout = "2s", retry = off)]
    /// async fn charge(cents: u32) -> Result<u32, ResilienceError> {
    ///     Ok(cents)
    /// }
    ///
    /// let registry = Registry::new();
    /// let slow = registry.inject("billing", Fault::latency(Duration::from_secs(3)));
    /// let out = registry.scope(charge(100)).await;
    /// assert!(matches!(out, Err(ResilienceError::Timeout { .. })));
    ///
    /// drop(slow);
    /// assert_eq!(registry.scope(charge(100)).await.unwrap(), 100);
    /// # });
    /// ```
    #[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
    pub fn inject(&self, service: impl Into<ServiceName>, fault: Fault) -> InjectedFault {
        self.inner.faults.inject(service.into(), fault)
    }

    /// Sets the seed of the faults that are injected from here on. Those that are at work keep their
    /// sequences.
    #[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
    pub fn chaos(&self, chaos: Chaos) {
        self.inner.faults.seed(chaos);
    }
}
