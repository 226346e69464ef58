//! The right to make one call, as a value that cannot be forgotten.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::CircuitBreaker;
use super::machine::Outcome;
use super::word::Ticket;
use crate::clock::Moment;

/// A ticket that hands itself back.
struct Held<B: Deref<Target = CircuitBreaker>> {
    breaker: B,
    ticket: Ticket,
    started: Moment,
    settled: bool,
}

impl<B: Deref<Target = CircuitBreaker>> Held<B> {
    #[inline]
    fn new(breaker: B, ticket: Ticket) -> Self {
        // Without a start, a call that is timed only from now on takes no time at all.
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

impl<B: Deref<Target = CircuitBreaker>> Drop for Held<B> {
    #[inline]
    fn drop(&mut self) {
        self.settle(Outcome::Abandoned);
    }
}

/// The right to make one call, to be handed back with its outcome.
///
/// Dropped without one, it counts as nothing, or as a failure with
/// [`OnAbandoned::Failure`](crate::circuit_breaker::OnAbandoned::Failure); either way the place of a probe is free again. An
/// outcome that comes after the breaker's state has changed, changes nothing.
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
#[must_use = "a permit that is dropped counts as nothing"]
pub struct Permit<'a>(Held<&'a CircuitBreaker>);

/// A [`Permit`] that keeps its breaker alive, so that it can travel to another task.
#[must_use = "a permit that is dropped counts as nothing"]
pub struct OwnedPermit(Held<Arc<CircuitBreaker>>);

impl<'a> Permit<'a> {
    #[inline]
    pub(super) fn new(breaker: &'a CircuitBreaker, ticket: Ticket) -> Self {
        Self(Held::new(breaker, ticket))
    }

    /// The service answered.
    #[inline]
    pub fn success(mut self) {
        self.0.settle(Outcome::Success);
    }

    /// The service failed.
    #[inline]
    pub fn failure(mut self) {
        self.0.settle(Outcome::Failure);
    }

    /// What happened says nothing about the service.
    #[inline]
    pub fn ignore(mut self) {
        self.0.settle(Outcome::Ignored);
    }

    /// Whether it is a probe of a half-open breaker.
    #[must_use]
    pub fn is_probe(&self) -> bool {
        self.0.ticket.is_probe()
    }
}

impl OwnedPermit {
    pub(super) fn new(breaker: Arc<CircuitBreaker>, ticket: Ticket) -> Self {
        Self(Held::new(breaker, ticket))
    }

    /// The service answered.
    pub fn success(mut self) {
        self.0.settle(Outcome::Success);
    }

    /// The service failed.
    pub fn failure(mut self) {
        self.0.settle(Outcome::Failure);
    }

    /// What happened says nothing about the service.
    pub fn ignore(mut self) {
        self.0.settle(Outcome::Ignored);
    }

    /// Whether it is a probe of a half-open breaker.
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
