//! The limiter as the call path uses it: the clock has been read, and the key hashed.

use std::hash::Hash;
use std::time::Duration;

use super::algorithms::limits::Remaining;
use super::amount::Amount;
use super::cooldown_scope::CooldownScope;
use super::grant::Grant;
use super::key_hash::KeyHash;
use super::keys::keyed::nonzero_wait;
#[cfg(feature = "axum")]
use super::limit_level::LimitLevel;
use super::limiter::RateLimiter;
use super::priority::Priority;
use super::state::State;
use super::wait::{Bound, Refusal, Wait};
use crate::clock::Moment;
use crate::config::PatternMode;

/// The outcome of taking tokens without waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// They are taken, at the moment that a [`Grant`] has to name.
    Taken { at: Moment },
    /// Nothing is taken. `retry_after`: when it could pass, behind all waiters; `None`: never.
    Rejected { retry_after: Option<Duration> },
}

impl RateLimiter {
    /// Whether a limit is set at all.
    pub(crate) fn is_limited(&self) -> bool {
        self.shared.read(State::is_limited)
    }

    /// Whether it belongs to a fleet.
    pub(crate) fn has_fleet(&self) -> bool {
        #[cfg(feature = "fleet")]
        let has = self.shared.link().is_some();
        #[cfg(not(feature = "fleet"))]
        let has = false;
        has
    }

