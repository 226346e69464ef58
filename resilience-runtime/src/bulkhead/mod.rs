//! Limits how many calls run at the same time.
//!
//! A [`Bulkhead`] has `max_concurrent` permits, or as many as it finds the service can take if its limit is
//! [adaptive](AdaptiveConfig). A call without one is rejected, or waits for at most `max_wait`, first come, first served.
//!
//! ```
//! use resilience_runtime::{Bulkhead, BulkheadConfig};
//!
//! let bulkhead = Bulkhead::new("llm", BulkheadConfig::default())?;
//! let permit = bulkhead.try_acquire()?;
//! assert_eq!(bulkhead.in_flight(), 1);
//! drop(permit);
//! assert_eq!(bulkhead.in_flight(), 0);
//! # Ok::<(), resilience_runtime::ResilienceError>(())
//! ```

// `semaphore` holds the permits, `line` those who wait for them and `holders` those whose time will be over; `wait` is the
// future around it, `permit` the guards and how they are acquired, and `place` what the call path has instead. `adaptive` is
// the limit that adapts itself, `latency_level` what it knows of the latency, and `reports` how it learns of calls.

mod adaptive;
mod holders;
mod latency_level;
mod line;
mod per_key;
mod permit;
mod place;
mod reports;
mod semaphore;
mod wait;

#[cfg(all(test, resilience_loom))]
mod loom_tests;
#[cfg(all(test, not(resilience_loom)))]
mod shadow_tests;
#[cfg(all(test, not(resilience_loom)))]
mod tests;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::adaptive::AdaptiveLimit;
pub use self::adaptive::LimitChange;
pub(crate) use self::adaptive::Report;
pub use self::permit::{BulkheadPermit, OwnedBulkheadPermit};
pub(crate) use self::place::Place;
use self::semaphore::Semaphore;
pub(crate) use self::wait::AcquireError;
use crate::clock::Moment;
use crate::config::ConfigError;
pub use crate::config::{AdaptiveConfig, BulkheadConfig};
use crate::error::ResilienceError;
use crate::name::ServiceName;
use crate::sync::Mutex;
use crate::sync::atomic::AtomicBool;
use crate::sync::atomic::Ordering::Relaxed;
use crate::wake::DeferredWakes;

/// Limits how many calls run at the same time.
///
/// A call that finds no permit waits for at most `max_wait`. Permits are handed over in the order of arrival, no
/// call overtakes a waiter, and a wait that is dropped at any point leaves no trace.
///
/// Nobody depends on another caller's poll. A waiter that is woken and not polled for 5 ms is passed over until it is
/// polled; `k` of them cost the others at most 5 ms × (1 + log2 k). An attempt of an annotated function keeps its permit
/// while its body runs; when its `timeout` or deadline is over and it has not ended because nobody polls it, its permit
/// no longer counts, and the next call gets it. A guard keeps its permit until it is dropped.
///
/// With [`PatternMode::Shadow`](crate::config::PatternMode::Shadow) it rejects no call, and none waits: a call that finds no
/// permit passes without one, and is [counted](Self::shadow_rejected).
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::{Bulkhead, BulkheadConfig};
///
/// let bulkhead = Bulkhead::new("llm", BulkheadConfig::default().max_concurrent(1).max_wait(Duration::ZERO))?;
/// let permit = bulkhead.try_acquire()?;
/// assert!(bulkhead.try_acquire().is_err());
/// drop(permit);
/// assert!(bulkhead.try_acquire().is_ok());
/// # Ok::<(), resilience_runtime::ResilienceError>(())
/// ```
pub struct Bulkhead {
    name: ServiceName,
    semaphore: Semaphore,
    /// Whether the limit is adaptive: all that a call with a fixed limit pays for it.
    // Relaxed: whoever acts upon it takes the lock.
    is_adaptive: AtomicBool,
    limits: Mutex<Limits>,
    listener: Option<Arc<dyn Fn(LimitChange) + Send + Sync>>,
}

/// What is configured, and the limit where it adapts itself.
#[derive(Debug)]
struct Limits {
    config: BulkheadConfig,
    adaptive: Option<AdaptiveLimit>,
}

