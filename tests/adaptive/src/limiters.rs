//! The limits that are compared, behind one interface.

use std::sync::Arc;
use std::time::Duration;

use clock_lib::ManualClock;
use resilience_runtime::bulkhead::{AdaptiveConfig, Bulkhead, BulkheadConfig};
use throttle_net::{AdaptiveLimiter, AdaptiveStrategy};

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Answered,
    Throttled,
}

/// What a call that may run hands its end to.
pub type Permit = Box<dyn FnOnce(End)>;

pub trait Limiter {
    fn try_acquire(&self) -> Option<Permit>;

    fn limit(&self) -> usize;

    /// Tells of time that has passed on tokio's clock.
    fn passed(&self, _by: Duration) {}
}

impl Limiter for Arc<Bulkhead> {
    fn try_acquire(&self) -> Option<Permit> {
        let permit = self.try_acquire_owned().ok()?;
        Some(Box::new(|end| match end {
            End::Answered => permit.success(),
            End::Throttled => permit.congested(),
        }))
    }

    fn limit(&self) -> usize {
        Bulkhead::limit(self)
    }
}

/// The bulkhead with a fixed limit.
pub fn fixed(limit: usize) -> impl Limiter {
    let config = BulkheadConfig::default().max_concurrent(limit);
    Arc::new(Bulkhead::new("fixed", config).expect("valid"))
}

/// The bulkhead that adapts its limit.
pub fn adaptive(config: AdaptiveConfig) -> impl Limiter {
    let config = BulkheadConfig::default().adaptive(config);
    Arc::new(Bulkhead::new("adaptive", config).expect("valid"))
}

struct Theirs<S: AdaptiveStrategy> {
    limiter: Arc<AdaptiveLimiter<S, Arc<ManualClock>>>,
    clock: Arc<ManualClock>,
}

impl<S: AdaptiveStrategy + 'static> Limiter for Theirs<S> {
    fn try_acquire(&self) -> Option<Permit> {
        let permit = self.limiter.try_acquire_owned()?;
        Some(Box::new(|end| match end {
            End::Answered => permit.success(),
            End::Throttled => permit.failure(),
        }))
    }

    fn limit(&self) -> usize {
        self.limiter.current_limit() as usize
    }

    fn passed(&self, by: Duration) {
        self.clock.advance(by);
    }
}

/// A strategy of the crate `throttle-net`, within the same bounds.
pub fn throttle_net<S: AdaptiveStrategy + 'static>(strategy: S) -> impl Limiter {
    let clock = Arc::new(ManualClock::new());
    let builder = AdaptiveLimiter::builder().floor(1).ceiling(200).initial(20);
    let limiter = builder.build(strategy).with_clock(Arc::clone(&clock));
    Theirs {
        limiter: Arc::new(limiter),
        clock,
    }
}
