//! Stops calling a service that keeps failing, and finds out when it has recovered.
//!
//! A [`CircuitBreaker`] admits calls by [`Permit`]s and counts their outcomes. It opens after
//! `failure_threshold` failures in a row, or when a rate of failures or of slow calls is reached in its window;
//! while it is open, calls are rejected at once. After `recovery_timeout` a few probes decide whether it closes.
//!
//! ```
//! use resilience_runtime::{CircuitBreaker, CircuitBreakerConfig, CircuitState};
//!
//! let breaker = CircuitBreaker::new("llm", CircuitBreakerConfig::default())?;
//! breaker.try_acquire()?.success();
//! assert_eq!(breaker.state(), CircuitState::Closed);
//! # Ok::<(), resilience_runtime::ResilienceError>(())
//! ```
//!
//! The algorithms, their sources and their cost are described in the [guide](crate::guide::algorithms).

// From the inside out: `history` is the window of outcomes, `machine` the state machine, `packed_state` the word that
// the lock-free paths read, `shared_state` the lock around the machine and the paths beside it, and `permit` and
// `held_open` are guards of the public API and how they are made.

mod call_path;
mod held_open;
mod history;
mod machine;
mod packed_state;
mod per_key;
mod permit;
mod shared_state;
mod state;
mod stats;

#[cfg(all(test, resilience_loom))]
mod loom_tests;
#[cfg(all(test, not(resilience_loom)))]
mod tests;
use std::fmt;
use std::sync::Arc;

pub use self::held_open::HeldOpen;
pub(crate) use self::machine::Outcome;
pub(crate) use self::packed_state::Ticket;
pub use self::permit::{OwnedPermit, Permit};
use self::shared_state::SharedState;
use self::state::Transition;
pub use self::state::{CircuitChange, CircuitState};
pub use self::stats::CircuitBreakerStats;
use crate::clock::Moment;
use crate::config::ConfigError;
pub use crate::config::{CircuitBreakerConfig, OnAbandoned, UnknownAbandoned, Window};
use crate::name::ServiceName;
use crate::wake::later;

/// Rejects calls of a service that keeps failing, and probes whether it has recovered.
///
/// *Closed* it lets every call through. After `failure_threshold` failures in a row, or once the share
/// of failures or of slow calls in its window reaches a rate, it *opens* and rejects every call for
/// `recovery_timeout`. Then it is *half-open*: at most `half_open_max_calls` probes run at a time, the
/// first failure opens it again, for a longer pause with a `recovery_multiplier`, and
/// `success_threshold` successes close it.
///
/// Every [`Permit`] carries the generation that issued it: an outcome from before the last change of state, or
/// from an earlier round of probes, changes nothing. A probe counts against `half_open_max_calls` until its
/// permit is dropped, so run it with a timeout.
///
/// With [`PatternMode::Shadow`](crate::config::PatternMode::Shadow) it changes its state in the same way and rejects no
/// call, not even while it is forced open: a call that it would reject passes, is counted as
/// [`shadow_rejected`](CircuitBreakerStats::shadow_rejected), and its outcome changes nothing.
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
    shared: SharedState,
    /// It is that of one key of the service, which is not named anywhere.
    is_of_key: bool,
    listener: Option<Listener>,
}

type Listener = Arc<dyn Fn(CircuitChange) + Send + Sync>;

impl CircuitBreaker {
    /// Makes a closed breaker for the service of this name.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(
        name: impl Into<ServiceName>,
        config: CircuitBreakerConfig,
    ) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self::with_config(name.into(), config))
    }

    fn with_config(name: ServiceName, config: CircuitBreakerConfig) -> Self {
        Self {
            name,
            shared: SharedState::new(config, Moment::now()),
            is_of_key: false,
            listener: None,
        }
    }

    /// Calls `listener` after every change of state, outside of all locks. So concurrent changes may be reported
    /// in either order. It runs where the change is made, in the middle of a call, and replaces an earlier one.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use resilience_runtime::{CircuitBreaker, CircuitBreakerConfig, CircuitState};
    ///
    /// let (changes, received) = mpsc::channel();
    /// let breaker = CircuitBreaker::new("llm", CircuitBreakerConfig::default())?
    ///     .with_listener(move |change| changes.send(change.to).unwrap());
    /// breaker.force_open();
    /// assert_eq!(received.try_recv(), Ok(CircuitState::ForcedOpen));
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn with_listener(
        mut self,
        listener: impl Fn(CircuitChange) + Send + Sync + 'static,
    ) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Returns the name of the service that it protects.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.name
    }

    /// Returns the current state. An open breaker whose pause is over is half-open.
    #[must_use]
    pub fn state(&self) -> CircuitState {
        self.shared.state(Moment::now)
    }

    /// Rejects every call until [`force_closed`](Self::force_closed), [`disable`](Self::disable) or
    /// [`reset`](Self::reset).
    pub fn force_open(&self) {
        self.force(|shared, now| shared.change(|machine| machine.force_open(now)));
    }

    /// Closes it, whatever its state, and drops the outcomes so far. Then it works as usual.
    pub fn force_closed(&self) {
        self.force(|shared, now| shared.change(|machine| machine.force_closed(now)));
    }

    /// Lets every call through and ignores the outcomes, until [`force_open`](Self::force_open),
    /// [`force_closed`](Self::force_closed) or [`reset`](Self::reset).
    pub fn disable(&self) {
        self.force(|shared, now| shared.change(|machine| machine.disable(now)));
    }

    /// Resets it to a new breaker: closed, without outcomes, its statistics at zero.
    pub fn reset(&self) {
        self.force(|shared, now| {
            shared.reset_rejected();
            shared.change(|machine| machine.reset(now))
        });
    }

    /// Returns the configuration in force.
    #[must_use]
    pub fn config(&self) -> CircuitBreakerConfig {
        self.shared.config()
    }

    /// Changes the configuration while the breaker is in use.
    ///
    /// The state stays: new thresholds and rates take effect with the next outcome, and an open breaker stays
    /// open until the new pause, measured from when it opened, is over. A window of another size keeps the
    /// outcomes that fit, one of another kind starts empty.
    ///
    /// # Errors
    /// Names each value that is out of range; then nothing is changed.
    pub fn reconfigure(&self, config: CircuitBreakerConfig) -> Result<(), ConfigError> {
        config.validate()?;
        self.shared.change(|machine| machine.reconfigure(config));
        Ok(())
    }

    /// Returns a snapshot of its counters.
    #[must_use]
    pub fn stats(&self) -> CircuitBreakerStats {
        let now = Moment::now();
        let view = self.shared.view(now);
        CircuitBreakerStats {
            state: view.state,
            in_state_for: now.since(view.since),
            opened: view.opened,
            rejected: self.shared.rejected(),
            shadow_rejected: self.shared.shadow_rejected(),
            consecutive_failures: view.consecutive,
            calls: view.totals.calls,
            failures: view.totals.failures,
            slow_calls: view.totals.slow,
        }
    }

    fn force(&self, change: impl FnOnce(&SharedState, Moment) -> Option<Transition>) {
        let change = change(&self.shared, Moment::now());
        self.announce(change);
    }

    #[inline]
    fn announce(&self, change: Option<Transition>) {
        if let Some(change) = change {
            self.publish(change);
        }
    }

    #[cold]
    fn publish(&self, change: Transition) {
        let (name, listener) = (self.name.clone(), self.listener.clone());
        let of_key = self.is_of_key.then_some(true);
        later(move || {
            change.announce(&name, of_key);
            if let Some(listener) = listener {
                listener(change.into());
            }
        });
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
