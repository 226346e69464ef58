//! The bulkhead: bounds how many calls run at the same time.

mod permit;
mod places;
mod wait;

#[cfg(all(test, resilience_loom))]
mod loom_tests;
#[cfg(all(test, not(resilience_loom)))]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::permit::{BulkheadPermit, OwnedBulkheadPermit};
use self::places::Places;
pub(crate) use self::wait::EnterError;
use crate::clock::Moment;
pub use crate::config::BulkheadConfig;
use crate::config::ConfigError;
use crate::error::ResilienceError;
use crate::name::ServiceName;
use crate::sync::Mutex;
use crate::wake;

/// Bounds how many calls run at the same time.
///
/// Who finds no place waits for at most `max_wait`. Places are handed on in the order of arrival, nobody
/// passes somebody who waits, and a wait that is dropped at any point leaves no trace.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::{Bulkhead, BulkheadConfig};
///
/// let bulkhead = Bulkhead::new("llm", BulkheadConfig::default().max_concurrent(1).max_wait(Duration::ZERO))?;
/// let place = bulkhead.try_acquire()?;
/// assert!(bulkhead.try_acquire().is_err());
/// drop(place);
/// assert!(bulkhead.try_acquire().is_ok());
/// # Ok::<(), resilience_runtime::ResilienceError>(())
/// ```
pub struct Bulkhead {
    name: ServiceName,
    places: Places,
    config: Mutex<BulkheadConfig>,
}

impl Bulkhead {
    /// An empty bulkhead for the service of this name.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(name: impl Into<ServiceName>, config: BulkheadConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            name: name.into(),
            places: Places::new(config.max_concurrent),
            config: Mutex::new(config),
        })
    }

    /// The service that it protects.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.name
    }

    /// Takes a place if one is free and nobody waits for it.
    ///
    /// # Errors
    /// [`BulkheadFull`](ResilienceError::BulkheadFull) if there is none.
    #[inline]
    pub fn try_acquire(&self) -> Result<BulkheadPermit<'_>, ResilienceError> {
        if self.try_enter() {
            Ok(BulkheadPermit(self))
        } else {
            Err(self.full())
        }
    }

    /// As [`try_acquire`](Self::try_acquire), with a permit that keeps the bulkhead alive.
    ///
    /// # Errors
    /// Those of [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedBulkheadPermit, ResilienceError> {
        if self.try_enter() {
            Ok(OwnedBulkheadPermit(Arc::clone(self)))
        } else {
            Err(self.full())
        }
    }

    /// Takes a place, waiting for it for at most the `max_wait` of the configuration.
    ///
    /// # Errors
    /// [`BulkheadFull`](ResilienceError::BulkheadFull) if none became free in time;
    /// [`InvalidConfig`](ResilienceError::InvalidConfig) if it has to wait and there is no tokio timer.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), resilience_runtime::ResilienceError> {
    /// # use std::time::Duration;
    /// # use resilience_runtime::{Bulkhead, BulkheadConfig};
    /// let config = BulkheadConfig::default().max_concurrent(1).max_wait(Duration::from_secs(1));
    /// let bulkhead = Bulkhead::new("llm", config)?;
    /// let place = bulkhead.acquire().await?;
    /// assert!(bulkhead.acquire().await.is_err(), "a second later");
    /// # drop(place);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn acquire(&self) -> Result<BulkheadPermit<'_>, ResilienceError> {
        if self.try_enter() {
            return Ok(BulkheadPermit(self));
        }
        let longest = self.config.lock().max_wait;
        self.wait_for(longest).await?;
        Ok(BulkheadPermit(self))
    }

    /// Takes a place, waiting for it for at most `longest`; zero: not at all.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    pub async fn acquire_within(
        &self,
        longest: Duration,
    ) -> Result<BulkheadPermit<'_>, ResilienceError> {
        if !self.try_enter() {
            self.wait_for(longest).await?;
        }
        Ok(BulkheadPermit(self))
    }

    /// As [`acquire`](Self::acquire), with a permit that keeps the bulkhead alive.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    pub async fn acquire_owned(self: &Arc<Self>) -> Result<OwnedBulkheadPermit, ResilienceError> {
        if !self.try_enter() {
            let longest = self.config.lock().max_wait;
            self.wait_for(longest).await?;
        }
        Ok(OwnedBulkheadPermit(Arc::clone(self)))
    }

    /// How many places are taken. More than `max_concurrent` only for as long as calls run that began
    /// before it was lowered.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.places.taken()
    }

    /// The configuration it runs with.
    #[must_use]
    pub fn config(&self) -> BulkheadConfig {
        self.config.lock().clone()
    }

    /// Swaps the configuration while it works. More places go to those who wait, at once; with fewer, the
    /// calls that run finish. A new `max_wait` holds for those who come from now on.
    ///
    /// # Errors
    /// Names each value that is out of range; then nothing is changed.
    pub fn reconfigure(&self, config: BulkheadConfig) -> Result<(), ConfigError> {
        config.validate()?;
        let mut current = self.config.lock();
        let entered = self.places.resize(config.max_concurrent);
        *current = config;
        // Waking is foreign code and must not run under the lock.
        drop(current);
        wake::wake(entered);
        Ok(())
    }

    async fn wait_for(&self, longest: Duration) -> Result<(), ResilienceError> {
        if longest.is_zero() {
            return Err(self.full());
        }
        wait::wait(&self.places, Moment::now().after(longest))
            .await
            .map_err(|cause| self.refuse(cause))
    }

    fn full(&self) -> ResilienceError {
        ResilienceError::BulkheadFull {
            service: self.name.clone(),
        }
    }
}

/// For the call path, which keeps track of its place by itself.
impl Bulkhead {
    /// Takes a place if one is free and nobody waits for it. The caller owes a [`leave`](Self::leave).
    #[inline]
    pub(crate) fn try_enter(&self) -> bool {
        self.places.try_enter()
    }

    /// Takes a place, waiting for it at most until `until`. After `Ok` the caller owes a
    /// [`leave`](Self::leave); dropped before, the future leaves no trace. It is `Send + 'static`.
    pub(crate) async fn enter_by(self: Arc<Self>, until: Moment) -> Result<(), EnterError> {
        wait::wait(&self.places, until).await
    }

    /// Gives a place back, or on to the one who waits longest.
    #[inline]
    pub(crate) fn leave(&self) {
        self.places.leave();
    }

    /// Why there is no place, as the error that the caller gets.
    pub(crate) fn refuse(&self, cause: EnterError) -> ResilienceError {
        match cause {
            EnterError::Full => self.full(),
            EnterError::NoTimer(cause) => ConfigError::from(cause).into(),
        }
    }
}

impl fmt::Debug for Bulkhead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bulkhead")
            .field("name", &self.name)
            .field("in_flight", &self.in_flight())
            .field("config", &self.config())
            .finish()
    }
}
