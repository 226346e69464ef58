//! Some limits, and the state of each key under them.

use std::mem;
use std::time::Duration;

use super::algorithms::limits::{Limits as _, Remaining};
use super::algorithms::meter::Unlimited;
use super::algorithms::token_bucket::{FullAt, TokenBucket};
use super::amount::Amount;
use super::decision::Decision;
use super::fifo::{Turn, WaitStatus};
use super::key_hash::KeyHash;
use super::keys::keyed::Keyed;
#[cfg(feature = "axum")]
use super::limit_level::LimitLevel;
use super::priority::Priority;
use super::store::{Store, on};
use super::waiting::queue::{Queue, ReadyAt, Wakers};
use super::waiting::ticket::{CallerWakers, Joining, Place, Ticket};
use crate::clock::Moment;
use crate::config::LimitConfig;
use crate::limit_name::LimitName;

/// Who counts what is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum CountedBy {
    #[default]
    Process,
    /// The store of the fleet.
    #[cfg(feature = "fleet")]
    Fleet,
}

/// The keys of a limiter under limits: those of the service, or those of each of its keys.
pub(super) struct LimitedKeys {
    pub(super) store: Store,
    /// The limits in it.
    pub(super) limits: Vec<LimitConfig>,
    /// When a limit came that continues none. Nothing was taken of it before.
    limited_since: Moment,
    /// Others count tokens beside these limits, which are of requests alone: then a call is one request.
    beside_tokens: bool,
}

impl LimitedKeys {
    pub(super) fn unlimited(max_keys: usize) -> Self {
        Self {
            store: Store::Unlimited(Keyed::new(Unlimited, max_keys)),
            limits: Vec::new(),
            limited_since: Moment::default(),
            beside_tokens: false,
        }
    }

    /// Whether there is no limit. Then there are cooldowns alone.
    #[inline]
    pub(super) fn is_unlimited(&self) -> bool {
        matches!(self.store, Store::Unlimited(_))
    }

    /// Whether it limits tokens.
    pub(super) fn counts_tokens(&self) -> bool {
        self.limits.iter().any(|it| it.name.dimension().is_tokens())
    }

    /// States whether others count tokens beside it. Waiters are checked by [`recheck_all`](Self::recheck_all).
    pub(super) fn set_beside_tokens(&mut self, others: bool) {
        let beside_tokens = others && !self.counts_tokens();
        if beside_tokens != self.beside_tokens {
            self.beside_tokens = beside_tokens;
            on!(&mut self.store, keyed => keyed.recount_all(|wanted| own(wanted, beside_tokens)));
        }
    }

    /// Returns the name of the limit that is the only one.
    pub(super) fn only_limit(&self) -> Option<LimitName> {
        match &*self.limits {
            [only] => Some(only.name),
            _ => None,
        }
    }

