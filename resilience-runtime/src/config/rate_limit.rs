//! Configuration of the rate limiter.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::key::Key;
use super::mode::PatternMode;
use super::setters::setters;
use super::validator::Validator;
use crate::error::ConfigError;
use crate::limit_name::LimitName;

/// Configures how much a key may use, and how it is counted.
///
/// ```
/// use resilience_runtime::RateLimitConfig;
///
/// let config = RateLimitConfig::per_minute(60).burst(10);
/// assert_eq!(config.capacity(), 10);
/// ```
///
/// Any number of limits hold together: a call takes from all of them or from none. A call of a language model is one
/// request and [costs](crate::rate_limit::Cost) tokens:
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
    /// Limits the requests in one `period`; at least 1. Beside another limit, `u32::MAX` means that this one is none.
    pub limit: u32,
    /// Sets the time that `limit` is about.
    pub period: Duration,
    /// Sets the size of the token bucket of the shortest limit of requests; `None`: as much as the limit. The other
    /// buckets are as large as their limits, and windows have no burst.
    pub burst: Option<u32>,
    /// Chooses how all limits are counted. Those of a day are counted by fixed window, unless [a
    /// strategy](Self::strategy) was set.
    pub strategy: RateLimitStrategy,
    /// Limits how many keys have a state of their own; the others share one.
    pub max_keys: usize,
    /// Limits how long all callers obey a server's Retry-After.
    pub max_cooldown: Duration,
    /// Limits the requests in each second; `None`: by no such limit.
    pub requests_per_second: Option<u32>,
    /// Limits the requests in each minute; `None`: by no such limit.
    pub requests_per_minute: Option<u32>,
    /// Limits the requests in each hour; `None`: by no such limit.
    pub requests_per_hour: Option<u32>,
    /// Limits the requests in each day; `None`: by no such limit.
    pub requests_per_day: Option<u32>,
    /// Limits the tokens in each second; `None`: by no such limit.
    pub tokens_per_second: Option<u32>,
    /// Limits the tokens in each minute; `None`: by no such limit.
    pub tokens_per_minute: Option<u32>,
    /// Limits the tokens in each hour; `None`: by no such limit.
    pub tokens_per_hour: Option<u32>,
    /// Limits the tokens in each day; `None`: by no such limit.
    pub tokens_per_day: Option<u32>,
    /// Limits the input tokens in each second; `None`: by no such limit.
    pub input_tokens_per_second: Option<u32>,
    /// Limits the input tokens in each minute; `None`: by no such limit.
    pub input_tokens_per_minute: Option<u32>,
    /// Limits the input tokens in each hour; `None`: by no such limit.
    pub input_tokens_per_hour: Option<u32>,
    /// Limits the input tokens in each day; `None`: by no such limit.
    pub input_tokens_per_day: Option<u32>,
    /// Limits the output tokens in each second; `None`: by no such limit.
    pub output_tokens_per_second: Option<u32>,
    /// Limits the output tokens in each minute; `None`: by no such limit.
    pub output_tokens_per_minute: Option<u32>,
    /// Limits the output tokens in each hour; `None`: by no such limit.
    pub output_tokens_per_hour: Option<u32>,
    /// Limits the output tokens in each day; `None`: by no such limit.
    pub output_tokens_per_day: Option<u32>,
    /// Chooses whether it holds calls back, or lets them pass and counts what it would hold back.
    pub mode: PatternMode,
    /// Whether the strategy was chosen, so that it is also that of the limits of a day.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub(crate) strategy_is_set: bool,
}

/// No limit yet.
impl Default for RateLimitConfig {
    fn default() -> Self {
        Self::NONE
    }
}

impl RateLimitConfig {
    /// Holds the default of `max_keys`.
    pub const DEFAULT_MAX_KEYS: usize = 100_000;
    /// Holds the default of `max_cooldown`.
    pub const DEFAULT_MAX_COOLDOWN: Duration = Duration::from_secs(60);

