//! The result of a check.

use std::time::Duration;

use crate::limit_name::LimitName;

/// Holds the result of a check by a [`RateLimiter`](super::RateLimiter): enough for the usual response headers
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
#[must_use = "a decision that is not read rejects no call"]
pub struct Decision {
    /// States whether the call passes, in which case the tokens are taken, unless it passes in
    /// [shadow](crate::config::PatternMode::Shadow) alone.
    pub allowed: bool,
    /// Holds the greatest cost that can ever pass at once, in tokens where these are limited, else in requests: the size of
    /// the smallest bucket or window; `u32::MAX` where no limit is set.
    pub limit: u32,
    /// Holds the cost that could still pass right now; zero while the key is cooling down or has waiters, and
    /// where tokens remain but no request.
    pub remaining: u32,
    /// Names the limit that is short, if the call is rejected by one: the one that it would wait for longest, or that its
    /// cost is above. `None` if it is allowed or cooling down.
    pub short: Option<LimitName>,
    /// Holds the time until the call could pass, if no other call comes first. `None` if it is allowed, and if it
    /// can never pass because its cost is above `limit`; otherwise never zero. A call that passes in shadow alone has the
    /// time that it would have been told.
    pub retry_after: Option<Duration>,
    /// Holds the time until the whole `limit` will be available again, if no other call comes.
    pub reset_after: Duration,
}

impl Decision {
    /// The decision where no limit is set.
    pub(super) const UNLIMITED: Self = Self {
        allowed: true,
        limit: u32::MAX,
        remaining: u32::MAX,
        short: None,
        retry_after: None,
        reset_after: Duration::ZERO,
    };

    /// Allows what is not, where that passes all the same.
    pub(super) fn or_pass(self, passes: impl FnOnce() -> bool) -> Self {
        Self {
            allowed: self.allowed || passes(),
            ..self
        }
    }
}
