//! The circuit breaker: stops calling a service that keeps failing, and finds out when it is back.

mod gate;
mod held;
mod history;
mod machine;
mod permit;
mod state;
mod stats;
mod word;

#[cfg(all(test, resilience_loom))]
mod loom_tests;
#[cfg(all(test, not(resilience_loom)))]
mod tests;

use std::fmt;
use std::sync::Arc;

use self::gate::Gate;
pub(crate) use self::gate::Rejection;
pub use self::held::HeldOpen;
pub(crate) use self::machine::Outcome;
pub use self::permit::{OwnedPermit, Permit};
use self::state::Transition;
pub use self::state::{CircuitChange, CircuitState};
pub use self::stats::CircuitBreakerStats;
pub(crate) use self::word::Ticket;
use crate::clock::Moment;
use crate::config::ConfigError;
pub use crate::config::{CircuitBreakerConfig, OnAbandoned, UnknownAbandoned, Window};
use crate::error::ResilienceError;
use crate::name::{ServiceKind, ServiceName};
use crate::verdict::{BreakerSignal, Classify, Verdict};

/// Stops calling a service that keeps failing, and finds out when it is back.
///
/// *Closed* it lets every call through. After `failure_threshold` failures in a row, or once the share
/// of failures or of slow calls in its window reaches a rate, it *opens* and rejects every call for
/// `recovery_timeout`. Then it is *half-open*: at most `half_open_max_calls` probes run at a time, the
/// first failure opens it again, for a longer pause where `recovery_multiplier` says so, and
/// `success_threshold` successes close it.
///
/// Every [`Permit`] carries the generation that gave it: a result that comes when the state has changed
/// since, or from an earlier round of probes, changes nothing. A permit that is dropped frees its place.
/// A probe keeps its place for as long as its permit lives, so give what runs under it a timeout.
///
/// A change of state is an event of `tracing`, target `resilience`: WARN for open and forced open, INFO
/// for the others.
///
/// ```
/// use resilience_runtime::{CircuitBreaker, CircuitBreakerConfig, CircuitState, ResilienceError};
///
/// let breaker = CircuitBreaker::new(
///     "llm",
///     CircuitBreakerConfig::default().failure_threshold(2),
/// )?;
/// breaker.try_acquire()?.failure();
/// breaker.try_acquire()?.failure();
///
/// assert_eq!(breaker.state(), CircuitState::Open);
/// let rejection = breaker.try_acquire().unwrap_err();
/// assert!(matches!(rejection, ResilienceError::CircuitBreakerOpen { .. }));
/// assert!(rejection.retry_after() <= Some(breaker.config().recovery_timeout));
/// # Ok::<(), ResilienceError>(())
/// ```
pub struct CircuitBreaker {
    name: ServiceName,
    gate: Gate,
    listener: Option<Listener>,
}

type Listener = Box<dyn Fn(CircuitChange) + Send + Sync>;

