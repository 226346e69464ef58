//! A token bucket in the smallest whole numbers, which fit into one word.

use crate::rate_limit::algorithms::token_bucket::TokenBucket;

/// A token bucket whose times are in units of `1 / scale` nanoseconds.
#[derive(Debug)]
pub(super) struct Rate {
    pub(super) bucket: TokenBucket,
    pub(super) scale: u64,
    /// The time that one token takes.
    pub(super) worth: u64,
    /// The time that a full bucket takes.
    pub(super) burst: u64,
    /// How many units of the bucket's own scaled time are one unit here.
    pub(super) factor: u64,
}

impl Rate {
    /// Makes the rate of a bucket; `None` where its times would exceed `max` within two years, which a process
    /// may run.
    pub(super) fn of(bucket: TokenBucket, max: u64) -> Option<Self> {
        const TWO_YEARS: u64 = 2 * 366 * 86_400 * 1_000_000_000;
        let (limit, period) = (u64::from(bucket.limit()), bucket.period());
        let factor = gcd(limit, period);
        let (scale, worth) = (limit / factor, period / factor);
        let burst = worth.checked_mul(bucket.burst().into())?;
        let fits = TWO_YEARS.checked_mul(scale)?.checked_add(burst)? <= max;
        fits.then_some(Self {
            bucket,
            scale,
            worth,
            burst,
            factor,
        })
    }
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}
