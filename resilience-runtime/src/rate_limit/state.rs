//! What the lock of a limiter protects: the state under the configured strategy, and the latest time.

use std::mem;
use std::task::Waker;
use std::time::Duration;

use super::algorithms::limits::{Limits as _, Remaining};
use super::algorithms::meter::Unlimited;
use super::algorithms::token_bucket::{FullAt, TokenBucket};
use super::amount::Amount;
use super::decision::Decision;
use super::fifo::{Ticket, WaitStatus};
use super::grant::{Grant, Unit};
use super::key_hash::KeyHash;
use super::keys::keyed::Keyed;
#[cfg(feature = "axum")]
use super::limit_level::LimitLevel;
use super::priority::Priority;
use super::store::{Store, on};
use super::waiting::queue::{ReadyAt, Wakers};
use crate::clock::Moment;
use crate::config::{LimitConfig, RateLimitConfig};
use crate::limit_name::LimitName;

/// Of those who do not wait.
const NORMAL: Priority = Priority::Normal;

pub(super) struct State {
    store: Store,
    limit: Option<RateLimitConfig>,
    /// The limits in it.
    limits: Vec<LimitConfig>,
    max_keys: usize,
    max_cooldown: Duration,
    /// The latest time seen: a clock that goes backwards stands still.
    latest: Moment,
    /// When the last cooldown ends.
    cooldowns_end: Moment,
    /// How many waiters hold a ticket.
    waiting: usize,
    /// What was used beyond the limit, and delays nobody.
    forgiven: u64,
    /// When a limit came that continues none. Nothing was taken of it before.
    limited_since: Moment,
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
            limits: Vec::new(),
            max_keys,
            max_cooldown,
            latest: Moment::default(),
            cooldowns_end: Moment::default(),
            waiting: 0,
            forgiven: 0,
            limited_since: Moment::default(),
        };
        state.set_limit(limit, Moment::default(), &mut Wakers::default());
        state
    }

    /// Returns the time, which never goes backwards.
    #[inline]
    pub(super) fn tick(&mut self, now: Moment) -> Moment {
        self.latest = self.latest.max(now);
        self.latest
    }

    /// Takes over the state of callers without a key from the fast path.
    #[inline]
    pub(super) fn absorb_fast_path(&mut self, full_at: FullAt) {
        if let Store::TokenBucket(keyed) = &mut self.store {
            *keyed.key_states.keyless_mut() = full_at;
        }
    }

    /// Returns the state of callers without a key for the fast path: under a token bucket, and unless they are
    /// cooling down or wait.
    #[inline]
    pub(super) fn fast_path_state(&mut self) -> Option<(TokenBucket, FullAt)> {
        let Store::TokenBucket(keyed) = &mut self.store else {
            return None;
        };
        let full_at = *keyed.key_states.keyless_unblocked()?;
        Some((keyed.key_states.limits, full_at))
    }

    /// Returns the limit, or one of `u32::MAX` where none is set.
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

    /// Whether there is no limit, no cooldown and no waiter. Then all keys are dropped.
    #[inline]
    pub(super) fn try_bypass(&mut self, now: Moment) -> bool {
        let Store::Unlimited(keyed) = &mut self.store else {
            return false;
        };
        let bypassed = self.waiting == 0 && self.cooldowns_end <= now;
        if bypassed {
            *keyed = Keyed::new(Unlimited, self.max_keys);
        }
        bypassed
    }

    #[inline]
    pub(super) fn try_take(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Result<(), ReadyAt> {
        on!(&mut self.store, keyed => keyed.try_take(key, amount, priority, now))
    }

    pub(super) fn check(&mut self, key: KeyHash, amount: Amount, now: Moment) -> Decision {
        let decision = on!(&mut self.store, keyed => {
            let passed = keyed.try_take(key, amount, NORMAL, now);
            let passed = passed.map_err(|_| keyed.retry_at(key, amount, NORMAL, now));
            keyed.decision(key, passed, now)
        });
        self.with_short(decision, key, amount, now)
    }

    pub(super) fn peek(&mut self, key: KeyHash, now: Moment) -> Decision {
        let amount = Amount::DEFAULT;
        let decision = on!(&mut self.store, keyed => {
            let passes = keyed.would_pass(key, now).map_err(|_| keyed.retry_at(key, amount, NORMAL, now));
            keyed.decision(key, passes, now)
        });
        self.with_short(decision, key, amount, now)
    }

    fn with_short(
        &mut self,
        decision: Decision,
        key: KeyHash,
        amount: Amount,
        now: Moment,
    ) -> Decision {
        if decision.allowed {
            return decision;
        }
        let short = self.short(key, amount, now);
        Decision { short, ..decision }
    }

    /// Returns the limit that rejects a call; `None`: a cooldown does.
    pub(super) fn short(&mut self, key: KeyHash, amount: Amount, now: Moment) -> Option<LimitName> {
        if self.fits(amount) && self.cooldown(key, now).is_some() {
            return None;
        }
        let of_set = on!(&mut self.store, keyed => keyed.short(key, amount, now));
        of_set.or_else(|| self.limits.first().map(|only| only.name))
    }

    /// Returns what is there of each limit for a key.
    #[cfg(feature = "axum")]
    pub(super) fn levels(&mut self, key: KeyHash, now: Moment) -> Vec<LimitLevel> {
        let parts = on!(&mut self.store, keyed => keyed.parts(key, now));
        let levels = self.limits.iter().zip(&parts);
        levels
            .map(|(limit, part)| LimitLevel::of(limit, part, now))
            .collect()
    }

    /// Returns the name of the limit of requests that is the only one.
    pub(super) fn only_limit(&self) -> Option<LimitName> {
        match &*self.limits {
            [only] => Some(only.name),
            _ => None,
        }
    }

    /// Whether a number of tokens of no known sort says nothing, since their sorts are limited.
    pub(super) fn needs_sorts(&self) -> bool {
        !self.fits(Amount::units(1)) && self.fits(Amount::DEFAULT)
    }

    pub(super) fn retry_at(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> ReadyAt {
        on!(&mut self.store, keyed => keyed.retry_at(key, amount, priority, now))
    }

    pub(super) fn ready_at(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> ReadyAt {
        on!(&mut self.store, keyed => keyed.ready_at(key, amount, priority, now))
    }

    /// Whether the amount can ever pass.
    pub(super) fn fits(&self, amount: Amount) -> bool {
        on!(&self.store, keyed => keyed.fits(amount))
    }

    /// Returns the unit of costs that is in force.
    pub(super) fn unit(&self) -> Unit {
        if self.limits.iter().any(|it| it.name.dimension().is_tokens()) {
            Unit::Tokens
        } else {
            Unit::Requests
        }
    }

    /// Whether all limits were there when something was taken, so that it can be given back; `None`: not known when.
    fn was_limited(&self, taken: Option<Moment>) -> bool {
        taken.is_none_or(|taken| taken >= self.limited_since)
    }

    pub(super) fn refund(&mut self, grant: Grant, now: Moment, wakers: &mut Wakers) {
        let Grant {
            key, amount, at, ..
        } = grant;
        if grant.unit.is_none_or(|unit| unit == self.unit()) && self.was_limited(at) {
            on!(&mut self.store, keyed => keyed.give_tokens(key, now, wakers, |limits, state| {
                limits.refund(state, amount, at, now);
            }));
        }
    }

    pub(super) fn settle(&mut self, grant: Grant, used: Amount, now: Moment, wakers: &mut Wakers) {
        let Grant {
            key, amount, at, ..
        } = grant;
        if grant.unit.is_some_and(|unit| unit != self.unit()) {
            return;
        }
        let (more, less) = on!(&self.store, keyed => keyed.key_states.limits.differs(amount, used));
        if more {
            let mut forgiven = 0;
            on!(&mut self.store, keyed => keyed.take_tokens(key, now, wakers, |limits, state| {
                forgiven = limits.charge(state, amount, used, now);
            }));
            self.forgiven = self.forgiven.saturating_add(forgiven);
        }
        if less && self.was_limited(at) {
            on!(&mut self.store, keyed => keyed.give_tokens(key, now, wakers, |limits, state| {
                limits.credit(state, amount, used, at, now);
            }));
        }
    }

    pub(super) fn cap_remaining(
        &mut self,
        key: KeyHash,
        remaining: Remaining,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        on!(&mut self.store, keyed => keyed.take_tokens(key, now, wakers, |limits, state| {
            limits.cap_remaining(state, remaining, now);
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

    pub(super) fn join_queue(
        &mut self,
        key: KeyHash,
        wanted: (Amount, Priority),
        until: Moment,
        now: Moment,
        waker: Waker,
    ) -> WaitStatus {
        let status =
            on!(&mut self.store, keyed => keyed.join_queue(key, wanted, until, now, waker));
        if let WaitStatus::Waiting(..) = status {
            self.waiting += 1;
        }
        status
    }

    pub(super) fn poll_queue(
        &mut self,
        ticket: Ticket,
        now: Moment,
        waker: Waker,
        wakers: &mut Wakers,
    ) -> WaitStatus {
        let status = on!(&mut self.store, keyed => keyed.poll_queue(ticket, now, waker, wakers));
        if !matches!(status, WaitStatus::Waiting(..)) {
            self.waiting -= 1;
        }
        status
    }

    pub(super) fn leave_queue(&mut self, ticket: Ticket, now: Moment, wakers: &mut Wakers) {
        on!(&mut self.store, keyed => keyed.leave_queue(ticket, now, wakers));
        self.waiting -= 1;
    }

    /// Removes the limit, and sets the bounds of the cooldowns.
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
        let limits = limit.as_ref().map(RateLimitConfig::limits);
        let limits = limits.unwrap_or_default();
        self.store = old.with_limits(&self.limits, &limits, self.max_keys, now);
        // As `Store::with_limits` continues them: by name, and else by what they count.
        let of = |limits: &[LimitConfig], dimension| {
            let same = limits.iter().filter(|it| it.name.dimension() == dimension);
            same.count()
        };
        let mut dimensions = limits.iter().map(|it| it.name.dimension());
        if dimensions.any(|it| of(&limits, it) > of(&self.limits, it)) {
            self.limited_since = now;
        }
        (self.limit, self.limits) = (limit, limits);
        self.cooldowns_end = self.cooldowns_end.min(now.after(self.max_cooldown));
        let max_cooldown = self.max_cooldown;
        on!(&mut self.store, keyed => keyed.recheck_all(max_cooldown, now, wakers));
    }

    /// Wakes all who wait.
    pub(super) fn wake_all(&mut self, now: Moment, wakers: &mut Wakers) {
        on!(&mut self.store, keyed => keyed.wake_all(now, wakers));
    }

    /// Returns what was used beyond the limit and forgiven.
    pub(super) fn forgiven(&self) -> u64 {
        self.forgiven
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    #[cfg(test)]
    pub(super) fn keys(&self) -> usize {
        on!(&self.store, keyed => keyed.key_states.keys())
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        on!(&self.store, keyed => keyed.key_states.bytes())
    }

    #[cfg(test)]
    pub(super) fn wait_states(&self) -> usize {
        on!(&self.store, keyed => keyed.key_states.wait_states.len())
    }
}
