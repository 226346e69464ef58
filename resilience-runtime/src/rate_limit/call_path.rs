//! The limiter as the call path uses it: the clock has been read, and the key hashed.

use std::hash::Hash;
use std::time::Duration;

use super::grant::Taken;
use super::keys::key::KeyHash;
use super::keys::keyed::wait;
use super::limiter::RateLimiter;
use super::state::State;
use super::waiting::wait::{Bound, Wait};
use crate::clock::Moment;

/// What became of an attempt to take tokens without waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Take {
    /// They are taken. `at` is the moment that a refund has to name.
    Taken { at: Moment },
    /// When it could pass, behind everyone who waits; `None`: never.
    Refused { retry_after: Option<Duration> },
}

/// For the call path, which has read the clock and hashed the key already.
impl RateLimiter {
    /// Whether a limit is set at all.
    pub(crate) fn is_limited(&self) -> bool {
        self.shared.read(State::is_limited)
    }

    /// What a call without a key would be answered.
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

    /// How much longer calls without a key are cooling down.
    #[cfg(feature = "axum")]
    pub(crate) fn cooldown_without_key(&self) -> Option<Duration> {
        self.cooldown_for(KeyHash::NONE, Moment::now())
    }

    /// Whether it only cools down, and within these bounds.
    pub(crate) fn only_cools_down_within(&self, max_keys: usize, max_cooldown: Duration) -> bool {
        let config = self.config();
        !self.is_limited() && config.max_keys == max_keys && config.max_cooldown == max_cooldown
    }

    /// Removes the limit, and bounds the cooldowns anew.
    pub(crate) fn set_cooldown_bounds(&self, max_keys: usize, max_cooldown: Duration) {
        self.shared
            .with(KeyHash::NONE, Moment::now(), |state, now, wakers| {
                state.set_cooldown_bounds(max_keys, max_cooldown, now, wakers);
            });
    }

    #[inline]
    pub(crate) fn hash_key<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        self.shared.hash(key)
    }

    /// Takes `cost` if it may pass now.
    #[inline(always)]
    pub(crate) fn try_take(&self, key: KeyHash, cost: u32, now: Moment) -> Take {
        if self.shared.is_free() || self.shared.takes_fast(key, cost, now) {
            return Take::Taken { at: now };
        }
        self.try_take_locked(key, cost, now)
    }

    #[inline(never)]
    fn try_take_locked(&self, key: KeyHash, cost: u32, now: Moment) -> Take {
        if let Some(wait) = self.shared.waits_fast(key, cost, now) {
            return Take::Refused {
                retry_after: Some(wait),
            };
        }
        let (taken, now) = self.shared.try_take_locked(key, cost, now);
        match taken {
            Ok(()) => Take::Taken { at: now },
            Err(refusal) => Take::Refused {
                retry_after: refusal.map(|ready| wait(ready, now)),
            },
        }
    }

    /// Waits for `cost` until then at most. It is taken when the future completes, at the moment returned.
    pub(crate) fn wait(&self, key: KeyHash, cost: u32, until: Moment) -> Wait {
        self.wait_for(key, cost, Bound::At(until))
    }

    /// How long `cost` would have to wait now, behind everyone who waits; `None`: for ever.
    pub(crate) fn earliest(&self, key: KeyHash, cost: u32, now: Moment) -> Option<Duration> {
        if self.shared.is_free() {
            return Some(Duration::ZERO);
        }
        self.shared.with(key, now, |state, now, _| {
            state.earliest(key, cost, now).map(|ready| ready.since(now))
        })
    }

    /// Whether the key is cooling down now.
    pub(crate) fn is_cooling_down(&self, key: KeyHash, now: Moment) -> bool {
        self.cooldown_for(key, now).is_some()
    }

    pub(crate) fn cool_down_key(&self, key: KeyHash, retry_after: Duration, now: Moment) {
        self.shared.with(key, now, |state, now, wakers| {
            state.cool_down(key, retry_after, now, wakers);
        });
    }

    /// Gives back what was taken for a request that was not sent.
    pub(crate) fn give_back(&self, taken: Taken, now: Moment) {
        self.shared.give_back(taken, now);
    }

    /// Corrects what was taken to what was used.
    pub(crate) fn settle_taken(&self, taken: Taken, used: u32, now: Moment) {
        self.shared.settle(taken, used, now);
    }

    /// Takes note of how many requests and tokens a server says are left to the key. It never raises what is
    /// left here, and says nothing where that is not limited.
    pub(crate) fn lower(
        &self,
        key: KeyHash,
        requests: Option<u32>,
        tokens: Option<u32>,
        now: Moment,
    ) {
        if !self.shared.is_free() {
            self.shared.with(key, now, |state, now, wakers| {
                state.lower(key, requests, tokens, now, wakers);
            });
        }
    }
}
