//! A permit of a bulkhead, as a guard, and how it is acquired.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use super::Bulkhead;
use super::adaptive::Report;
use super::place::Place;
use crate::clock::Moment;
use crate::error::ResilienceError;

/// Grants one concurrent call. Dropping it releases the permit, to the longest waiter if there is one.
///
/// A bulkhead with an [adaptive](crate::bulkhead::AdaptiveConfig) limit wants to know how the call ended: tell it by
/// [`success`](Self::success) or [`congested`](Self::congested). A permit that is only dropped tells nothing. Of a bulkhead
/// with a fixed limit they release the permit, no more.
#[must_use = "dropping it releases the permit"]
pub struct BulkheadPermit<'a>(PermitGuard<&'a Bulkhead>);

/// Grants one concurrent call as a [`BulkheadPermit`] does, and keeps its bulkhead alive, so that it can move to
/// another task.
#[must_use = "dropping it releases the permit"]
pub struct OwnedBulkheadPermit(PermitGuard<Arc<Bulkhead>>);

/// A permit that is released when it is dropped.
struct PermitGuard<B: Deref<Target = Bulkhead>> {
    bulkhead: B,
    place: Place,
    /// When it was granted; [`Moment::FAR_FUTURE`] where the limit is fixed.
    granted: Moment,
}

impl<B: Deref<Target = Bulkhead>> PermitGuard<B> {
    #[inline]
    fn new(bulkhead: B, place: Place) -> Self {
        // Who passes in shadow runs beside the limit and tells nothing of it.
        let granted = if place != Place::Shadow && bulkhead.is_adaptive() {
            Moment::now()
        } else {
            Moment::FAR_FUTURE
        };
        Self {
            bulkhead,
            place,
            granted,
        }
    }

    fn report(&self, report: impl FnOnce(Duration) -> Report) {
        if self.granted != Moment::FAR_FUTURE && self.bulkhead.is_adaptive() {
            let now = Moment::now();
            let report = report(now.since(self.granted));
            self.bulkhead.report(report, self.granted, now);
        }
    }
}

impl<B: Deref<Target = Bulkhead>> Drop for PermitGuard<B> {
    #[inline]
    fn drop(&mut self) {
        self.place.release(&self.bulkhead.semaphore, Moment::now);
    }
}

/// Declares how a call reports its end.
macro_rules! reports {
    ($($permit:ty),*) => { $(
        impl $permit {
            /// Returns whether the call passes in [shadow](crate::config::PatternMode::Shadow) alone: there was no permit for it.
            #[must_use]
            pub fn is_shadow_rejected(&self) -> bool {
                self.0.place == Place::Shadow
            }

            /// Releases the permit after a call that was answered. Its latency is the time since the permit was granted.
            pub fn success(self) {
                self.0.report(|took| Report::Answered(Some(took)));
            }

            /// Releases the permit after a call that was answered, and whose latency was this.
            pub fn success_in(self, latency: Duration) {
                self.0.report(|_| Report::Answered(Some(latency)));
            }

            /// Releases the permit after a call that was throttled, timed out, or met an overloaded service: an adaptive limit
            /// falls, unless the call began before it fell last.
            pub fn congested(self) {
                self.0.report(|_| Report::Congested);
            }
        }
    )* };
}
reports!(BulkheadPermit<'_>, OwnedBulkheadPermit);

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
        Ok(BulkheadPermit(PermitGuard::new(self, place)))
    }

    /// Acquires a permit that keeps the bulkhead alive, if one is free and no call waits for it.
    ///
    /// # Errors
    /// Those of [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_owned(self: &Arc<Self>) -> Result<OwnedBulkheadPermit, ResilienceError> {
        let place = self.try_enter_or_pass()?;
        Ok(OwnedBulkheadPermit(PermitGuard::new(
            Arc::clone(self),
            place,
        )))
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
        let place = self.enter(|| self.longest_wait()).await?;
        Ok(BulkheadPermit(PermitGuard::new(self, place)))
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
        Ok(BulkheadPermit(PermitGuard::new(self, place)))
    }

    /// Acquires a permit that keeps the bulkhead alive, and waits for it as [`acquire`](Self::acquire) does.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    pub async fn acquire_owned(self: &Arc<Self>) -> Result<OwnedBulkheadPermit, ResilienceError> {
        let place = self.enter(|| self.longest_wait()).await?;
        Ok(OwnedBulkheadPermit(PermitGuard::new(
            Arc::clone(self),
            place,
        )))
    }
}

impl fmt::Debug for BulkheadPermit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("BulkheadPermit")
            .field(self.0.bulkhead.name())
            .finish()
    }
}

impl fmt::Debug for OwnedBulkheadPermit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedBulkheadPermit")
            .field(self.0.bulkhead.name())
            .finish()
    }
}