    /// No limit yet.
    pub(crate) const NONE: Self = Self::per_minute(u32::MAX);

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
            requests_per_second: None,
            requests_per_minute: None,
            requests_per_hour: None,
            requests_per_day: None,
            tokens_per_second: None,
            tokens_per_minute: None,
            tokens_per_hour: None,
            tokens_per_day: None,
            input_tokens_per_second: None,
            input_tokens_per_minute: None,
            input_tokens_per_hour: None,
            input_tokens_per_day: None,
            output_tokens_per_second: None,
            output_tokens_per_minute: None,
            output_tokens_per_hour: None,
            output_tokens_per_day: None,
            mode: PatternMode::Enforce,
            strategy_is_set: false,
        }
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

    /// Chooses how all limits are counted, those of a day included.
    #[must_use]
    pub const fn strategy(mut self, strategy: RateLimitStrategy) -> Self {
        self.strategy = strategy;
        self.strategy_is_set = true;
        self
    }

    /// Returns the greatest cost that can ever pass: in tokens where these are limited, else in requests.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        let limits = self.limits();
        let tokens = limits.iter().filter(|it| it.name.dimension().is_tokens());
        let tokens = tokens.map(|it| it.burst).min();
        let requests = limits.iter().map(|it| it.burst).min();
        tokens.or(requests).unwrap_or(u32::MAX)
    }

    /// Whether tokens are limited: then a cost is so many of them, and each call is one request.
    pub(crate) fn counts_tokens(&self) -> bool {
        let named = self.named();
        named
            .iter()
            .any(|(name, _, limit)| name.dimension().is_tokens() && limit.is_some())
    }

    /// Every named limit, with the setting that it has.
    fn named(&self) -> [(LimitName, Key, Option<u32>); 16] {
        let config = self;
        macro_rules! named {
            ($($name:ident, $key:ident, $field:ident;)*) => {
                [$((LimitName::$name, Key::$key, config.$field)),*]
            };
        }
        named! {
            REQUESTS_PER_SECOND, RateLimitRequestsPerSecond, requests_per_second;
            REQUESTS_PER_MINUTE, RateLimitRequestsPerMinute, requests_per_minute;
            REQUESTS_PER_HOUR, RateLimitRequestsPerHour, requests_per_hour;
            REQUESTS_PER_DAY, RateLimitRequestsPerDay, requests_per_day;
            TOKENS_PER_SECOND, RateLimitTokensPerSecond, tokens_per_second;
            TOKENS_PER_MINUTE, RateLimitTokensPerMinute, tokens_per_minute;
            TOKENS_PER_HOUR, RateLimitTokensPerHour, tokens_per_hour;
            TOKENS_PER_DAY, RateLimitTokensPerDay, tokens_per_day;
            INPUT_TOKENS_PER_SECOND, RateLimitInputTokensPerSecond, input_tokens_per_second;
            INPUT_TOKENS_PER_MINUTE, RateLimitInputTokensPerMinute, input_tokens_per_minute;
            INPUT_TOKENS_PER_HOUR, RateLimitInputTokensPerHour, input_tokens_per_hour;
            INPUT_TOKENS_PER_DAY, RateLimitInputTokensPerDay, input_tokens_per_day;
            OUTPUT_TOKENS_PER_SECOND, RateLimitOutputTokensPerSecond, output_tokens_per_second;
            OUTPUT_TOKENS_PER_MINUTE, RateLimitOutputTokensPerMinute, output_tokens_per_minute;
            OUTPUT_TOKENS_PER_HOUR, RateLimitOutputTokensPerHour, output_tokens_per_hour;
            OUTPUT_TOKENS_PER_DAY, RateLimitOutputTokensPerDay, output_tokens_per_day;
        }
    }

    /// Returns the limits: those of requests, of tokens, of input tokens and of output tokens, each with the shortest
    /// period first.
    pub(crate) fn limits(&self) -> Vec<LimitConfig> {
        let mut limits: Vec<_> = (self.named().into_iter())
            .filter_map(|(name, _, limit)| {
                let by_window = name.is_per_day() && !self.strategy_is_set;
                Some((name, limit?, name.period()?, by_window))
            })
            .collect();
        if self.limit < u32::MAX || limits.is_empty() {
            let name = LimitName::of_requests_in(self.period);
            limits.push((name, self.limit, self.period, false));
        }
        limits.sort_by_key(|&(name, _, period, _)| (name.dimension(), period));
        let mut limits: Vec<_> = (limits.into_iter())
            .map(|(name, limit, period, by_window)| LimitConfig {
                name,
                limit,
                period,
                burst: limit,
                strategy: if by_window {
                    RateLimitStrategy::FixedWindow
                } else {
                    self.strategy
                },
            })
            .collect();
        if let (Some(shortest), Some(burst)) = (limits.first_mut(), self.burst)
            && !shortest.name.dimension().is_tokens()
            && shortest.strategy == RateLimitStrategy::TokenBucket
        {
            shortest.burst = burst;
        }
        limits
    }

    /// Makes the shortest named limit of requests the `limit` of the `period`, where there is none.
    pub(crate) fn with_shortest_first(mut self) -> Self {
        for (limit, seconds) in [
            (&mut self.requests_per_second, 1),
            (&mut self.requests_per_minute, 60),
            (&mut self.requests_per_hour, 3_600),
        ] {
            if self.limit == u32::MAX
                && let Some(shortest) = limit.take()
            {
                (self.limit, self.period) = (shortest, Duration::from_secs(seconds));
            }
        }
        self
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
        let own = LimitName::of_requests_in(self.period);
        let named = self.named();
        // A period that code alone can set has no setting.
        let key = named.iter().find(|(name, ..)| *name == own);
        let key = key.map_or(Key::RateLimitRequestsPerMinute, |(_, key, _)| *key);
        validator.count((key, "rate_limit.limit"), self.limit);
        validator.duration((key, "rate_limit.period"), self.period);
        for (name, key, limit) in named {
            let Some(limit) = limit else {
                continue;
            };
            validator.count(key, limit);
            validator.require(
                name != own || self.limit == u32::MAX,
                key,
                limit,
                "is a second limit of the same period; keep one",
            );
        }
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
    }
}

/// One limit of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitConfig {
    pub(crate) name: LimitName,
    pub(crate) limit: u32,
    pub(crate) period: Duration,
    /// The most that can pass at one instant.
    pub(crate) burst: u32,
    pub(crate) strategy: RateLimitStrategy,
}

setters! {
    RateLimitConfig {
        limit: u32,
        period: Duration,
        [some] burst: u32,
        max_keys: usize,
        max_cooldown: Duration,
        [some] requests_per_second: u32,
        [some] requests_per_minute: u32,
        [some] requests_per_hour: u32,
        [some] requests_per_day: u32,
        [some] tokens_per_second: u32,
        [some] tokens_per_minute: u32,
        [some] tokens_per_hour: u32,
        [some] tokens_per_day: u32,
        [some] input_tokens_per_second: u32,
        [some] input_tokens_per_minute: u32,
        [some] input_tokens_per_hour: u32,
        [some] input_tokens_per_day: u32,
        [some] output_tokens_per_second: u32,
        [some] output_tokens_per_minute: u32,
        [some] output_tokens_per_hour: u32,
        [some] output_tokens_per_day: u32,
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
