//! What the lock of a limiter protects: the state under the configured limits, and the latest time.

use std::time::Duration;

use super::algorithms::token_bucket::{FullAt, TokenBucket};
use super::amount::Amount;
use super::decision::Decision;
use super::fifo::WaitStatus;
use super::grant::Unit;
use super::joint::Joint;
use super::key_hash::KeyHash;
#[cfg(feature = "axum")]
use super::limit_level::LimitLevel;
use super::limited_keys::{CountedBy, LimitedKeys};
use super::priority::Priority;
use super::waiting::queue::{ReadyAt, Wakers};
use super::waiting::ticket::{CallerWakers, Ticket};
use crate::clock::Moment;
#[cfg(feature = "fleet")]
use crate::config::PatternMode;
use crate::config::RateLimitConfig;
use crate::limit_name::LimitName;

/// Of those who do not wait.
const NORMAL: Priority = Priority::Normal;

pub(super) struct State {
    /// Under the limits of the service: callers without a key, and those whose key all limits are of.
    pub(super) service: LimitedKeys,
    /// Under the limits per key beside them, where there are any, or cooldowns of such keys alone.
    pub(super) of_keys: Option<Box<LimitedKeys>>,
    limit: Option<RateLimitConfig>,
    pub(super) max_keys: usize,
    pub(super) max_cooldown: Duration,
    /// The latest time seen: a clock that goes backwards stands still.
    latest: Moment,
    /// When the last cooldown ends.
    pub(super) cooldowns_end: Moment,
    /// How many waiters hold a ticket.
    waiting: usize,
    /// What was used beyond the limit, and delays nobody.
    pub(super) forgiven: u64,
    /// Whether there is a store that a fleet shares.
    #[cfg(feature = "fleet")]
    pub(super) has_fleet: bool,
}

