//! Limiters with a bucket for each key: ours and governor's, asked by keys in random order.

use std::num::NonZeroU32;
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota};
use resilience_runtime::rate_limit::Cost;
use resilience_runtime::{RateLimitConfig, RateLimiter};

/// A limiter that is asked by key.
pub trait Keyed {
    /// Takes a token of this key.
    fn admits(&self, key: u64) -> bool;
}

impl Keyed for RateLimiter {
    fn admits(&self, key: u64) -> bool {
        self.check(&key).allowed
    }
}

impl Keyed for DefaultKeyedRateLimiter<u64> {
    fn admits(&self, key: u64) -> bool {
        self.check_key(&key).is_ok()
    }
}

/// Requests that each key has in an hour: so many that nothing is rejected while it is measured, so few that
/// no key is soon at rest.
const MANY: u32 = 4_000_000_000;

/// Ours, for this many keys.
///
/// # Panics
/// Never.
#[must_use]
pub fn ours(keys: u64) -> RateLimiter {
    limiter(RateLimitConfig::new(MANY, Duration::from_secs(3_600)), keys)
}

/// Ours, with a bucket that takes a second to be full again after each token.
///
/// # Panics
/// Never.
#[must_use]
pub fn ours_busy(keys: u64) -> RateLimiter {
    limiter(RateLimitConfig::per_hour(3_600), keys)
}

/// Ours as a sliding window.
///
/// # Panics
/// Never.
#[must_use]
pub fn ours_sliding(keys: u64) -> RateLimiter {
    limiter(RateLimitConfig::per_hour(3_600).sliding_window(), keys)
}

/// Ours, with limits of requests and of tokens.
pub struct TwoLimits(RateLimiter);

/// Ours, with limits of requests, tokens, input and output tokens.
pub struct FourLimits(RateLimiter);

impl Keyed for TwoLimits {
    fn admits(&self, key: u64) -> bool {
        self.0.check_n(&key, 2).allowed
    }
}

impl Keyed for FourLimits {
    fn admits(&self, key: u64) -> bool {
        self.0.check_cost(&key, Cost::new(1, 1)).allowed
    }
}

/// Two limits for this many keys.
///
/// # Panics
/// Never.
#[must_use]
pub fn two_limits(keys: u64) -> TwoLimits {
    TwoLimits(limiter(
        RateLimitConfig::per_hour(MANY).tokens_per_minute(MANY),
        keys,
    ))
}

/// Four limits for this many keys.
///
/// # Panics
/// Never.
#[must_use]
pub fn four_limits(keys: u64) -> FourLimits {
    let config = RateLimitConfig::per_hour(MANY)
        .tokens_per_minute(MANY)
        .input_tokens_per_minute(MANY)
        .output_tokens_per_minute(MANY);
    FourLimits(limiter(config, keys))
}

/// A limit of the service and one of each key, for this many keys.
///
/// # Panics
/// Never.
#[must_use]
pub fn beside_the_service(keys: u64) -> RateLimiter {
    let of_key = RateLimitConfig::per_hour(MANY);
    limiter(RateLimitConfig::per_hour(MANY).per_key(of_key), keys)
}

fn limiter(config: RateLimitConfig, keys: u64) -> RateLimiter {
    let keys = usize::try_from(keys).expect("keys that fit into memory");
    RateLimiter::new("keyed", config.max_keys(keys)).expect("valid")
}

/// Governor's.
///
/// # Panics
/// Never.
#[must_use]
pub fn governor() -> DefaultKeyedRateLimiter<u64> {
    DefaultKeyedRateLimiter::keyed(Quota::per_hour(NonZeroU32::new(MANY).expect("not zero")))
}

/// The key number `index`.
#[must_use]
pub fn key(index: u64) -> u64 {
    scramble(index)
}

/// A key of the first `keys`, another at each step.
#[must_use]
pub fn any_key(step: u64, keys: u64) -> u64 {
    let index = (u128::from(scramble(!step)) * u128::from(keys)) >> 64;
    key(index as u64)
}

/// splitmix64, by Steele, Lea and Flood.
fn scramble(index: u64) -> u64 {
    let mut z = index.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
