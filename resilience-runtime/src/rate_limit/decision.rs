//! The answer of a check.

use std::time::Duration;

/// What a [`RateLimiter`](super::RateLimiter) answers: enough for the usual response headers
/// (`RateLimit-Limit`, `RateLimit-Remaining`, `RateLimit-Reset`, `Retry-After`).
///
/// ```
/// use resilience_runtime::{RateLimitConfig, RateLimiter};
///
/// let limiter = RateLimiter::new("search", RateLimitConfig::per_minute(2))?;
/// let first = limiter.check("user_123");
/// assert!(first.allowed);
/// assert_eq!((first.limit, first.remaining, first.retry_after), (2, 1, None));
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Decision {
    /// Whether it passes, in which case the tokens are taken.
    pub allowed: bool,
    /// The greatest cost that can ever pass at once: the bucket's size or the window's limit, or the tokens
    /// of a minute where these are counted; `u32::MAX` where no limit is set.
    pub limit: u32,
    /// What could still be taken right now; zero while the key is cooling down or others queue for it, and where
    /// tokens are left but no request.
    pub remaining: u32,
    /// When it could pass, if nobody else comes. `None` if it is allowed, and if it can never pass because
    /// its cost is above `limit`; otherwise never zero.
    pub retry_after: Option<Duration>,
    /// When the whole `limit` will be there again, if nobody else comes.
    pub reset_after: Duration,
}

impl Decision {
    /// Where nothing limits.
    pub(super) const UNLIMITED: Self = Self {
        allowed: true,
        limit: u32::MAX,
        remaining: u32::MAX,
        retry_after: None,
        reset_after: Duration::ZERO,
    };
}
