//! GCRA: one word, the time at which the bucket would be full again, moved by compare-and-swap.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

#[derive(Debug)]
pub(super) struct Limiter {
    full_at: AtomicU64,
    /// Nanoseconds that one token takes to come.
    token: u64,
    /// Nanoseconds that a whole bucket takes.
    bucket: u64,
}

impl Limiter {
    pub(super) fn new(rate: u32, period: Duration) -> Self {
        let bucket = u64::try_from(period.as_nanos()).unwrap_or(u64::MAX);
        Self {
            full_at: AtomicU64::new(0),
            token: bucket / u64::from(rate),
            bucket,
        }
    }

    #[inline]
    pub(super) fn admits(&self, now: u64) -> bool {
        let mut full_at = self.full_at.load(Relaxed);
        loop {
            let next = full_at.max(now) + self.token;
            if next > now + self.bucket {
                return false;
            }
            match self
                .full_at
                .compare_exchange_weak(full_at, next, Relaxed, Relaxed)
            {
                Ok(_) => return true,
                Err(other) => full_at = other,
            }
        }
    }
}
