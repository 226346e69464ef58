//! Configuration of the rate limiter.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::key::Key;
use super::mode::PatternMode;
use super::setters::setters;
use super::validator::Validator;
use crate::error::ConfigError;

/// Configures how many requests a key may make, and how they are counted.
///
/// ```
/// use resilience_runtime::RateLimitConfig;
///
/// let config = RateLimitConfig::per_minute(60).burst(10);
/// assert_eq!(config.capacity(), 10);
/// ```
///
/// What a language model bills in tokens is limited in both, and a call takes both or neither:
///
/// ```
/// use resilience_runtime::{RateLimitConfig, RateLimiter};
///
/// let limiter = RateLimiter::new("llm", RateLimitConfig::per_minute(2).tokens_per_minute(90_000))?;
/// assert_eq!(limiter.check_n("user_123", 4_000).remaining, 86_000);
/// assert!(!limiter.check_n("user_123", 87_000).allowed);
/// assert!(limiter.check_n("user_123", 1_000).allowed);
/// assert!(!limiter.check_n("user_123", 1_000).allowed, "that would be the third request");
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[non_exhaustive]
pub struct RateLimitConfig {
    /// Limits the requests in one `period`; at least 1. Beside `tokens_per_minute`, `u32::MAX` means that requests are
    /// not counted.
    pub limit: u32,
    /// Sets the time that `limit` is about.
    pub period: Duration,
    /// Sets the token bucket's size; `None`: as much as `limit`. The windows have no burst.
    pub burst: Option<u32>,
    /// Chooses how requests are counted.
    pub strategy: RateLimitStrategy,
    /// Limits how many keys have a state of their own; the others share one.
    pub max_keys: usize,
    /// Limits how long all callers obey a server's Retry-After.
    pub max_cooldown: Duration,
    /// Limits the tokens in each minute, always by token bucket; costs are tokens then, and whatever passes is one
    /// request as well. `None`: only requests are counted.
    pub tokens_per_minute: Option<u32>,
    /// Chooses whether it holds calls back, or lets them pass and counts what it would hold back.
    pub mode: PatternMode,
}

impl RateLimitConfig {
    /// Holds the default of `max_keys`.
    pub const DEFAULT_MAX_KEYS: usize = 100_000;
    /// Holds the default of `max_cooldown`.
    pub const DEFAULT_MAX_COOLDOWN: Duration = Duration::from_secs(60);

    /// Allows at most `limit` requests in each `period`, by token bucket.
    #[must_use]
    pub const fn new(limit: u32, period: Duration) -> Self {
        Self {
            limit,
            period,
            burst: None,
            strategy: RateLimitStrategy::TokenBucket,
            max_keys: Self::DEFAULT_MAX_KEYS,
            max_cooldown: Self::DEFAULT_MAX_COOLDOWN,
            tokens_per_minute: None,
            mode: PatternMode::Enforce,
        }
    }

    /// Tokens alone.
    pub(crate) const fn tokens_alone(tokens: u32) -> Self {
        Self::per_minute(u32::MAX).tokens_per_minute(tokens)
    }

    /// Allows `limit` requests a second.
    #[must_use]
    pub const fn per_second(limit: u32) -> Self {
        Self::new(limit, Duration::from_secs(1))
    }

    /// Allows `limit` requests a minute.
    #[must_use]
    pub const fn per_minute(limit: u32) -> Self {
        Self::new(limit, Duration::from_secs(60))
    }

    /// Allows `limit` requests an hour.
    #[must_use]
    pub const fn per_hour(limit: u32) -> Self {
        Self::new(limit, Duration::from_secs(3_600))
    }

    /// Counts in windows that begin with a first request.
    #[must_use]
    pub const fn fixed_window(self) -> Self {
        self.strategy(RateLimitStrategy::FixedWindow)
    }

    /// Counts exactly, over every window at any offset.
    #[must_use]
    pub const fn sliding_window(self) -> Self {
        self.strategy(RateLimitStrategy::SlidingWindow)
    }

    /// Returns the greatest cost that can ever pass.
    #[must_use]
    pub const fn capacity(&self) -> u32 {
        match self.tokens_per_minute {
            Some(tokens) => tokens,
            None => self.requests_at_once(),
        }
    }

    pub(crate) const fn counts_requests(&self) -> bool {
        self.tokens_per_minute.is_none() || self.limit < u32::MAX
    }

    /// The most requests that can pass at one instant.
    pub(crate) const fn requests_at_once(&self) -> u32 {
        match (self.strategy, self.burst) {
            (RateLimitStrategy::TokenBucket, Some(burst)) => burst,
            _ => self.limit,
        }
    }

    /// Checks that every value is in range and fits the others.
    ///
    /// # Errors
    /// Names each value that is out of range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut validator = Validator::default();
        self.check(&mut validator);
        validator.finish()
    }

    pub(crate) fn check(&self, validator: &mut Validator) {
        validator.count((Key::RateLimitRate, "rate_limit.limit"), self.limit);
        validator.duration((Key::RateLimitRate, "rate_limit.period"), self.period);
        if let Some(burst) = self.burst {
            validator.count(Key::RateLimitBurst, burst);
        }
        validator.require(
            self.max_keys > 0,
            Key::RateLimitMaxKeys,
            self.max_keys,
            "must be at least 1",
        );
        validator.duration(Key::RateLimitMaxCooldown, self.max_cooldown);
        if let Some(tokens) = self.tokens_per_minute {
            validator.count(Key::RateLimitTokens, tokens);
        }
    }
}

setters! {
    RateLimitConfig {
        limit: u32,
        period: Duration,
        [some] burst: u32,
        strategy: RateLimitStrategy,
        max_keys: usize,
        max_cooldown: Duration,
        [some] tokens_per_minute: u32,
        mode: PatternMode,
    }
}

/// Chooses how requests are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum RateLimitStrategy {
    /// Takes tokens from a bucket that refills evenly: at most `burst + rate × t` in any span `t`.
    #[default]
    TokenBucket,
    /// Allows never more than the limit in any window at any offset.
    SlidingWindow,
    /// Allows the limit in each window; windows begin with a first request.
    FixedWindow,
}

impl RateLimitStrategy {
    /// Lists all strategies, in the order of the documentation.
    pub const ALL: &'static [Self] = &[Self::TokenBucket, Self::SlidingWindow, Self::FixedWindow];

    /// Returns its name in attributes, variables and files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TokenBucket => "token_bucket",
            Self::SlidingWindow => "sliding_window",
            Self::FixedWindow => "fixed_window",
        }
    }
}

impl fmt::Display for RateLimitStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for RateLimitStrategy {
    type Err = UnknownStrategy;

    fn from_str(text: &str) -> Result<Self, UnknownStrategy> {
        Self::ALL
            .iter()
            .copied()
            .find(|strategy| strategy.name() == text)
            .ok_or_else(|| UnknownStrategy(text.to_owned()))
    }
}

/// Rejects a text that names no [`RateLimitStrategy`].
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown strategy `{0}`; one of token_bucket, sliding_window, fixed_window")]
pub struct UnknownStrategy(String);

/// Never shows the text, which may be a misplaced secret.
impl fmt::Debug for UnknownStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnknownStrategy(..)")
    }
}