/// What a call takes from.
pub(super) enum Target<'a> {
    One(&'a mut LimitedKeys, KeyHash),
    Both(Joint<'a>),
}

/// Runs one expression on what a key takes from: on the limits and the key there, or on both.
macro_rules! at {
    ($state:expr, $key:expr, one($keys:ident, $own:ident) => $one:expr, both($joint:ident) => $both:expr) => {
        match $state.target($key) {
            Target::One($keys, $own) => $one,
            #[allow(unused_mut)] // For those who look alone.
            Target::Both(mut $joint) => $both,
        }
    };
}
pub(super) use at;

impl State {
    pub(super) fn new(
        limit: Option<RateLimitConfig>,
        max_keys: usize,
        max_cooldown: Duration,
    ) -> Self {
        let mut state = Self {
            service: LimitedKeys::unlimited(max_keys),
            of_keys: None,
            limit: None,
            max_keys,
            max_cooldown,
            latest: Moment::default(),
            cooldowns_end: Moment::default(),
            waiting: 0,
            forgiven: 0,
            #[cfg(feature = "fleet")]
            has_fleet: false,
        };
        state.set_limit(limit, Moment::default(), &mut Wakers::default());
        state
    }

    #[inline]
    pub(super) fn target(&mut self, key: KeyHash) -> Target<'_> {
        if !key.is_per_key() {
            return Target::One(&mut self.service, key);
        }
        match &mut self.of_keys {
            Some(of_keys) => Target::Both(Joint {
                service: &mut self.service,
                of_keys,
                key,
                waiting: self.waiting,
            }),
            None => Target::One(&mut self.service, KeyHash::NONE),
        }
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
        self.service.absorb_fast_path(full_at);
    }

    /// Returns the state of callers without a key for the fast path, where they take nothing else.
    #[inline]
    pub(super) fn fast_path_state(&mut self) -> Option<(TokenBucket, FullAt)> {
        if self.of_keys.is_some() {
            return None;
        }
        self.service.fast_path_state()
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

    /// Whether there are limits per key beside those of the service.
    pub(super) fn has_per_key(&self) -> bool {
        self.of_keys.as_ref().is_some_and(|it| !it.is_unlimited())
    }

    /// Whether there is no limit, no cooldown and no waiter. Then all keys are dropped. Those that only had cooldowns of
    /// their own are dropped beside a limit as well, so that the fast path is open again.
    #[inline]
    pub(super) fn try_bypass(&mut self, now: Moment) -> bool {
        let unlimited = self.service.is_unlimited();
        if !unlimited && self.of_keys.is_none() {
            return false;
        }
        let at_rest = self.waiting == 0 && self.cooldowns_end <= now && !self.has_per_key();
        if at_rest {
            self.of_keys = None;
        }
        let bypassed = at_rest && unlimited;
        if bypassed {
            self.service = LimitedKeys::unlimited(self.max_keys);
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
        at!(self, key,
            one(keys, key) => keys.try_take(key, amount, priority, now),
            both(joint) => joint.try_take(amount, priority, now))
    }

    pub(super) fn check(&mut self, key: KeyHash, amount: Amount, now: Moment) -> Decision {
        let decision = at!(self, key,
            one(keys, key) => {
                let passed = keys.try_take(key, amount, NORMAL, now);
                let passed = passed.map_err(|_| keys.retry_at(key, amount, NORMAL, now));
                with_short(keys, (key, amount), passed, now)
            },
            both(joint) => joint.check(amount, now));
        // It does not wait for the store, but the next one may find something.
        #[cfg(feature = "fleet")]
        if !decision.allowed && self.is_awaited(key, now) {
            self.miss(key, amount, false, now);
        }
        decision
    }

    pub(super) fn peek(&mut self, key: KeyHash, now: Moment) -> Decision {
        let amount = Amount::DEFAULT;
        at!(self, key,
            one(keys, key) => {
                let passes = keys.would_pass(key, now);
                let passes = passes.map_err(|_| keys.retry_at(key, amount, NORMAL, now));
                with_short(keys, (key, amount), passes, now)
            },
            both(joint) => joint.peek(now))
    }

    /// Returns the limit that rejects a call; `None`: a cooldown does.
    pub(super) fn short(&mut self, key: KeyHash, amount: Amount, now: Moment) -> Option<LimitName> {
        at!(self, key,
            one(keys, key) => keys.short(key, amount, now),
            both(joint) => joint.short(amount, now))
    }

    /// Returns what is there of each limit of the service for a key.
    #[cfg(feature = "axum")]
    pub(super) fn levels(&mut self, key: KeyHash, now: Moment) -> Vec<LimitLevel> {
        self.service.levels(key, now)
    }

    /// Returns the name of the limit that is the only one.
    pub(super) fn only_limit(&self) -> Option<LimitName> {
        self.service.only_limit().filter(|_| !self.has_per_key())
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
        at!(self, key,
            one(keys, key) => keys.retry_at(key, amount, priority, now),
            both(joint) => joint.retry_at(amount, priority, now))
    }

    pub(super) fn ready_at(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> ReadyAt {
        at!(self, key,
            one(keys, key) => keys.ready_at(key, amount, priority, now),
            both(joint) => joint.ready_at(amount, priority, now))
    }

    /// Whether the amount can ever pass.
    pub(super) fn fits(&self, amount: Amount) -> bool {
        self.service.fits(amount) && self.of_keys.as_ref().is_none_or(|it| it.fits(amount))
    }

    /// Returns the unit of costs that is in force.
    pub(super) fn unit(&self) -> Unit {
        let of_keys = self.of_keys.as_ref();
        if self.service.counts_tokens() || of_keys.is_some_and(|it| it.counts_tokens()) {
            Unit::Tokens
        } else {
            Unit::Requests
        }
    }

    pub(super) fn join_queue(
        &mut self,
        key: KeyHash,
        wanted: (Amount, Priority),
        until: Moment,
        now: Moment,
        waker: &mut CallerWakers,
        wakers: &mut Wakers,
    ) -> WaitStatus {
        let status = at!(self, key,
            one(keys, key) => keys.join_queue(key, wanted, until, now, waker),
            both(joint) => joint.join_queue(wanted, until, now, waker, wakers));
        if let WaitStatus::Waiting(..) = status {
            self.waiting += 1;
        }
        status
    }

    pub(super) fn poll_queue(
        &mut self,
        (ticket, key): (Ticket, KeyHash),
        wanted: (Amount, Priority),
        now: Moment,
        waker: &mut CallerWakers,
        wakers: &mut Wakers,
    ) -> WaitStatus {
        let before_limits_per_key = ticket.of_key.is_none() && key.is_per_key();
        let status = match (ticket, self.target(key)) {
            (ticket, Target::Both(mut joint)) if ticket.of_key.is_some() => {
                joint.poll_queue(ticket, wanted, now, waker, wakers)
            }
            (
                Ticket {
                    service: Some(place),
                    ..
                },
                _,
            ) => self.service.poll_queue(place, now, waker, wakers),
            _ => {
                debug_assert!(false, "the queues of a waiter are kept");
                WaitStatus::Rejected(Some(now))
            }
        };
        if !matches!(status, WaitStatus::Waiting(..)) {
            self.waiting -= 1;
        }
        if matches!(status, WaitStatus::Admitted)
            && before_limits_per_key
            && let Some(of_keys) = &mut self.of_keys
        {
            // It did not wait for the limits of its key, and takes from them nevertheless.
            of_keys.force_take(key, wanted.0, now, wakers);
        }
        status
    }

    pub(super) fn leave_queue(&mut self, ticket: Ticket, now: Moment, wakers: &mut Wakers) {
        if let Some(place) = ticket.service {
            self.service.leave(place, now, wakers);
        }
        if let (Some(place), Some(of_keys)) = (ticket.of_key, &mut self.of_keys) {
            of_keys.keep_line_place(ticket);
            of_keys.leave(place, now, wakers);
        }
        self.waiting -= 1;
    }

    /// Tells the queues of their keys who was woken in the line of the service. To be called after all that wakes.
    pub(super) fn note_woken(&mut self, now: Moment, wakers: &mut Wakers) {
        if wakers.woken.is_empty() {
            return;
        }
        for place in std::mem::take(&mut wakers.woken) {
            let of_keys = self.of_keys.as_mut();
            if let Some(queue) = of_keys.and_then(|it| it.queue_mut(place)) {
                queue.note_woken(place.number, now, wakers);
            }
        }
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
        let of_service = limit.as_ref().map(RateLimitConfig::limits);
        let per_key = limit.as_ref().map(RateLimitConfig::limits_per_key);
        let (of_service, per_key) = (of_service.unwrap_or_default(), per_key.unwrap_or_default());
        let (max_keys, max_cooldown) = (self.max_keys, self.max_cooldown);
        let by = self.counted_by(limit.as_ref());
        self.service.set_limits(of_service, by, max_keys, now);
        if !per_key.is_empty() && self.of_keys.is_none() {
            self.of_keys = Some(Box::new(LimitedKeys::unlimited(max_keys)));
        }
        if let Some(of_keys) = &mut self.of_keys {
            of_keys.set_limits(per_key, by, max_keys, now);
            self.service.set_beside_tokens(of_keys.counts_tokens());
            of_keys.set_beside_tokens(self.service.counts_tokens());
            of_keys.recheck_all(max_cooldown, now, wakers);
        }
        self.limit = limit;
        self.cooldowns_end = self.cooldowns_end.min(now.after(self.max_cooldown));
        self.service.recheck_all(max_cooldown, now, wakers);
    }

    fn counted_by(&self, limit: Option<&RateLimitConfig>) -> CountedBy {
        match limit {
            #[cfg(feature = "fleet")]
            // In shadow each process counts for itself: what it takes of nobody needs no store.
            Some(limit) if limit.shared && self.has_fleet && limit.mode == PatternMode::Enforce => {
                CountedBy::Fleet
            }
            _ => CountedBy::Process,
        }
    }

    /// Wakes all who wait.
    pub(super) fn wake_all(&mut self, now: Moment, wakers: &mut Wakers) {
        self.service.wake_all(now, wakers);
        if let Some(of_keys) = &mut self.of_keys {
            of_keys.wake_all(now, wakers);
        }
    }

    /// Returns what was used beyond the limit and forgiven.
    pub(super) fn forgiven(&self) -> u64 {
        self.forgiven
    }
}

/// Makes a decision of one set of limits, with the name of the one that is short.
fn with_short(
    keys: &mut LimitedKeys,
    (key, amount): (KeyHash, Amount),
    passed: Result<(), ReadyAt>,
    now: Moment,
) -> Decision {
    let decision = keys.decision(key, passed, now);
    if decision.allowed {
        return decision;
    }
    let short = keys.short(key, amount, now);
    Decision { short, ..decision }
}

#[cfg(test)]
impl State {
    pub(super) fn waiting(&self) -> usize {
        self.waiting
    }

    fn all(&self, of: impl Fn(&LimitedKeys) -> usize) -> usize {
        of(&self.service) + self.of_keys.as_deref().map_or(0, of)
    }

    pub(super) fn keys(&self) -> usize {
        self.all(LimitedKeys::keys)
    }

    pub(super) fn bytes(&self) -> usize {
        self.all(LimitedKeys::bytes)
    }

    pub(super) fn wait_states(&self) -> usize {
        self.all(LimitedKeys::wait_states)
    }
}
