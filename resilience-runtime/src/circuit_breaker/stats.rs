//! The statistics of a breaker.

use std::time::Duration;

use super::CircuitState;

/// Holds the counters of a circuit breaker at one moment, from [`CircuitBreaker::stats`](super::CircuitBreaker::stats).
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct CircuitBreakerStats {
    /// Holds the state at that moment.
    pub state: CircuitState,
    /// Holds the time since the breaker entered that state.
    pub in_state_for: Duration,
    /// Counts how often it opened, reopenings included, without overrides by hand.
    pub opened: u64,
    /// Counts the calls that it rejected.
    pub rejected: u64,
    /// Counts the calls that it let pass in [shadow](crate::config::PatternMode::Shadow), and would have rejected.
    pub shadow_rejected: u64,
    /// Counts the failures since the last success. While it is not closed: those before it opened.
    pub consecutive_failures: u32,
    /// Counts the calls in the window; 0 where no rate is set, since no window is kept then.
    pub calls: u64,
    /// Counts the failures in the window.
    pub failures: u64,
    /// Counts the slow calls in the window.
    pub slow_calls: u64,
}
