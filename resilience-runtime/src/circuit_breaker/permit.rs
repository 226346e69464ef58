//! The right to make one call, as a guard that returns its ticket when it is dropped.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::CircuitBreaker;
use super::machine::Outcome;
use super::packed_state::Ticket;
use crate::clock::Moment;

/// A ticket that is returned when it is dropped.
struct PermitGuard<B: Deref<Target = CircuitBreaker>> {
    breaker: B,
    ticket: Ticket,
    started: Moment,
    settled: bool,
}

impl<B: Deref<Target = CircuitBreaker>> PermitGuard<B> {
    #[inline]
    fn new(breaker: B, ticket: Ticket) -> Self {
        // Without a start, a call takes no time at all: calls may be timed only since a later reconfiguration.
        let started = if ticket.is_timed() {
            Moment::now()
        } else {
            Moment::FAR_FUTURE
        };
        Self {
            breaker,
            ticket,
            started,
            settled: false,
        }
    }

    #[inline]
    fn settle(&mut self, outcome: Outcome) {
        if !self.settled {
            self.settled = true;
            self.breaker
                .record(self.ticket, outcome, self.started, Moment::now);
        }
    }

    fn fmt(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("service", self.breaker.name())
            .field("probe", &self.ticket.is_probe())
            .finish()
    }
}

impl<B: Deref<Target = CircuitBreaker>> Drop for PermitGuard<B> {
    #[inline]
    fn drop(&mut self) {
        self.settle(Outcome::Abandoned);
    }
}

/// Grants the right to make one call, and takes its outcome.
///
/// Dropped without an outcome, it is not counted, or counts as a failure with
/// [`OnAbandoned::Failure`](crate::circuit_breaker::OnAbandoned::Failure); either way a probe is no longer in
/// flight. An outcome that comes after the state of the breaker has changed is ignored.
///
/// ```
/// use resilience_runtime::{CircuitBreaker, CircuitBreakerConfig};
///
/// let breaker = CircuitBreaker::new("llm", CircuitBreakerConfig::default())?;
/// let permit = breaker.try_acquire()?;
/// match std::fs::metadata("/") {
///     Ok(_) => permit.success(),
///     Err(_) => permit.failure(),
/// }
/// # Ok::<(), resilience_runtime::ResilienceError>(())
/// ```
#[must_use = "a permit that is dropped is not counted"]
pub struct Permit<'a>(PermitGuard<&'a CircuitBreaker>);

/// Grants the right to make one call as a [`Permit`] does, and keeps its breaker alive, so that it can move to
/// another task.
#[must_use = "a permit that is dropped is not counted"]
pub struct OwnedPermit(PermitGuard<Arc<CircuitBreaker>>);

impl<'a> Permit<'a> {
    #[inline]
    pub(super) fn new(breaker: &'a CircuitBreaker, ticket: Ticket) -> Self {
        Self(PermitGuard::new(breaker, ticket))
    }

    /// Records that the service answered.
    #[inline]
    pub fn success(mut self) {
        self.0.settle(Outcome::Success);
    }

    /// Records that the service failed.
    #[inline]
    pub fn failure(mut self) {
        self.0.settle(Outcome::Failure);
    }

    /// Records nothing, because the outcome has no meaning for the health of the service.
    #[inline]
    pub fn ignore(mut self) {
        self.0.settle(Outcome::Ignored);
    }

    /// Returns whether the call is a probe of a half-open breaker.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.0.ticket.is_probe()
    }
}

impl OwnedPermit {
    pub(super) fn new(breaker: Arc<CircuitBreaker>, ticket: Ticket) -> Self {
        Self(PermitGuard::new(breaker, ticket))
    }

    /// Records that the service answered.
    pub fn success(mut self) {
        self.0.settle(Outcome::Success);
    }

    /// Records that the service failed.
    pub fn failure(mut self) {
        self.0.settle(Outcome::Failure);
    }

    /// Records nothing, because the outcome has no meaning for the health of the service.
    pub fn ignore(mut self) {
        self.0.settle(Outcome::Ignored);
    }

    /// Returns whether the call is a probe of a half-open breaker.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.0.ticket.is_probe()
    }
}

impl fmt::Debug for Permit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt("Permit", f)
    }
}

impl fmt::Debug for OwnedPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt("OwnedPermit", f)
    }
}
