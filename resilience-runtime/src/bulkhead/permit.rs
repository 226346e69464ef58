//! A permit of a bulkhead, as a guard, and how it is acquired.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::Bulkhead;
use crate::clock::Moment;
use crate::error::ResilienceError;

/// Grants one concurrent call. Dropping it releases the permit, to the longest waiter if there is one.
#[must_use = "dropping it releases the permit"]
pub struct BulkheadPermit<'a>(&'a Bulkhead);

/// Grants one concurrent call as a [`BulkheadPermit`] does, and keeps its bulkhead alive, so that it can move to
/// another task.
#[must_use = "dropping it releases the permit"]
pub struct OwnedBulkheadPermit(Arc<Bulkhead>);

impl Bulkhead {
    #[inline]
    fn try_enter(&self) -> bool {
        self.semaphore.try_acquire() || self.semaphore.try_again(Moment::now)
    }

    /// Acquires a permit if one is free and no call waits for it.
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

    /// Acquires a permit that keeps the bulkhead alive, if one is free and no call waits for it.
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
        if self.try_enter() {
            return Ok(BulkheadPermit(self));
        }
        let longest = self.config.lock().max_wait;
        self.wait_for(longest).await?;
        Ok(BulkheadPermit(self))
    }

    /// Acquires a permit, and waits for it for at most `longest`; zero: not at all.
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

    /// Acquires a permit that keeps the bulkhead alive, and waits for it as [`acquire`](Self::acquire) does.
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
}

impl Drop for BulkheadPermit<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.semaphore.release(Moment::now);
    }
}

impl Drop for OwnedBulkheadPermit {
    #[inline]
    fn drop(&mut self) {
        self.0.semaphore.release(Moment::now);
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
