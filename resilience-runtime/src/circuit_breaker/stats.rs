//! What a breaker tells about itself.

use std::time::Duration;

use super::CircuitState;

/// A circuit breaker at one moment, from [`CircuitBreaker::stats`](super::CircuitBreaker::stats).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CircuitBreakerStats {
    /// The state it answers from.
    pub state: CircuitState,
    /// How long it has been in that state.
    pub in_state_for: Duration,
    /// How often it opened, reopenings included and forcing by hand not.
    pub opened: u64,
    /// How many calls it turned away.
    pub rejected: u64,
    /// Failures since the last success. While it is not closed: those that it was left with.
    pub consecutive_failures: u32,
    /// Calls in the window; 0 where no rate is set, since no window is kept then.
    pub calls: u64,
    /// Failures in the window.
    pub failures: u64,
    /// Slow calls in the window.
    pub slow_calls: u64,
}
