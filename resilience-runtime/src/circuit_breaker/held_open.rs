//! A guard that keeps a breaker open, and how it is made.

use std::fmt;
use std::sync::Arc;

use super::CircuitBreaker;
use crate::clock::Moment;

/// Keeps a breaker open until it is dropped; made by [`CircuitBreaker::hold_open`]. Then the breaker closes,
/// unless it was forced, disabled or reset since.
#[must_use = "the breaker is open only as long as this lives"]
pub struct HeldOpen {
    breaker: Arc<CircuitBreaker>,
    generation: u64,
}

impl CircuitBreaker {
    /// Rejects every call until the returned guard is dropped; `None` where it is forced open or disabled
    /// already. An override by hand in the meantime stays.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use resilience_runtime::{CircuitBreaker, CircuitBreakerConfig, CircuitState};
    ///
    /// let breaker = Arc::new(CircuitBreaker::new("llm", CircuitBreakerConfig::default())?);
    /// let held = breaker.hold_open();
    /// assert_eq!(breaker.state(), CircuitState::ForcedOpen);
    /// drop(held);
    /// assert_eq!(breaker.state(), CircuitState::Closed);
    ///
    /// let held = breaker.hold_open();
    /// breaker.force_open();
    /// drop(held);
    /// assert_eq!(breaker.state(), CircuitState::ForcedOpen, "the override stays");
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use = "it is open only as long as this lives"]
    pub fn hold_open(self: &Arc<Self>) -> Option<HeldOpen> {
        let now = Moment::now();
        let (generation, change) = self.shared.change(|machine| machine.hold_open(now));
        self.announce(change);
        generation.map(|generation| HeldOpen::new(Arc::clone(self), generation))
    }

    fn release(&self, generation: u64) {
        self.force(|shared, now| shared.change(|machine| machine.release(generation, now)));
    }
}

impl HeldOpen {
    fn new(breaker: Arc<CircuitBreaker>, generation: u64) -> Self {
        Self {
            breaker,
            generation,
        }
    }
}

impl Drop for HeldOpen {
    fn drop(&mut self) {
        self.breaker.release(self.generation);
    }
}

impl fmt::Debug for HeldOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldOpen")
            .field("service", self.breaker.name())
            .finish()
    }
}
