//! A permit of a bulkhead, as a guard, and how it is acquired.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Bulkhead;
use super::place::Place;
use crate::clock::Moment;
use crate::error::ResilienceError;

/// Grants one concurrent call. Dropping it releases the permit, to the longest waiter if there is one.
#[must_use = "dropping it releases the permit"]
pub struct BulkheadPermit<'a>(&'a Bulkhead, Place);

/// Grants one concurrent call as a [`BulkheadPermit`] does, and keeps its bulkhead alive, so that it can move to
/// another task.
#[must_use = "dropping it releases the permit"]
pub struct OwnedBulkheadPermit(Arc<Bulkhead>, Place);

impl Bulkhead {
    #[inline]
    fn try_enter(&self) -> bool {
        self.semaphore.try_acquire() || self.semaphore.try_again(Moment::now)
    }

    #[inline]
    fn try_enter_or_pass(&self) -> Result<Place, ResilienceError> {
        if self.try_enter() {
            Ok(Place::Held)
        } else if self.semaphore.lets_pass() {
            Ok(Place::Shadow)
        } else {
            Err(self.full())
        }
    }

    async fn enter(&self, longest: impl FnOnce() -> Duration) -> Result<Place, ResilienceError> {
        if self.try_enter() {
            return Ok(Place::Held);
        }
        self.wait_for(longest()).await
    }

    /// Acquires a permit if one is free and no call waits for it.
    ///
    /// # Errors
    /// [`BulkheadFull`](ResilienceError::BulkheadFull) if there is none.
    #[inline]
    pub fn try_acquire(&self) -> Result<BulkheadPermit<'_>, ResilienceError> {
        let place = self.try_enter_or_pass()?;
        Ok(BulkheadPermit(self, place))
    }

    /// Acquires a permit that keeps the bulkhead alive, if one is free and no call waits for it.
    ///
    /// # Errors
    /// Those of [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedBulkheadPermit, ResilienceError> {
        let place = self.try_enter_or_pass()?;
        Ok(OwnedBulkheadPermit(Arc::clone(self), place))
    }

    /// Acquires a permit, and waits for it for at most the `max_wait` of the configuration.
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
    /// let permit = bulkhead.acquire().await?;
    /// assert!(bulkhead.acquire().await.is_err(), "a second later");
    /// # drop(permit);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn acquire(&self) -> Result<BulkheadPermit<'_>, ResilienceError> {
        let place = self.enter(|| self.config.lock().max_wait).await?;
        Ok(BulkheadPermit(self, place))
    }

    /// Acquires a permit, and waits for it for at most `longest`; zero: not at all.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    pub async fn acquire_within(
        &self,
        longest: Duration,
    ) -> Result<BulkheadPermit<'_>, ResilienceError> {
        let place = self.enter(|| longest).await?;
        Ok(BulkheadPermit(self, place))
    }

    /// Acquires a permit that keeps the bulkhead alive, and waits for it as [`acquire`](Self::acquire) does.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    pub async fn acquire_owned(self: &Arc<Self>) -> Result<OwnedBulkheadPermit, ResilienceError> {
        let place = self.enter(|| self.config.lock().max_wait).await?;
        Ok(OwnedBulkheadPermit(Arc::clone(self), place))
    }
}

impl BulkheadPermit<'_> {
    /// Returns whether the call passes in [shadow](crate::config::PatternMode::Shadow) alone: there was no permit for it.
    #[must_use]
    pub fn is_shadow_rejected(&self) -> bool {
        self.1 == Place::Shadow
    }
}

impl OwnedBulkheadPermit {
    /// Returns whether the call passes in [shadow](crate::config::PatternMode::Shadow) alone: there was no permit for it.
    #[must_use]
    pub fn is_shadow_rejected(&self) -> bool {
        self.1 == Place::Shadow
    }
}

impl Drop for BulkheadPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.1.release(&self.0.semaphore, Moment::now);
    }
}

impl Drop for OwnedBulkheadPermit {
    #[inline]
    fn drop(&mut self) {
        self.1.release(&self.0.semaphore, Moment::now);
    }
}

impl fmt::Debug for BulkheadPermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BulkheadPermit")
            .field(self.0.name())
            .finish()
    }
}

impl fmt::Debug for OwnedBulkheadPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedBulkheadPermit")
            .field(self.0.name())
            .finish()
    }
}
