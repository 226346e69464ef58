//! The right to make one call, as a guard that returns its ticket when it is dropped, and how it is acquired.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use super::CircuitBreaker;
use super::machine::Outcome;
use super::packed_state::Ticket;
use super::shared_state::Rejection;
use crate::clock::Moment;
use crate::error::ResilienceError;
use crate::name::ServiceKind;
use crate::verdict::{BreakerSignal, Classify, Verdict};

impl CircuitBreaker {
    /// Acquires the right to make one call.
    ///
    /// # Errors
    /// [`CircuitBreakerOpen`](ResilienceError::CircuitBreakerOpen) while it is open, with the rest of the
    /// pause; while it is half-open and all places are taken, with `recovery_timeout`; while it is forced
    /// open, without a time.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, ResilienceError> {
        let ticket = self
            .admit_with(Moment::now)
            .map_err(|it| self.rejection_error(it))?;
        Ok(Permit::new(self, ticket))
    }

    /// Acquires the right to make one call, with a permit that keeps the breaker alive.
    ///
    /// # Errors
    /// Those of [`try_acquire`](Self::try_acquire).
    ///
    /// ```
    /// use std::sync::Arc;
    /// use resilience_runtime::{CircuitBreaker, CircuitBreakerConfig};
    ///
    /// let breaker = Arc::new(CircuitBreaker::new("llm", CircuitBreakerConfig::default())?);
    /// let permit = breaker.try_acquire_owned()?;
    /// std::thread::spawn(move || permit.success()).join().unwrap();
    /// # Ok::<(), resilience_runtime::ResilienceError>(())
    /// ```
    pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedPermit, ResilienceError> {
        let ticket = self
            .admit_with(Moment::now)
            .map_err(|it| self.rejection_error(it))?;
        Ok(OwnedPermit::new(Arc::clone(self), ticket))
    }

    /// Makes one call and records its outcome. `Ok` is a success; an `Err` counts as it classifies itself: a
    /// permanent error as success, throttling not at all, an unclassified error as a failure. A panic or a dropped
    /// future counts as a dropped permit.
    ///
    /// # Errors
    /// The call's own, or [`CircuitBreakerOpen`](ResilienceError::CircuitBreakerOpen) as an `E`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # use resilience_runtime::{CircuitBreaker, CircuitBreakerConfig, ResilienceError};
    /// let breaker = CircuitBreaker::new("files", CircuitBreakerConfig::default())
    ///     .map_err(ResilienceError::from)?;
    /// let text: std::io::Result<String> = breaker.call(|| async { Ok("read".to_owned()) }).await;
    /// assert_eq!(text?, "read");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call<F, Fut, T, E>(&self, call: F) -> Result<T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Classify + From<ResilienceError>,
    {
        self.call_with(E::classify, call).await
    }

    /// Makes one call as [`call`](Self::call) does, with a classifier for errors that do not implement
    /// [`Classify`].
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub async fn call_with<F, Fut, T, E>(
        &self,
        classify: impl FnOnce(&E) -> Verdict,
        call: F,
    ) -> Result<T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<ResilienceError>,
    {
        let permit = self.try_acquire()?;
        let result = call().await;
        match &result {
            Ok(_) => permit.success(),
            Err(error) => {
                // Without a service there is no kind: the defaults are those of a custom one.
                match classify(error)
                    .or_default_of(ServiceKind::Custom)
                    .breaker_signal()
                {
                    BreakerSignal::Success => permit.success(),
                    BreakerSignal::Failure => permit.failure(),
                    BreakerSignal::Ignored => permit.ignore(),
                }
            }
        }
        result
    }

    fn admit_with(&self, now: impl FnOnce() -> Moment) -> Result<Ticket, Rejection> {
        let (answer, change) = self.shared.admit(now);
        self.announce(change);
        answer.or_else(Rejection::or_pass)
    }
}

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

    /// Returns whether the call passes in [shadow](crate::config::PatternMode::Shadow) alone: the breaker would have
    /// rejected it, and ignores its outcome.
    #[must_use]
    pub fn is_shadow_rejected(&self) -> bool {
        self.0.ticket.is_shadow()
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

    /// Returns whether the call passes in [shadow](crate::config::PatternMode::Shadow) alone: the breaker would have
    /// rejected it, and ignores its outcome.
    #[must_use]
    pub fn is_shadow_rejected(&self) -> bool {
        self.0.ticket.is_shadow()
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
