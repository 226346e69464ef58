//! What a limiter's lock protects: the state under whichever strategy is set, and the clock.

use std::cmp::Ordering::{Equal, Greater, Less};
use std::mem;
use std::task::Waker;
use std::time::Duration;

use super::algorithms::meter::{Meter as _, Unlimited};
use super::algorithms::token_bucket::{FullAt, TokenBucket};
use super::decision::Decision;
use super::grant::{Taken, Unit};
use super::keys::key::KeyHash;
use super::keys::keyed::Keyed;
use super::store::{Store, on};
use super::waiting::fifo::{Standing, Ticket};
use super::waiting::queue::{Refusal, Wakers};
use crate::clock::Moment;
use crate::config::RateLimitConfig;

pub(super) struct State {
    store: Store,
    limit: Option<RateLimitConfig>,
    max_keys: usize,
    max_cooldown: Duration,
    /// The latest time seen: a clock that goes backwards stands still.
    latest: Moment,
    /// When the last cooldown ends.
    cooldowns_end: Moment,
    /// How many hold a ticket.
    waiting: usize,
}

impl State {
    pub(super) fn new(
        limit: Option<RateLimitConfig>,
        max_keys: usize,
        max_cooldown: Duration,
    ) -> Self {
        let mut state = Self {
            store: Store::Unlimited(Keyed::new(Unlimited, max_keys)),
            limit: None,
            max_keys,
            max_cooldown,
            latest: Moment::default(),
            cooldowns_end: Moment::default(),
            waiting: 0,
        };
        state.set_limit(limit, Moment::default(), &mut Wakers::default());
        state
    }

    /// The time to go by.
    #[inline]
    pub(super) fn tick(&mut self, now: Moment) -> Moment {
        self.latest = self.latest.max(now);
        self.latest
    }

    /// Those without a key, from where the fast lane left them.
    #[inline]
    pub(super) fn leave_lane(&mut self, full_at: FullAt) {
        if let Store::TokenBucket(keyed) = &mut self.store {
            *keyed.accounts.keyless() = full_at;
        }
    }

    /// Those without a key, if the fast lane may have them: under a token bucket, nobody cooling down or waiting.
    #[inline]
    pub(super) fn for_lane(&mut self) -> Option<(TokenBucket, FullAt)> {
        let Store::TokenBucket(keyed) = &mut self.store else {
            return None;
        };
        let full_at = *keyed.accounts.keyless_alone()?;
        Some((keyed.accounts.meter, full_at))
    }

    /// The limit, or what stands for none.
    pub(super) fn config(&self) -> RateLimitConfig {
        self.limit.clone().unwrap_or_else(|| {
            RateLimitConfig::per_second(u32::MAX)
                .max_keys(self.max_keys)
                .max_cooldown(self.max_cooldown)
        })
    }

    pub(super) fn is_limited(&self) -> bool {
        self.limit.is_some()
    }

    /// Whether nothing limits, nothing is cooling down and nobody waits. Then everything is forgotten.
    #[inline]
    pub(super) fn is_free(&mut self, now: Moment) -> bool {
        let Store::Unlimited(keyed) = &mut self.store else {
            return false;
        };
        let free = self.waiting == 0 && self.cooldowns_end <= now;
        if free {
            *keyed = Keyed::new(Unlimited, self.max_keys);
        }
        free
    }

    #[inline]
    pub(super) fn try_take(&mut self, key: KeyHash, cost: u32, now: Moment) -> Result<(), Refusal> {
        on!(&mut self.store, keyed => keyed.try_take(key, cost, now))
    }

    pub(super) fn check(&mut self, key: KeyHash, cost: u32, now: Moment) -> Decision {
        on!(&mut self.store, keyed => {
            let passed = keyed.try_take(key, cost, now);
            keyed.decision(key, passed, now)
        })
    }

    pub(super) fn peek(&mut self, key: KeyHash, now: Moment) -> Decision {
        on!(&mut self.store, keyed => {
            let passes = keyed.would_pass(key, now);
            keyed.decision(key, passes, now)
        })
    }

    pub(super) fn earliest(&mut self, key: KeyHash, cost: u32, now: Moment) -> Refusal {
        on!(&mut self.store, keyed => keyed.earliest(key, cost, now))
    }

    #[cfg(test)]
    pub(super) fn can_ever(&self, cost: u32) -> bool {
        on!(&self.store, keyed => keyed.can_ever(cost))
    }

