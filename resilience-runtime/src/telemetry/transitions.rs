//! Counts the transitions of a circuit breaker.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::circuit_breaker::CircuitState;

const STATES: usize = CircuitState::ALL.len();

/// One counter for each pair of states.
#[derive(Debug, Default)]
pub(crate) struct Transitions([[AtomicU64; STATES]; STATES]);

impl Transitions {
    pub(crate) fn add(&self, from: CircuitState, to: CircuitState) {
        self.0[from as usize][to as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self, from: CircuitState, to: CircuitState) -> u64 {
        self.0[from as usize][to as usize].load(Ordering::Relaxed)
    }
}
