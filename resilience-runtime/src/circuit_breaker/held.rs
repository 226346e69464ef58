//! A breaker that is kept open for as long as somebody wants.

use std::fmt;
use std::sync::Arc;

use super::CircuitBreaker;

/// Keeps a breaker open until it is dropped, from [`CircuitBreaker::hold_open`]. Then the breaker closes,
/// unless somebody has forced, disabled or reset it since.
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
        self.breaker.let_go(self.generation);
    }
}

impl fmt::Debug for HeldOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldOpen")
            .field("service", self.breaker.name())
            .finish()
    }
}