    /// Returns what [`peek`](Self::peek) returns for calls without a key.
    #[cfg(any(
        feature = "axum",
        feature = "metrics",
        feature = "opentelemetry",
        feature = "prometheus"
    ))]
    pub(crate) fn peek_without_key(&self) -> super::decision::Decision {
        self.shared
            .with(KeyHash::NONE, Moment::now(), |state, now, _| {
                state.peek(KeyHash::NONE, now)
            })
    }

    /// Returns what is there of each limit for calls without a key.
    #[cfg(feature = "axum")]
    pub(crate) fn levels_without_key(&self) -> Vec<LimitLevel> {
        let none = KeyHash::NONE;
        (self.shared).with(none, Moment::now(), |state, now, _| state.levels(none, now))
    }

    /// Returns how much longer calls without a key are cooling down.
    #[cfg(feature = "axum")]
    pub(crate) fn cooldown_without_key(&self) -> Option<Duration> {
        self.cooldown_for(KeyHash::NONE, Moment::now())
    }

    /// Whether there is no limit, and cooldowns have these bounds and this mode.
    pub(crate) fn only_cools_down_within(
        &self,
        max_keys: usize,
        max_cooldown: Duration,
        mode: PatternMode,
    ) -> bool {
        let config = self.config();
        !self.is_limited()
            && config.max_keys == max_keys
            && config.max_cooldown == max_cooldown
            && config.mode == mode
    }

    /// Removes the limit, and sets the bounds of the cooldowns and their mode.
    pub(crate) fn set_cooldown_bounds(
        &self,
        max_keys: usize,
        max_cooldown: Duration,
        mode: PatternMode,
    ) {
        self.change(mode, |state, now, wakers| {
            state.set_cooldown_bounds(max_keys, max_cooldown, now, wakers);
        });
    }

    /// Whether a call passes that was rejected, because the limiter is in shadow. To be asked once for each.
    pub(crate) fn lets_pass(&self) -> bool {
        self.shared.shadow.lets_pass()
    }

    #[inline]
    pub(crate) fn hash_key<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        self.shared.hash(key)
    }

    /// As [`hash_key`](Self::hash_key), for the key of limits per key.
    #[inline]
    pub(crate) fn hash_per_key<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        self.shared.hash_per_key(key)
    }

    /// Takes the amount if it may pass now.
    #[inline(always)]
    pub(crate) fn try_take(
        &self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Take {
        // The fast path takes without the lock. Where it does not, the state behind the lock decides.
        let bypassed = self.shared.is_bypassed();
        if bypassed || key.shares() && self.shared.fast_path.try_take(amount.requests(), now) {
            return Take::Taken { at: now };
        }
        self.try_take_locked(key, amount, priority, now)
    }

    #[inline(never)]
    fn try_take_locked(
        &self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Take {
        if let Some(wait) = self.shared.wait_fast(key, amount, now) {
            return Take::Rejected {
                retry_after: Some(wait),
            };
        }
        let (outcome, now) = self.shared.try_take_locked(key, amount, priority, now);
        match outcome {
            Ok(()) => Take::Taken { at: now },
            Err(ready_at) => Take::Rejected {
                retry_after: ready_at.map(|ready| nonzero_wait(ready, now)),
            },
        }
    }

    /// Waits for the amount, at most until `until`. It is taken when the future completes, at the moment returned; `None`: the
    /// call passes in shadow.
    pub(crate) fn wait(
        &self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        until: Moment,
    ) -> Wait {
        self.wait_for(key, amount, Bound::At(until))
            .with_priority(priority)
    }

    /// Returns how long the amount would have to wait now, behind those that come first, and not in shadow; `None`: for ever.
    pub(crate) fn earliest(
        &self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Option<Duration> {
        if self.shared.is_bypassed() || self.shared.shadow.is_on() {
            return Some(Duration::ZERO);
        }
        self.shared.with(key, now, |state, now, _| {
            state
                .ready_at(key, amount, priority, now)
                .map(|ready| ready.since(now))
        })
    }

    /// Returns why a call is rejected: when it could pass if no other call comes, and which limit is short.
    #[inline]
    pub(crate) fn refusal(
        &self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Refusal {
        if let Some(wait) = self.shared.wait_fast(key, amount, now) {
            return Refusal {
                retry_after: Some(wait),
                limit: self.shared.only_limit(),
            };
        }
        self.shared.with(key, now, |state, now, _| {
            let ready = state.retry_at(key, amount, priority, now);
            Refusal {
                retry_after: ready.map(|ready| nonzero_wait(ready, now)),
                limit: state.short(key, amount, now),
            }
        })
    }

    /// Whether the fleet's store is being asked for what a call needs, for which it waits whatever its `max_wait` is.
    #[cfg(feature = "fleet")]
    pub(crate) fn asks_store(&self, key: KeyHash, now: Moment) -> bool {
        self.shared.asks_store(key, now)
    }

    /// Whether a call says how many tokens it takes, and not of which sort, although the sorts alone are limited.
    pub(crate) fn lacks_sorts(&self, amount: Amount) -> bool {
        self.shared.lacks_sorts(amount)
    }

    /// Whether the key is cooling down now, and that holds callers back.
    pub(crate) fn is_cooling_down(&self, key: KeyHash, now: Moment) -> bool {
        self.cooldown_for(key, now).is_some() && !self.shared.shadow.is_on()
    }

    /// Holds back calls for so long: those with the key, or where it is the key of limits per key, those in the scope.
    pub(crate) fn cool_down_key(
        &self,
        key: KeyHash,
        scope: CooldownScope,
        retry_after: Duration,
        now: Moment,
    ) {
        self.shared.with(key, now, |state, now, wakers| {
            state.cool_down(key, scope, retry_after, now, wakers);
        });
    }

    /// Gives the whole grant back: the request was not sent.
    pub(crate) fn refund_grant(&self, grant: Grant, now: Moment) {
        self.shared.refund(grant, now);
    }

    /// Corrects the cost of a grant to what was used. The request stays counted.
    pub(crate) fn settle_grant(&self, grant: Grant, used: Amount, now: Moment) {
        self.shared.settle(grant, used, now);
    }

    /// Lowers what remains to what the server reported, of the key, or where it is the key of limits per key, of the scope. It never raises it, and changes nothing
    /// where that dimension is not limited.
    pub(crate) fn cap_remaining(
        &self,
        key: KeyHash,
        scope: CooldownScope,
        remaining: Remaining,
        now: Moment,
    ) {
        if !self.shared.is_bypassed() {
            self.shared.with(key, now, |state, now, wakers| {
                state.cap_remaining(key, scope, remaining, now, wakers);
            });
        }
    }
}
