//! Configuration of the rate limiter.

use std::time::Duration;

use super::key::Key;
use super::mode::PatternMode;
use super::on_store_loss::OnStoreLoss;
use super::setters::setters;
use super::strategy::RateLimitStrategy;
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
    /// Limits each key beside what limits the service; `None`: only the service is limited, or with the `key` of an
    /// attribute each key alone.
    pub per_key: Option<Box<RateLimitConfig>>,
    /// Chooses whether it holds calls back, or lets them pass and counts what it would hold back.
    pub mode: PatternMode,
    /// Chooses whether all processes of the fleet share the limits, or each process has them to itself.
    pub shared: bool,
    /// Chooses what holds for limits that are [shared](Self::shared) while the store of the fleet cannot be reached.
    pub on_store_loss: OnStoreLoss,
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
            per_key: None,
            mode: PatternMode::Enforce,
            shared: false,
            on_store_loss: OnStoreLoss::Share,
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

    /// Limits each key by these limits beside the service as a whole. A call takes from both, or from none; of the argument
    /// the limits, the burst and the strategy count alone.
    ///
    /// A server's Retry-After then stops the whole service, unless [it is about the key
    /// alone](crate::hint::for_key). Calls that wait for the service pass in turns between their keys.
    ///
    /// ```
    /// use resilience_runtime::rate_limit::LimitName;
    /// use resilience_runtime::{RateLimitConfig, RateLimiter};
    ///
    /// let per_tenant = RateLimitConfig::per_minute(2);
    /// let limiter = RateLimiter::new("search", RateLimitConfig::per_minute(3).per_key(per_tenant))?;
    /// assert!(limiter.check("tenant_1").allowed && limiter.check("tenant_1").allowed);
    /// let of_tenant = LimitName::REQUESTS_PER_MINUTE.per_key();
    /// assert_eq!(limiter.check("tenant_1").short, Some(of_tenant));
    /// assert!(limiter.check("tenant_2").allowed);
    /// assert_eq!(limiter.check("tenant_2").short, Some(LimitName::REQUESTS_PER_MINUTE));
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn per_key(mut self, limits: Self) -> Self {
        self.per_key = Some(Box::new(limits));
        self
    }

    /// Returns the greatest cost that can ever pass: in tokens where these are limited, else in requests.
    #[must_use]
    pub fn capacity(&self) -> u32 {
        let limits = [self.limits(), self.limits_per_key()].concat();
        let tokens = limits.iter().filter(|it| it.name.dimension().is_tokens());
        let tokens = tokens.map(|it| it.burst).min();
        let requests = limits.iter().map(|it| it.burst).min();
        tokens.or(requests).unwrap_or(u32::MAX)
    }

    /// Whether tokens are limited: then a cost is so many of them, and each call is one request.
    pub(crate) fn counts_tokens(&self) -> bool {
        let named = self.named();
        let mut limits = named.iter().filter(|(.., limit)| limit.is_some());
        limits.any(|(name, ..)| name.dimension().is_tokens())
            || self.per_key.as_ref().is_some_and(|it| it.counts_tokens())
    }

    /// Every named limit, with the setting that it has, and that it has per key.
    fn named(&self) -> [(LimitName, Key, Key, Option<u32>); 16] {
        let config = self;
        macro_rules! named {
            ($($name:ident, $key:ident, $per_key:ident, $field:ident;)*) => {
                [$((LimitName::$name, Key::$key, Key::$per_key, config.$field)),*]
            };
        }
        named! {
            REQUESTS_PER_SECOND, RateLimitRequestsPerSecond, RateLimitPerKeyRequestsPerSecond, requests_per_second;
            REQUESTS_PER_MINUTE, RateLimitRequestsPerMinute, RateLimitPerKeyRequestsPerMinute, requests_per_minute;
            REQUESTS_PER_HOUR, RateLimitRequestsPerHour, RateLimitPerKeyRequestsPerHour, requests_per_hour;
            REQUESTS_PER_DAY, RateLimitRequestsPerDay, RateLimitPerKeyRequestsPerDay, requests_per_day;
            TOKENS_PER_SECOND, RateLimitTokensPerSecond, RateLimitPerKeyTokensPerSecond, tokens_per_second;
            TOKENS_PER_MINUTE, RateLimitTokensPerMinute, RateLimitPerKeyTokensPerMinute, tokens_per_minute;
            TOKENS_PER_HOUR, RateLimitTokensPerHour, RateLimitPerKeyTokensPerHour, tokens_per_hour;
            TOKENS_PER_DAY, RateLimitTokensPerDay, RateLimitPerKeyTokensPerDay, tokens_per_day;
            INPUT_TOKENS_PER_SECOND, RateLimitInputTokensPerSecond, RateLimitPerKeyInputTokensPerSecond, input_tokens_per_second;
            INPUT_TOKENS_PER_MINUTE, RateLimitInputTokensPerMinute, RateLimitPerKeyInputTokensPerMinute, input_tokens_per_minute;
            INPUT_TOKENS_PER_HOUR, RateLimitInputTokensPerHour, RateLimitPerKeyInputTokensPerHour, input_tokens_per_hour;
            INPUT_TOKENS_PER_DAY, RateLimitInputTokensPerDay, RateLimitPerKeyInputTokensPerDay, input_tokens_per_day;
            OUTPUT_TOKENS_PER_SECOND, RateLimitOutputTokensPerSecond, RateLimitPerKeyOutputTokensPerSecond, output_tokens_per_second;
            OUTPUT_TOKENS_PER_MINUTE, RateLimitOutputTokensPerMinute, RateLimitPerKeyOutputTokensPerMinute, output_tokens_per_minute;
            OUTPUT_TOKENS_PER_HOUR, RateLimitOutputTokensPerHour, RateLimitPerKeyOutputTokensPerHour, output_tokens_per_hour;
            OUTPUT_TOKENS_PER_DAY, RateLimitOutputTokensPerDay, RateLimitPerKeyOutputTokensPerDay, output_tokens_per_day;
        }
    }

    /// Returns the limits: those of requests, of tokens, of input tokens and of output tokens, each with the shortest
    /// period first. Beside limits per key there may be none.
    pub(crate) fn limits(&self) -> Vec<LimitConfig> {
        self.limits_by(self.strategy, self.strategy_is_set)
    }

    /// Returns the limits of each key beside them.
    pub(crate) fn limits_per_key(&self) -> Vec<LimitConfig> {
        let Some(per_key) = &self.per_key else {
            return Vec::new();
        };
        let by = if per_key.strategy_is_set {
            per_key.strategy
        } else {
            self.strategy
        };
        let is_set = per_key.strategy_is_set || self.strategy_is_set;
        let limits = per_key.limits_by(by, is_set).into_iter();
        let of_key = limits.map(|limit| LimitConfig {
            name: limit.name.per_key(),
            ..limit
        });
        of_key.collect()
    }

    fn limits_by(&self, strategy: RateLimitStrategy, is_set: bool) -> Vec<LimitConfig> {
        let mut limits: Vec<_> = (self.named().into_iter())
            .filter_map(|(name, _, _, limit)| {
                let by_window = name.is_per_day() && !is_set;
                Some((name, limit?, name.period()?, by_window))
            })
            .collect();
        if self.limit < u32::MAX || limits.is_empty() && self.per_key.is_none() {
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
                    strategy
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
        self.check_limits(false, validator);
        if let Some(per_key) = &self.per_key {
            per_key.check_limits(true, validator);
            validator.require(
                per_key.per_key.is_none(),
                Key::RateLimitPerKeyRequestsPerMinute,
                "per_key",
                "must not have limits per key of its own",
            );
        }
        validator.require(
            self.max_keys > 0,
            Key::RateLimitMaxKeys,
            self.max_keys,
            "must be at least 1",
        );
        validator.duration(Key::RateLimitMaxCooldown, self.max_cooldown);
    }

    /// Checks its own limits, of the service or of each key.
    fn check_limits(&self, per_key: bool, validator: &mut Validator) {
        let own = LimitName::of_requests_in(self.period);
        let choose = |service: Key, of_key: Key| if per_key { of_key } else { service };
        let named = self.named().map(|(name, service, of_key, limit)| {
            let key = choose(service, of_key);
            (name, key, limit)
        });
        // A period that code alone can set has no setting.
        let key = named.iter().find(|(name, ..)| *name == own);
        let minute = choose(
            Key::RateLimitRequestsPerMinute,
            Key::RateLimitPerKeyRequestsPerMinute,
        );
        let key = key.map_or(minute, |(_, key, _)| *key);
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
            let key = choose(Key::RateLimitBurst, Key::RateLimitPerKeyBurst);
            validator.count(key, burst);
        }
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
        shared: bool,
        on_store_loss: OnStoreLoss,
    }
}