impl CircuitBreaker {
    /// A closed breaker for the service of this name.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(
        name: impl Into<ServiceName>,
        config: CircuitBreakerConfig,
    ) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            name: name.into(),
            gate: Gate::new(config, Moment::now()),
            listener: None,
        })
    }

    /// Tells `listener` of every change of state, once it is made and outside of all locks. So two changes
    /// that threads make at the same time may be told in either order. It runs where the change is made, in
    /// the middle of a call, and replaces an earlier one.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use resilience_runtime::{CircuitBreaker, CircuitBreakerConfig, CircuitState};
    ///
    /// let (changes, told) = mpsc::channel();
    /// let breaker = CircuitBreaker::new("llm", CircuitBreakerConfig::default())?
    ///     .with_listener(move |change| changes.send(change.to).unwrap());
    /// breaker.force_open();
    /// assert_eq!(told.try_recv(), Ok(CircuitState::ForcedOpen));
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_listener(
        mut self,
        listener: impl Fn(CircuitChange) + Send + Sync + 'static,
    ) -> Self {
        self.listener = Some(Box::new(listener));
        self
    }

    /// The service that it protects.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.name
    }

    /// Asks for the right to make one call.
    ///
    /// # Errors
    /// [`CircuitBreakerOpen`](ResilienceError::CircuitBreakerOpen) while it is open, with the rest of the
    /// pause; while it is half-open and all places are taken, with `recovery_timeout`; while it is forced
    /// open, without a time.
    #[inline]
    pub fn try_acquire(&self) -> Result<Permit<'_>, ResilienceError> {
        let ticket = self.admit_with(Moment::now).map_err(|it| self.refuse(it))?;
        Ok(Permit::new(self, ticket))
    }

    /// As [`try_acquire`](Self::try_acquire), with a permit that keeps the breaker alive.
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
        let ticket = self.admit_with(Moment::now).map_err(|it| self.refuse(it))?;
        Ok(OwnedPermit::new(Arc::clone(self), ticket))
    }

    /// Makes one call: `Ok` is a success, and what an `Err` tells of the service's health, it says
    /// itself: a permanent error is a sign of life, throttling tells nothing, an error that no rule knows
    /// is a failure. Dropped, or where `call` panics, it counts as a permit that is dropped.
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

    /// As [`call`](Self::call), with a classifier for errors that do not implement [`Classify`].
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
                // Without a service there is no kind to ask: it counts as for a custom one.
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

    /// What it does with the next call. An open breaker whose pause is over answers as half-open, so that
    /// is its state.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.gate.state(Moment::now)
    }

    /// Rejects every call until [`force_closed`](Self::force_closed), [`disable`](Self::disable) or
    /// [`reset`](Self::reset).
    pub fn force_open(&self) {
        self.turn(|gate, now| gate.change(|machine| machine.force_open(now)));
    }

    /// Rejects every call for as long as the value that this returns lives; `None` where it is forced open
    /// or disabled already. Whatever is said of it by hand in the meantime stays as it was said.
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
    /// assert_eq!(breaker.state(), CircuitState::ForcedOpen, "somebody said so");
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use = "it is open only as long as this lives"]
    pub fn hold_open(self: &Arc<Self>) -> Option<HeldOpen> {
        let now = Moment::now();
        let (generation, change) = self.gate.change(|machine| machine.hold_open(now));
        self.announce(change);
        generation.map(|generation| HeldOpen::new(Arc::clone(self), generation))
    }

    fn let_go(&self, generation: u64) {
        self.turn(|gate, now| gate.change(|machine| machine.let_go(generation, now)));
    }

    /// Closes it, whatever its state, and forgets the outcomes so far. From there it works as usual.
    pub fn force_closed(&self) {
        self.turn(|gate, now| gate.change(|machine| machine.force_closed(now)));
    }

    /// Lets every call through and ignores the outcomes, until [`force_open`](Self::force_open),
    /// [`force_closed`](Self::force_closed) or [`reset`](Self::reset).
    pub fn disable(&self) {
        self.turn(|gate, now| gate.change(|machine| machine.disable(now)));
    }

    /// Makes it as good as new: closed, without a memory of outcomes, its statistics at zero.
    pub fn reset(&self) {
        self.turn(|gate, now| {
            gate.forget_rejected();
            gate.change(|machine| machine.reset(now))
        });
    }

    /// The configuration it runs with.
    #[must_use]
    pub fn config(&self) -> CircuitBreakerConfig {
        self.gate.config()
    }

    /// Swaps the configuration while it works.
    ///
    /// The state stays: new thresholds and rates are looked at with the next outcome, and an open breaker
    /// is open until the new pause, measured from when it opened, is over. A window of another size keeps
    /// the outcomes that fit, one of another kind starts empty.
    ///
    /// # Errors
    /// Names each value that is out of range; then nothing is changed.
    pub fn reconfigure(&self, config: CircuitBreakerConfig) -> Result<(), ConfigError> {
        config.validate()?;
        self.gate.change(|machine| machine.reconfigure(config));
        Ok(())
    }

    /// The breaker at this moment.
    #[must_use]
    pub fn stats(&self) -> CircuitBreakerStats {
        let now = Moment::now();
        let view = self.gate.view(now);
        CircuitBreakerStats {
            state: view.state,
            in_state_for: now.since(view.since),
            opened: view.opened,
            rejected: self.gate.rejected(),
            consecutive_failures: view.consecutive,
            calls: view.totals.calls,
            failures: view.totals.failures,
            slow_calls: view.totals.slow,
        }
    }

    fn turn(&self, change: impl FnOnce(&Gate, Moment) -> Option<Transition>) {
        let change = change(&self.gate, Moment::now());
        self.announce(change);
    }

    #[inline]
    fn announce(&self, change: Option<Transition>) {
        if let Some(change) = change {
            self.tell(change);
        }
    }

    #[cold]
    fn tell(&self, change: Transition) {
        change.announce(&self.name);
        if let Some(listener) = &self.listener {
            listener(change.into());
        }
    }

    #[inline(always)]
    fn admit_with(&self, now: impl FnOnce() -> Moment) -> Result<Ticket, Rejection> {
        let (answer, change) = self.gate.admit(now);
        self.announce(change);
        answer
    }
}

/// For the call path, which has read the clock already and keeps its state in a place of its own.
impl CircuitBreaker {
    /// Asks for a ticket, which is to be handed to [`record`](Self::record) exactly once.
    #[inline(always)]
    pub(crate) fn admit(&self, now: Moment) -> Result<Ticket, Rejection> {
        self.admit_with(|| now)
    }

    /// Takes back the ticket of a success. `false`: the machine has to be told by [`record`](Self::record).
    #[inline]
    pub(crate) fn needs_no_success(&self, ticket: Ticket) -> bool {
        self.gate.has_nothing_to_learn(ticket, Outcome::Success)
    }

    /// Takes a ticket back. `now` is read only where the time matters, not by a success of a healthy
    /// breaker without a window; `started` only where slow calls count, see [`Ticket::is_timed`].
    #[inline]
    pub(crate) fn record(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        started: Moment,
        now: impl Fn() -> Moment,
    ) {
        let change = self.gate.record(ticket, outcome, started, now);
        self.announce(change);
    }

    /// Whether a call at `at`, which is not in the past, would be rejected for sure: it is open until
    /// later than that, or forced open.
    #[inline]
    pub(crate) fn rejects_at(&self, at: Moment) -> bool {
        self.gate.rejects_at(at)
    }

    /// A rejection as the error that the caller gets.
    pub(crate) fn refuse(&self, rejection: Rejection) -> ResilienceError {
        ResilienceError::CircuitBreakerOpen {
            service: self.name.clone(),
            retry_after: rejection.retry_after,
        }
    }
}

impl fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.name)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
