//! A guard that keeps a breaker open.

use std::fmt;
use std::sync::Arc;

use super::CircuitBreaker;

/// Keeps a breaker open until it is dropped; made by [`CircuitBreaker::hold_open`]. Then the breaker closes,
/// unless it was forced, disabled or reset since.
#[must_use = "the breaker is open only as long as this lives"]
pub struct HeldOpen {
    breaker: Arc<CircuitBreaker>,
    generation: u64,
}

impl HeldOpen {
    pub(super) fn new(breaker: Arc<CircuitBreaker>, generation: u64) -> Self {
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