impl Bulkhead {
    /// Makes a bulkhead for the service of this name.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(name: impl Into<ServiceName>, config: BulkheadConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self::with_config(name.into(), config))
    }

    fn with_config(name: ServiceName, config: BulkheadConfig) -> Self {
        let adaptive = config.adaptive.clone().map(AdaptiveLimit::new);
        let limit = (adaptive.as_ref()).map_or(config.max_concurrent, AdaptiveLimit::limit);
        let semaphore = Semaphore::new(limit);
        semaphore.set_mode(config.mode, Moment::now());
        Self {
            name,
            semaphore,
            is_adaptive: AtomicBool::new(adaptive.is_some()),
            limits: Mutex::new(Limits { config, adaptive }),
            listener: None,
        }
    }

    /// Calls `listener` after every change of an adaptive limit, outside of all locks. So concurrent changes may be reported
    /// in either order. It runs where the change is made, in the middle of a call, and replaces an earlier one.
    #[must_use]
    pub fn with_listener(mut self, listener: impl Fn(LimitChange) + Send + Sync + 'static) -> Self {
        self.listener = Some(Arc::new(listener));
        self
    }

    /// Returns the name of the service that it protects.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.name
    }

    /// Returns how many permits are in use. More than the limit only while calls run that began before it was lowered.
    /// One whose time is over counts until another call needs it.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.semaphore.in_use()
    }

    /// Returns how many calls may run at the same time now: `max_concurrent`, or what an adaptive limit has come to.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.semaphore.size()
    }

    /// Returns how many calls wait for each place that there is.
    pub(crate) fn waiting_per_place(&self) -> f64 {
        self.semaphore.waiting() as f64 / self.limit().max(1) as f64
    }

    /// Counts the calls that passed without a permit because it is in
    /// [shadow](crate::config::PatternMode::Shadow): they would have been rejected, or have waited.
    ///
    /// ```
    /// use resilience_runtime::config::PatternMode;
    /// use resilience_runtime::{Bulkhead, BulkheadConfig};
    ///
    /// let config = BulkheadConfig::default().max_concurrent(1).mode(PatternMode::Shadow);
    /// let bulkhead = Bulkhead::new("llm", config)?;
    /// let (first, second) = (bulkhead.try_acquire()?, bulkhead.try_acquire()?);
    /// assert!(!first.is_shadow_rejected() && second.is_shadow_rejected());
    /// assert_eq!((bulkhead.in_flight(), bulkhead.shadow_rejected()), (1, 1));
    /// # Ok::<(), resilience_runtime::ResilienceError>(())
    /// ```
    #[must_use]
    pub fn shadow_rejected(&self) -> u64 {
        self.semaphore.shadow_rejected()
    }

    /// Returns the configuration in force.
    #[must_use]
    pub fn config(&self) -> BulkheadConfig {
        self.limits.lock().config.clone()
    }

    /// Changes the configuration while the bulkhead is in use. Additional permits go to the waiters at once; with
    /// fewer, the calls in flight finish. A new `max_wait` applies to later calls. A limit that was adaptive before keeps what
    /// it has come to, within the new bounds; one that becomes adaptive begins with `initial`. Calls that wait when it comes
    /// into shadow pass at once; a call that passed without a permit never gets one.
    ///
    /// # Errors
    /// Names each value that is out of range; then nothing is changed.
    pub fn reconfigure(&self, config: BulkheadConfig) -> Result<(), ConfigError> {
        config.validate()?;
        self.take_config(config);
        Ok(())
    }

    fn take_config(&self, config: BulkheadConfig) {
        // Waking is foreign code and must not run under the lock.
        let wakes = DeferredWakes::begin();
        let mode = config.mode;
        let mut limits = self.limits.lock();
        let change = limits.reconfigure(config);
        self.is_adaptive.store(limits.adaptive.is_some(), Relaxed);
        let now = Moment::now();
        self.semaphore.resize(limits.limit(), now);
        self.semaphore.set_mode(mode, now);
        if let Some(change) = change {
            self.announce(change);
        }
        drop(limits);
        drop(wakes);
    }

    fn longest_wait(&self) -> Duration {
        self.limits.lock().config.max_wait
    }

    async fn wait_for(&self, longest: Duration) -> Result<Place, ResilienceError> {
        if self.semaphore.lets_pass() {
            return Ok(Place::Shadow);
        }
        if longest.is_zero() {
            return Err(self.full());
        }
        wait::wait(&self.semaphore, Moment::now().after(longest))
            .await
            .map_err(|cause| self.rejection_error(cause))
    }

    fn full(&self) -> ResilienceError {
        ResilienceError::BulkheadFull {
            service: self.name.clone(),
            attempts: 0,
        }
    }
}

/// For the call path, which keeps track of its permit itself.
impl Bulkhead {
    /// Returns the semaphore, whose permits the call path acquires and releases itself.
    #[inline]
    pub(crate) fn semaphore(&self) -> &Semaphore {
        &self.semaphore
    }

    /// Acquires a permit, and waits for it at most until `until`. After `Ok` the caller owes a
    /// [`release`](Place::release); dropped before, the future leaves no trace. It is `Send + 'static`.
    pub(crate) async fn acquire_until(
        self: Arc<Self>,
        until: Moment,
    ) -> Result<Place, AcquireError> {
        wait::wait(&self.semaphore, until).await
    }

    /// Converts the cause to the error of the call.
    pub(crate) fn rejection_error(&self, cause: AcquireError) -> ResilienceError {
        match cause {
            AcquireError::Full => self.full(),
            AcquireError::NoTimer(cause) => ConfigError::from(cause).into(),
        }
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulkhead")
            .field("name", &self.name)
            .field("in_flight", &self.in_flight())
            .field("limit", &self.limit())
            .field("config", &self.config())
            .finish()
    }
}