    /// What costs are measured in now.
    pub(super) fn unit(&self) -> Unit {
        match &self.limit {
            Some(limit) if limit.tokens_per_minute.is_some() => Unit::Tokens,
            _ => Unit::Requests,
        }
    }

    pub(super) fn give_back(&mut self, taken: Taken, now: Moment, wakers: &mut Wakers) {
        let Taken { key, cost, at, .. } = taken;
        if taken.unit.is_none_or(|unit| unit == self.unit()) {
            on!(&mut self.store, keyed => keyed.return_to(key, now, wakers, |meter, state| {
                meter.give_back(state, cost, at, now);
            }));
        }
    }

    pub(super) fn settle(&mut self, taken: Taken, used: u32, now: Moment, wakers: &mut Wakers) {
        let Taken { key, cost, at, .. } = taken;
        if taken.unit.is_some_and(|unit| unit != self.unit()) {
            return;
        }
        match used.cmp(&cost) {
            Less => {
                on!(&mut self.store, keyed => keyed.return_to(key, now, wakers, |meter, state| {
                    meter.refund(state, cost - used, at, now);
                }))
            }
            Equal => {}
            Greater => {
                on!(&mut self.store, keyed => keyed.take_from(key, now, wakers, |meter, state| {
                    meter.charge(state, used - cost, now);
                }))
            }
        }
    }

    pub(super) fn lower(
        &mut self,
        key: KeyHash,
        requests: Option<u32>,
        tokens: Option<u32>,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        on!(&mut self.store, keyed => keyed.take_from(key, now, wakers, |meter, state| {
            meter.lower(state, requests, tokens, now);
        }));
    }

    pub(super) fn cool_down(
        &mut self,
        key: KeyHash,
        retry_after: Duration,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        let span = retry_after.min(self.max_cooldown);
        if !span.is_zero() {
            self.cooldowns_end = self.cooldowns_end.max(now.after(span));
            on!(&mut self.store, keyed => keyed.cool_down(key, span, now, wakers));
        }
    }

    pub(super) fn cooldown(&mut self, key: KeyHash, now: Moment) -> Option<Moment> {
        on!(&mut self.store, keyed => keyed.cooldown(key, now))
    }

    pub(super) fn join(
        &mut self,
        key: KeyHash,
        cost: u32,
        until: Moment,
        now: Moment,
        waker: Waker,
    ) -> Standing {
        let standing = on!(&mut self.store, keyed => keyed.join(key, cost, until, now, waker));
        if let Standing::Waiting(..) = standing {
            self.waiting += 1;
        }
        standing
    }

    pub(super) fn ask(
        &mut self,
        ticket: Ticket,
        now: Moment,
        waker: Waker,
        wakers: &mut Wakers,
    ) -> Standing {
        let standing = on!(&mut self.store, keyed => keyed.ask(ticket, now, waker, wakers));
        if !matches!(standing, Standing::Waiting(..)) {
            self.waiting -= 1;
        }
        standing
    }

    pub(super) fn depart(&mut self, ticket: Ticket, now: Moment, wakers: &mut Wakers) {
        on!(&mut self.store, keyed => keyed.depart(ticket, now, wakers));
        self.waiting -= 1;
    }

    /// Other bounds for the cooldowns, where no limit is set.
    pub(super) fn set_cooldown_bounds(
        &mut self,
        max_keys: usize,
        max_cooldown: Duration,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        self.max_keys = max_keys;
        self.max_cooldown = max_cooldown;
        self.set_limit(None, now, wakers);
    }

    pub(super) fn set_limit(
        &mut self,
        limit: Option<RateLimitConfig>,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        if let Some(limit) = &limit {
            self.max_keys = limit.max_keys;
            self.max_cooldown = limit.max_cooldown;
        }
        let nothing = Store::Unlimited(Keyed::new(Unlimited, self.max_keys));
        let old = mem::replace(&mut self.store, nothing);
        self.store = old.under(limit.as_ref(), self.max_keys, now);
        self.limit = limit;
        self.cooldowns_end = self.cooldowns_end.min(now.after(self.max_cooldown));
        let max_cooldown = self.max_cooldown;
        on!(&mut self.store, keyed => keyed.review_all(max_cooldown, now, wakers));
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> usize {
        on!(&self.store, keyed => keyed.accounts.keys())
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        on!(&self.store, keyed => keyed.accounts.bytes())
    }

    #[cfg(test)]
    pub(super) fn sides(&self) -> usize {
        on!(&self.store, keyed => keyed.accounts.sides.len())
    }
}
