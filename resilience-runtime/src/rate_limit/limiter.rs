//! The limiter that people and the call path hold.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use super::decision::Decision;
use super::grant::Taken;
use super::keys::key::KeyHash;
use super::shared::Shared;
use super::state::State;
use super::waiting::wait::{Acquire, Bound, Wait};
use crate::clock::Moment;
use crate::config::{ConfigError, RateLimitConfig};
use crate::name::ServiceName;

/// Limits how often each key may pass, and cools down those whom a server asked to wait.
///
/// A key is anything that is `Hash`: a user, a tenant, an endpoint. It is known by a randomly keyed
/// 128-bit hash and neither stored nor printed. Memory is bounded: at most
/// [`max_keys`](RateLimitConfig::max_keys) keys have counters of their own (40 to 50 bytes a key for the
/// token bucket, 60 to 75 with tokens beside the requests; in a sliding window 56 more, and at most 8 for each
/// request). When more are busy, the newcomers share one set of counters, so that the limit is never
/// exceeded, only reached earlier.
///
/// With [`tokens_per_minute`](RateLimitConfig::tokens_per_minute) whoever passes takes one request and `n`
/// tokens, both or neither: wherever a number of tokens is taken, given back or told, it is that of the
/// language model's.
///
/// Clones are the same limiter.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::{RateLimitConfig, RateLimiter};
///
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let limiter = RateLimiter::new("llm", RateLimitConfig::per_minute(60).burst(2))?;
/// assert!(limiter.check("user_123").allowed);
/// assert!(limiter.check("user_123").allowed);
///
/// let refused = limiter.check("user_123");
/// assert!(!refused.allowed);
/// assert_eq!(refused.retry_after, Some(Duration::from_secs(1)));
/// assert!(limiter.check("user_456").allowed);
///
/// // Waits for its turn, for at most 2 s.
/// limiter.acquire("user_123", 1, Duration::from_secs(2)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RateLimiter {
    pub(super) shared: Arc<Shared>,
}

impl RateLimiter {
    /// A limiter for the service of that name.
    ///
    /// # Errors
    /// Names each value of the configuration that is out of range.
    pub fn new(name: impl Into<ServiceName>, config: RateLimitConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        let (max_keys, max_cooldown) = (config.max_keys, config.max_cooldown);
        Ok(Self::build(
            name.into(),
            Some(config),
            max_keys,
            max_cooldown,
        ))
    }

    /// One that only cools down. While nothing is cooling down, it costs one atomic load to pass.
    pub(crate) fn unlimited(
        name: impl Into<ServiceName>,
        max_keys: usize,
        max_cooldown: Duration,
    ) -> Self {
        Self::build(name.into(), None, max_keys, max_cooldown)
    }

    fn build(
        name: ServiceName,
        limit: Option<RateLimitConfig>,
        max_keys: usize,
        max_cooldown: Duration,
    ) -> Self {
        Self {
            shared: Arc::new(Shared::new(name, limit, max_keys, max_cooldown)),
        }
    }

    pub(super) fn wait_for(&self, key: KeyHash, cost: u32, bound: Bound) -> Wait {
        Wait::new(Arc::clone(&self.shared), key, cost, bound)
    }

