//! The limiter of the public API.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use super::amount::Amount;
use super::cooldown_scope::CooldownScope;
use super::cost::Cost;
use super::decision::Decision;
#[cfg(feature = "fleet")]
use super::fleet_link::Link;
#[cfg(feature = "fleet")]
use super::fleet_request::ask_for;
use super::grant::Grant;
use super::key_hash::KeyHash;
use super::shared::Shared;
use super::state::State;
use super::wait::{Acquire, Bound, Wait};
use super::waiting::queue::Wakers;
use crate::clock::Moment;
use crate::config::{ConfigError, PatternMode, RateLimitConfig};
use crate::name::ServiceName;

/// Limits how often calls of each key may pass, and holds them back while a server asks for a pause.
///
/// A key is anything that is `Hash`: a user, a tenant, an endpoint. It is kept as a randomly keyed 128-bit
/// hash, and neither stored nor printed. Memory is bounded: at most [`max_keys`](RateLimitConfig::max_keys) keys
/// have counters of their own (40 to 50 bytes for each key with the token bucket, 60 to 75 with two limits, 90 to 115 with
/// four; in a sliding window 56 more, and at most 8 for each request). When more keys are busy, new ones
/// share one set of counters, so that the limit is never exceeded, only reached earlier.
///
/// Any number of limits hold together, and a call takes from all of them or from none. Where tokens are limited, as by
/// [`tokens_per_minute`](RateLimitConfig::tokens_per_minute), a call takes one request and its tokens: every number that is
/// taken, given back or returned is a number of the language model's tokens.
///
/// With [`PatternMode::Shadow`] it rejects no call, and none waits, not even while it is cooling down: what it would hold
/// back takes no token, is [counted](Self::shadow_rejected), and passes.
///
/// Clones share the same state.
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
/// let rejected = limiter.check("user_123");
/// assert!(!rejected.allowed);
/// assert_eq!(rejected.retry_after, Some(Duration::from_secs(1)));
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
    /// Makes a limiter for the service of that name.
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

    /// Makes a limiter without a limit, for cooldowns alone. While no key is cooling down, a call costs one
    /// atomic load.
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

    pub(super) fn wait_for(&self, key: KeyHash, amount: Amount, bound: Bound) -> Wait {
        Wait::new(Arc::clone(&self.shared), key, amount, bound)
    }

    /// Returns the name of the service whose limit it is.
    #[must_use]
    pub fn name(&self) -> &ServiceName {
        &self.shared.name
    }

    /// Returns the limit in force. Where a service has none, and its limiter is for cooldowns alone, `limit` is
    /// `u32::MAX`.
    #[must_use]
    pub fn config(&self) -> RateLimitConfig {
        self.shared
            .read(State::config)
            .mode(self.shared.shadow.mode())
    }

    /// Takes one token if there is one. Calls that [wait](Self::acquire) for the same key come first.
    ///
    /// ```
    /// # use resilience_runtime::{RateLimitConfig, RateLimiter};
    /// let limiter = RateLimiter::new("search", RateLimitConfig::per_second(10))?;
    /// if let Some(wait) = limiter.check("user_123").retry_after {
    ///     println!("Retry-After: {}", wait.as_secs_f64().ceil());
    /// }
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use = "if it is allowed, a token was spent"]
    pub fn check<K: Hash + ?Sized>(&self, key: &K) -> Decision {
        self.check_amount(key, Amount::DEFAULT)
    }

    /// Takes `n` tokens if they are all there, otherwise none. Zero tokens pass unless the key is
    /// [cooling down](Self::cooldown); more than the capacity never pass.
    ///
    /// Limits of `input_tokens` and `output_tokens` take nothing of a number that does not say which they are. Where
    /// tokens are limited by these alone, it never passes: use [`check_cost`](Self::check_cost).
    #[must_use = "if it is allowed, the tokens were spent"]
    pub fn check_n<K: Hash + ?Sized>(&self, key: &K, n: u32) -> Decision {
        self.check_amount(key, Amount::units(n))
    }

    /// Takes one request and the tokens of `cost` if they are all there, otherwise nothing. Limits of `tokens` take both
    /// sorts together, those of `input_tokens` and `output_tokens` their own.
    ///
    /// ```
    /// # use resilience_runtime::{RateLimitConfig, RateLimiter};
    /// use resilience_runtime::rate_limit::{Cost, LimitName};
    ///
    /// let config = RateLimitConfig::per_minute(50)
    ///     .input_tokens_per_minute(30_000)
    ///     .output_tokens_per_minute(8_000);
    /// let limiter = RateLimiter::new("anthropic", config)?;
    /// assert!(limiter.check_cost("user_123", Cost::new(20_000, 1_000)).allowed);
    ///
    /// let rejected = limiter.check_cost("user_123", Cost::new(15_000, 1_000));
    /// assert!(!rejected.allowed);
    /// assert_eq!(rejected.short, Some(LimitName::INPUT_TOKENS_PER_MINUTE));
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use = "if it is allowed, the tokens were spent"]
    pub fn check_cost<K: Hash + ?Sized>(&self, key: &K, cost: Cost) -> Decision {
        self.check_amount(key, cost.into())
    }

    fn check_amount<K: Hash + ?Sized>(&self, key: &K, amount: Amount) -> Decision {
        if self.shared.is_bypassed() {
            return Decision::UNLIMITED;
        }
        let key = self.own_key(key);
        let decision = (self.shared).with(key, Moment::now(), |state, now, _| {
            state.check(key, amount, now)
        });
        decision.or_pass(|| self.lets_pass())
    }

    /// Returns what [`check`](Self::check) would return, without taking anything.
    ///
    /// ```
    /// # use resilience_runtime::{RateLimitConfig, RateLimiter};
    /// let limiter = RateLimiter::new("search", RateLimitConfig::per_minute(10))?;
    /// assert_eq!(limiter.peek("user_123").remaining, 10);
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    pub fn peek<K: Hash + ?Sized>(&self, key: &K) -> Decision {
        if self.shared.is_bypassed() {
            return Decision::UNLIMITED;
        }
        let key = self.own_key(key);
        let decision = self
            .shared
            .with(key, Moment::now(), |state, now, _| state.peek(key, now));
        decision.or_pass(|| self.shared.shadow.is_on())
    }

    /// Takes `n` tokens, and waits for them for at most `max_wait`, first come, first served.
    ///
    /// A call that could not pass in time is rejected at once and does not wait. Dropping the future takes
    /// nothing. The time begins with the first poll, and the wait needs tokio's timer.
    ///
    /// # Errors
    /// [`RateLimitExceeded`](crate::ResilienceError::RateLimitExceeded) with the time until it could pass,
    /// or without one where `n` is above the capacity.
    /// [`InvalidConfig`](crate::ResilienceError::InvalidConfig) if it has to wait and there is no timer, and where tokens
    /// are limited by their sorts alone, as [`check_n`](Self::check_n) says.
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
        self.acquire_amount(key, Amount::units(n), max_wait)
    }

    /// As [`acquire`](Self::acquire), for one request and the tokens of `cost`, as [`check_cost`](Self::check_cost) takes
    /// them.
    ///
    /// # Errors
    /// As those of [`acquire`](Self::acquire).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use resilience_runtime::{RateLimitConfig, RateLimiter};
    /// use resilience_runtime::rate_limit::{Cost, Usage};
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let config = RateLimitConfig::per_minute(50).output_tokens_per_minute(8_000);
    /// let limiter = RateLimiter::new("anthropic", config)?;
    /// let cost = Cost::new(2_000, 4_096);
    /// let tokens = limiter.acquire_cost("user_123", cost, Duration::from_secs(10)).await?;
    /// // … the call …
    /// tokens.settle_usage(Usage::new(1_950, 300));
    /// assert_eq!(limiter.peek("user_123").remaining, 7_700);
    /// # Ok(())
    /// # }
    /// ```
    pub fn acquire_cost<K: Hash + ?Sized>(
        &self,
        key: &K,
        cost: Cost,
        max_wait: Duration,
    ) -> Acquire {
        self.acquire_amount(key, cost.into(), max_wait)
    }

    fn acquire_amount<K: Hash + ?Sized>(
        &self,
        key: &K,
        amount: Amount,
        max_wait: Duration,
    ) -> Acquire {
        let bound = Bound::Within(max_wait);
        Acquire::new(self.wait_for(self.own_key(key), amount, bound))
    }

    /// Gives back `n` tokens of a request that was not made after all, and wakes a call that waits for them.
    /// Where tokens are counted beside requests, the one request is given back as well.
    ///
    /// There are never more tokens than the capacity. A window does not know when these were taken and may count
    /// them for longer than necessary; [`Reservation::refund`](super::Reservation::refund) is exact.
    pub fn refund<K: Hash + ?Sized>(&self, key: &K, n: u32) {
        self.shared.refund(self.unremembered(key, n), Moment::now());
    }

    /// Counts the calls that passed because it is in [shadow](PatternMode::Shadow): they would have been rejected, or have
    /// waited.
    #[must_use]
    pub fn shadow_rejected(&self) -> u64 {
        self.shared.shadow.rejected()
    }

    /// Corrects an estimate: what was `reserved` and not `used` is given back; what was used beyond it is taken
    /// now, into a debt if necessary, so that the next calls wait. The request itself stays counted.
    ///
    /// A call that reserves as much waits for the debt for at most one period; what is above is
    /// [forgiven](Self::forgiven_debt).
    pub fn settle<K: Hash + ?Sized>(&self, key: &K, reserved: u32, used: u32) {
        let used = Amount::units(used);
        self.shared
            .settle(self.unremembered(key, reserved), used, Moment::now());
    }

    /// Returns how much was used beyond the limit, of all keys, that delays no call: a debt is at most what comes back
    /// in one period, and what is above is forgiven. It counts tokens, or requests where no tokens are limited.
    ///
    /// ```
    /// # use resilience_runtime::{RateLimitConfig, RateLimiter};
    /// let limiter = RateLimiter::new("llm", RateLimitConfig::per_minute(1_000))?;
    /// assert!(limiter.check_n("user_123", 100).allowed);
    /// limiter.settle("user_123", 100, 6_000);
    /// // The next call of 100 tokens waits for a minute, and not for five.
    /// assert_eq!(limiter.forgiven_debt(), 4_100);
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn forgiven_debt(&self) -> u64 {
        self.shared.read(State::forgiven)
    }

    /// A key given by hand is that of the limits per key where there are any, and otherwise that of all limits.
    fn own_key<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        self.shared.hash_as_configured(key)
    }

    fn unremembered<K: Hash + ?Sized>(&self, key: &K, cost: u32) -> Grant {
        Grant {
            key: self.own_key(key),
            amount: Amount::units(cost),
            at: None,
            unit: None,
        }
    }

    /// Rejects all calls with this key for so long, because the server asked for it (`Retry-After`); at
    /// most for [`max_cooldown`](RateLimitConfig::max_cooldown). A shorter time never shortens a longer one.
    ///
    /// Calls that wait for the key pass when it ends, in their order and spread over a tenth of the time,
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
        self.cool_down_key(
            self.own_key(key),
            CooldownScope::Key,
            retry_after,
            Moment::now(),
        );
    }

    /// Returns how much longer the key is cooling down, if it is.
    #[must_use]
    pub fn cooldown<K: Hash + ?Sized>(&self, key: &K) -> Option<Duration> {
        self.cooldown_for(self.own_key(key), Moment::now())
    }

    pub(super) fn cooldown_for(&self, key: KeyHash, now: Moment) -> Option<Duration> {
        if self.shared.is_bypassed() {
            return None;
        }
        self.shared.with(key, now, |state, now, _| {
            state.cooldown(key, now).map(|until| until.since(now))
        })
    }

    /// Changes the limit while the limiter is in use.
    ///
    /// Tokens in a bucket stay tokens, up to the new size, and what a window admitted stays counted. Another
    /// strategy begins with what remained, as if the rest had been taken now. An idle key stays idle. Calls that
    /// wait are checked against the new limit at once, and pass at once where it comes into shadow.
    ///
    /// # Errors
    /// Names each value that is out of range; then nothing changes.
    pub fn reconfigure(&self, config: RateLimitConfig) -> Result<(), ConfigError> {
        config.validate()?;
        self.set_limit(Some(config));
        Ok(())
    }

    /// Makes it one of a fleet, once; from then on limits that are [shared](RateLimitConfig::shared) are those of the whole
    /// fleet.
    #[cfg(feature = "fleet")]
    pub(crate) fn join(&self, member: &Arc<crate::fleet::Member>) {
        let limiter = Arc::downgrade(&self.shared);
        let link = Link::new(Arc::clone(member), move |due, key, now| {
            if let Some(limiter) = limiter.upgrade() {
                ask_for(&limiter, due, key, now);
            }
        });
        self.shared.join(link);
        let config = self.is_limited().then(|| self.config());
        self.set_limit(config);
    }

    /// As [`reconfigure`](Self::reconfigure), for a configuration that was validated, or for none.
    pub(crate) fn set_limit(&self, limit: Option<RateLimitConfig>) {
        debug_assert!(limit.as_ref().is_none_or(|limit| limit.validate().is_ok()));
        let mode = limit.as_ref().map(|limit| limit.mode).unwrap_or_default();
        self.change(mode, |state, now, wakers| {
            state.set_limit(limit, now, wakers);
        });
    }

    /// Runs a change of the configuration under the lock. Those who wait pass at once where it comes into shadow.
    pub(super) fn change(
        &self,
        mode: PatternMode,
        work: impl FnOnce(&mut State, Moment, &mut Wakers),
    ) {
        self.shared
            .with(KeyHash::NONE, Moment::now(), |state, now, wakers| {
                self.shared.shadow.set(mode);
                work(state, now, wakers);
                self.shared.note_limits(state);
                if mode == PatternMode::Shadow {
                    state.wake_all(now, wakers);
                }
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

/// For tests alone.
#[cfg(test)]
impl RateLimiter {
    /// Whether every call passes without the lock.
    pub(super) fn is_bypassed(&self) -> bool {
        self.shared.is_bypassed()
    }

    /// Whether a call of this cost could ever pass.
    pub(super) fn fits_capacity(&self, cost: u32) -> bool {
        self.shared.is_bypassed() || self.shared.read(|state| state.fits(Amount::units(cost)))
    }
}