    /// What an amount takes of these limits.
    #[inline]
    fn own(&self, amount: Amount) -> Amount {
        own(amount, self.beside_tokens)
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

    /// Takes the amount if it may pass now. Otherwise returns when it could, behind all waiters.
    #[inline]
    pub(super) fn try_take(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Result<(), ReadyAt> {
        let amount = self.own(amount);
        on!(&mut self.store, keyed => keyed.try_take(key, amount, priority, now))
    }

    /// Takes the amount of a call that passes, into a debt if it is not there.
    pub(super) fn force_take(
        &mut self,
        key: KeyHash,
        amount: Amount,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        let amount = self.own(amount);
        if !amount.is_nothing() {
            on!(&mut self.store, keyed => keyed.take_tokens(key, now, wakers, |limits, state| {
                limits.force_take(state, amount, now);
            }));
        }
    }

    /// Gives back what was taken at this moment, since the call did not pass after all.
    pub(super) fn undo(&mut self, key: KeyHash, amount: Amount, now: Moment) {
        let amount = self.own(amount);
        on!(&mut self.store, keyed => keyed.undo(key, amount, now));
    }

    /// Whether a call of the default amount would pass, and else when.
    pub(super) fn would_pass(&mut self, key: KeyHash, now: Moment) -> Result<(), ReadyAt> {
        on!(&mut self.store, keyed => keyed.would_pass(key, now))
    }

    /// Makes the public decision, given the outcome.
    pub(super) fn decision(
        &mut self,
        key: KeyHash,
        passed: Result<(), ReadyAt>,
        now: Moment,
    ) -> Decision {
        on!(&mut self.store, keyed => keyed.decision(key, passed, now))
    }

    /// Returns the limit that rejects a call; `None`: a cooldown does, or no limit.
    pub(super) fn short(&mut self, key: KeyHash, amount: Amount, now: Moment) -> Option<LimitName> {
        let amount = self.own(amount);
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

    /// Returns when the amount could pass behind all waiters.
    pub(super) fn ready_at(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> ReadyAt {
        let amount = self.own(amount);
        on!(&mut self.store, keyed => keyed.ready_at(key, amount, priority, now))
    }

    /// As [`ready_at`](Self::ready_at), behind so many more calls than there are waiters.
    pub(super) fn ready_behind_more(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        more: u64,
        now: Moment,
    ) -> ReadyAt {
        let amount = self.own(amount);
        on!(&mut self.store, keyed => keyed.ready_behind_more(key, amount, priority, more, now))
    }

    /// Returns when a rejected call could pass if no other call comes.
    pub(super) fn retry_at(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> ReadyAt {
        let amount = self.own(amount);
        on!(&mut self.store, keyed => keyed.retry_at(key, amount, priority, now))
    }

    /// Notes how many calls are to come to the line of callers without a key, of the waiters that there are in all queues.
    pub(super) fn set_waiting_in_all(&mut self, waiting: usize) {
        on!(&mut self.store, keyed => keyed.set_waiting_in_all(waiting));
    }

    /// Whether the amount can ever pass.
    pub(super) fn fits(&self, amount: Amount) -> bool {
        let amount = self.own(amount);
        on!(&self.store, keyed => keyed.fits(amount))
    }

    /// Whether all limits were there when something was taken, so that it can be given back; `None`: not known when.
    fn was_limited(&self, taken: Option<Moment>) -> bool {
        taken.is_none_or(|taken| taken >= self.limited_since)
    }

    /// Gives back what was taken at `at`.
    pub(super) fn refund(
        &mut self,
        (key, amount, at): (KeyHash, Amount, Option<Moment>),
        now: Moment,
        wakers: &mut Wakers,
    ) {
        let amount = self.own(amount);
        if self.was_limited(at) {
            on!(&mut self.store, keyed => keyed.give_tokens(key, now, wakers, |limits, state| {
                limits.refund(state, amount, at, now);
            }));
        }
    }

    /// Corrects what was taken at `at` to what was used. Returns how much of a debt is forgiven.
    pub(super) fn settle(
        &mut self,
        (key, amount, at): (KeyHash, Amount, Option<Moment>),
        used: Amount,
        now: Moment,
        wakers: &mut Wakers,
    ) -> u64 {
        // The request stays counted, whatever the call used.
        if self.beside_tokens {
            return 0;
        }
        let mut forgiven = 0;
        let (more, less) = on!(&self.store, keyed => keyed.key_states.limits.differs(amount, used));
        if more {
            on!(&mut self.store, keyed => keyed.take_tokens(key, now, wakers, |limits, state| {
                forgiven = limits.charge(state, amount, used, now);
            }));
        }
        if less && self.was_limited(at) {
            on!(&mut self.store, keyed => keyed.give_tokens(key, now, wakers, |limits, state| {
                limits.credit(state, amount, used, at, now);
            }));
        }
        forgiven
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
        span: Duration,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        on!(&mut self.store, keyed => keyed.cool_down(key, span, now, wakers));
        // The other processes have to know of it.
        #[cfg(feature = "fleet")]
        if let Some(keyed) = self.leased() {
            keyed.key_states.limits.set_due();
        }
    }

    pub(super) fn cooldown(&mut self, key: KeyHash, now: Moment) -> Option<Moment> {
        on!(&mut self.store, keyed => keyed.cooldown(key, now))
    }

    pub(super) fn join_queue(
        &mut self,
        key: KeyHash,
        (amount, priority): (Amount, Priority),
        until: Moment,
        now: Moment,
        waker: &mut CallerWakers,
    ) -> WaitStatus {
        let wanted = (amount, self.own(amount), priority);
        on!(&mut self.store, keyed => keyed.join_queue(key, wanted, until, now, waker))
    }

    pub(super) fn poll_queue(
        &mut self,
        place: Place,
        now: Moment,
        waker: &mut CallerWakers,
        wakers: &mut Wakers,
    ) -> WaitStatus {
        on!(&mut self.store, keyed => keyed.poll_queue(place, now, waker, wakers))
    }

    /// Puts a call at the end of its priority, passing or not.
    pub(super) fn push(
        &mut self,
        joining: Joining,
        priority: Priority,
        now: Moment,
    ) -> Option<Place> {
        let joining = Joining {
            amount: self.own(joining.amount),
            ..joining
        };
        on!(&mut self.store, keyed => keyed.push(joining, priority, now).map(|(place, _)| place))
    }

    /// Returns whether it is the turn of a waiter.
    pub(super) fn poll_place(
        &mut self,
        place: Place,
        now: Moment,
        waker: &mut CallerWakers,
        wakers: &mut Wakers,
    ) -> Turn {
        on!(&mut self.store, keyed => keyed.poll_place(place, now, waker, wakers))
    }

    /// Takes the cost of a waiter whose turn it is, which leaves.
    pub(super) fn pass(&mut self, place: Place, now: Moment, wakers: &mut Wakers) {
        on!(&mut self.store, keyed => keyed.pass(place, now, wakers));
    }

    /// Leaves a queue, admitted or not.
    pub(super) fn leave(&mut self, place: Place, now: Moment, wakers: &mut Wakers) {
        on!(&mut self.store, keyed => keyed.leave(place, now, wakers));
    }

    /// Leaves the place of a call in the line of the service to the next one of its key.
    pub(super) fn keep_line_place(&mut self, ticket: Ticket) {
        if let (Some(in_line), Some(of_key)) = (ticket.service, ticket.of_key)
            && let Some(queue) = self.queue_mut(of_key)
        {
            queue.keep_line_place(of_key.number, in_line.number);
        }
    }

    /// Returns the queue of a place, and that of a key.
    pub(super) fn queue(&self, place: Place) -> Option<&Queue> {
        on!(&self.store, keyed => keyed.queue(place))
    }

    pub(super) fn queue_mut(&mut self, place: Place) -> Option<&mut Queue> {
        on!(&mut self.store, keyed => keyed.queue_mut(place))
    }

    pub(super) fn queue_of(&mut self, key: KeyHash, now: Moment) -> Option<&Queue> {
        on!(&mut self.store, keyed => keyed.queue_of(key, now))
    }

    /// Goes on under other limits; keys, cooldowns and queues stay. Waiters are checked by
    /// [`recheck_all`](Self::recheck_all).
    pub(super) fn set_limits(
        &mut self,
        limits: Vec<LimitConfig>,
        by: CountedBy,
        max_keys: usize,
        now: Moment,
    ) {
        let nothing = Store::Unlimited(Keyed::new(Unlimited, max_keys));
        #[cfg(feature = "fleet")]
        if by == CountedBy::Fleet && self.is_leased() && limits == self.limits {
            return;
        }
        let old = mem::replace(&mut self.store, nothing);
        self.store = match by {
            #[cfg(feature = "fleet")]
            CountedBy::Fleet if !limits.is_empty() => old.with_leases(&limits, max_keys, now),
            _ => old.with_limits(&self.limits, &limits, max_keys, now),
        };
        // As `Store::with_limits` continues them: by name, and else by what they count.
        let of = |limits: &[LimitConfig], dimension| {
            let same = limits.iter().filter(|it| it.name.dimension() == dimension);
            same.count()
        };
        let mut dimensions = limits.iter().map(|it| it.name.dimension());
        if dimensions.any(|it| of(&limits, it) > of(&self.limits, it)) {
            self.limited_since = now;
        }
        self.limits = limits;
    }

    /// Cuts all cooldowns to `max_cooldown` and checks all waiters, after the configuration changed.
    pub(super) fn recheck_all(&mut self, max_cooldown: Duration, now: Moment, wakers: &mut Wakers) {
        on!(&mut self.store, keyed => keyed.recheck_all(max_cooldown, now, wakers));
    }

    /// Wakes all who wait.
    pub(super) fn wake_all(&mut self, now: Moment, wakers: &mut Wakers) {
        on!(&mut self.store, keyed => keyed.wake_all(now, wakers));
    }
}

/// What an amount takes of limits beside which others count tokens, or not.
#[inline]
fn own(amount: Amount, beside_tokens: bool) -> Amount {
    if beside_tokens && !amount.is_nothing() {
        Amount::DEFAULT
    } else {
        amount
    }
}

#[cfg(test)]
impl LimitedKeys {
    pub(super) fn keys(&self) -> usize {
        on!(&self.store, keyed => keyed.key_states.keys())
    }

    pub(super) fn bytes(&self) -> usize {
        on!(&self.store, keyed => keyed.key_states.bytes())
    }

    pub(super) fn wait_states(&self) -> usize {
        on!(&self.store, keyed => keyed.key_states.wait_states.len())
    }
}