    /// The service whose limit it is.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.shared.name
    }

    /// The limit in force. Where a service has none, and its limiter only cools down, `limit` is `u32::MAX`.
    #[must_use]
    pub fn config(&self) -> RateLimitConfig {
        self.shared.read(State::config)
    }

    /// Takes one token if there is one. Those who [wait](Self::acquire) for the same key come first.
    ///
    /// ```
    /// # use resilience_runtime::{RateLimitConfig, RateLimiter};
    /// let limiter = RateLimiter::new("search", RateLimitConfig::per_second(10))?;
    /// if let Some(wait) = limiter.check("user_123").retry_after {
    ///     println!("Retry-After: {}", wait.as_secs_f64().ceil());
    /// }
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    pub fn check<K: Hash + ?Sized>(&self, key: &K) -> Decision {
        self.check_n(key, 1)
    }

    /// Takes `n` tokens if they are all there, otherwise none. Zero tokens pass unless the key is
    /// [cooling down](Self::cooldown); more than the capacity never do.
    pub fn check_n<K: Hash + ?Sized>(&self, key: &K, n: u32) -> Decision {
        if self.shared.is_free() {
            return Decision::UNLIMITED;
        }
        let key = self.hash_key(key);
        self.shared
            .with(key, Moment::now(), |state, now, _| state.check(key, n, now))
    }

    /// What [`check`](Self::check) would answer, without taking anything.
    ///
    /// ```
    /// # use resilience_runtime::{RateLimitConfig, RateLimiter};
    /// let limiter = RateLimiter::new("search", RateLimitConfig::per_minute(10))?;
    /// assert_eq!(limiter.peek("user_123").remaining, 10);
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn peek<K: Hash + ?Sized>(&self, key: &K) -> Decision {
        if self.shared.is_free() {
            return Decision::UNLIMITED;
        }
        let key = self.hash_key(key);
        self.shared
            .with(key, Moment::now(), |state, now, _| state.peek(key, now))
    }

    /// Takes `n` tokens, and waits for them for at most `max_wait`, first come, first served.
    ///
    /// Whoever could not pass in time is refused at once instead of waiting in vain. Dropping the future
    /// takes nothing. The time begins with the first poll, and the wait needs tokio's timer.
    ///
    /// # Errors
    /// [`RateLimitExceeded`](crate::ResilienceError::RateLimitExceeded) with the time until it could pass,
    /// or without one where `n` is above the capacity.
    /// [`InvalidConfig`](crate::ResilienceError::InvalidConfig) if it has to wait and there is no timer.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use resilience_runtime::{RateLimitConfig, RateLimiter};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Tokens of a language model: reserve before the call, settle after it.
    /// let limiter = RateLimiter::new("llm-tokens", RateLimitConfig::per_minute(90_000))?;
    /// let tokens = limiter.acquire("user_123", 4_000, Duration::from_secs(10)).await?;
    /// // … the call …
    /// tokens.settle(1_200);
    /// assert_eq!(limiter.peek("user_123").remaining, 88_800);
    /// # Ok(())
    /// # }
    /// ```
    pub fn acquire<K: Hash + ?Sized>(&self, key: &K, n: u32, max_wait: Duration) -> Acquire {
        Acquire::new(
            self.wait_for(self.hash_key(key), n, Bound::Within(max_wait)),
            n,
        )
    }

    /// Gives back `n` tokens of a request that was not made after all, and wakes who waits for them. Where
    /// tokens are counted beside requests, the one request comes back as well.
    ///
    /// More than the capacity is never there. A window cannot know when these were taken and counts what
    /// remains for as long as it might have to; [`Reservation::refund`](super::Reservation::refund) is
    /// exact.
    pub fn refund<K: Hash + ?Sized>(&self, key: &K, n: u32) {
        self.shared
            .give_back(self.unremembered(key, n), Moment::now());
    }

    /// Corrects an estimate: what was `reserved` and not `used` comes back; what was used beyond it is taken
    /// now, into a debt if need be, so that the next callers wait. The request itself was made and stays
    /// counted.
    pub fn settle<K: Hash + ?Sized>(&self, key: &K, reserved: u32, used: u32) {
        self.shared
            .settle(self.unremembered(key, reserved), used, Moment::now());
    }

    fn unremembered<K: Hash + ?Sized>(&self, key: &K, cost: u32) -> Taken {
        Taken {
            key: self.hash_key(key),
            cost,
            at: None,
            unit: None,
        }
    }

    /// Lets nobody with this key pass for so long, because the server asked for it (`Retry-After`); at
    /// most for [`max_cooldown`](RateLimitConfig::max_cooldown). A shorter time never shortens a longer one.
    ///
    /// Those who wait for the key pass when it ends, in their order and spread over a tenth of the time,
    /// at most 1 s, so that they do not hit the server all at once.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use resilience_runtime::{RateLimitConfig, RateLimiter};
    /// let limiter = RateLimiter::new("llm", RateLimitConfig::per_minute(60))?;
    /// limiter.cool_down("user_123", Duration::from_secs(20));
    /// assert!(!limiter.check("user_123").allowed);
    /// assert!(limiter.cooldown("user_123").is_some());
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    pub fn cool_down<K: Hash + ?Sized>(&self, key: &K, retry_after: Duration) {
        self.cool_down_key(self.hash_key(key), retry_after, Moment::now());
    }

    /// How much longer the key is cooling down, if it is.
    #[must_use]
    pub fn cooldown<K: Hash + ?Sized>(&self, key: &K) -> Option<Duration> {
        self.cooldown_for(self.hash_key(key), Moment::now())
    }

    pub(super) fn cooldown_for(&self, key: KeyHash, now: Moment) -> Option<Duration> {
        if self.shared.is_free() {
            return None;
        }
        self.shared.with(key, now, |state, now, _| {
            state.cooldown(key, now).map(|until| until.since(now))
        })
    }

    /// Changes the limit while it is in use.
    ///
    /// Tokens in a bucket stay tokens, as far as the new size goes, and what a window admitted stays
    /// admitted. Another strategy begins with what was left, as if the rest had been taken now. A key
    /// that had everything has everything. Those who wait are judged anew at once.
    ///
    /// # Errors
    /// Names each value that is out of range; then nothing changes.
    pub fn reconfigure(&self, config: RateLimitConfig) -> Result<(), ConfigError> {
        config.validate()?;
        self.set_limit(Some(config));
        Ok(())
    }

    /// The same for a configuration that was checked, or for none.
    pub(crate) fn set_limit(&self, limit: Option<RateLimitConfig>) {
        debug_assert!(limit.as_ref().is_none_or(|limit| limit.validate().is_ok()));
        self.shared
            .with(KeyHash::NONE, Moment::now(), |state, now, wakers| {
                state.set_limit(limit, now, wakers);
            });
    }
}

impl fmt::Debug for RateLimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimiter")
            .field("name", &self.shared.name)
            .field("config", &self.config())
            .finish_non_exhaustive()
    }
}

/// What only the tests look at.
#[cfg(test)]
impl RateLimiter {
    /// Whether everything passes right now.
    pub(super) fn is_free(&self) -> bool {
        self.shared.is_free()
    }

    /// Whether a request of this cost could pass, be it later.
    pub(super) fn can_ever(&self, cost: u32) -> bool {
        self.shared.is_free() || self.shared.read(|state| state.can_ever(cost))
    }
}
