//! The state of one limiter under one strategy: it admits or rejects calls, and knows which keys are cooling
//! down.
//!
//! Everything here is a plain function of the time passed in.

use std::time::Duration;

use super::key_states::{KeySlot, KeyStates};
use super::line_end::LineEnds;
use crate::clock::Moment;
use crate::limit_name::LimitName;
#[cfg(feature = "axum")]
use crate::rate_limit::algorithms::any_meter::AnyState;
use crate::rate_limit::algorithms::limits::Limits;
use crate::rate_limit::amount::Amount;
use crate::rate_limit::decision::Decision;
use crate::rate_limit::key_hash::KeyHash;
use crate::rate_limit::priority::Priority;
use crate::rate_limit::waiting::queue::{Queue, ReadyAt, Wakers};
use crate::rate_limit::waiting::ticket::Place;
use crate::rate_limit::waiting::ticket::WaitStateId;
use crate::rate_limit::waiting::wait_state::Cooldown;

pub(in crate::rate_limit) struct Keyed<L: Limits> {
    pub(in crate::rate_limit) key_states: KeyStates<L>,
    pub(super) line_ends: LineEnds<L::State>,
}

impl<L: Limits> Keyed<L> {
    pub(in crate::rate_limit) fn new(limits: L, max_keys: usize) -> Self {
        Self {
            key_states: KeyStates::new(limits, max_keys),
            line_ends: LineEnds::default(),
        }
    }

    pub(in crate::rate_limit) fn fits(&self, amount: Amount) -> bool {
        self.key_states.limits.fits(amount)
    }

    /// Takes the amount if the call may pass now. Otherwise returns when it could, behind all waiters.
    #[inline]
    pub(in crate::rate_limit) fn try_take(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Result<(), ReadyAt> {
        if !self.fits(amount) {
            return Err(None);
        }
        if !L::COUNTS || amount.is_nothing() {
            return self.pass_uncounted(key, amount, priority, now);
        }
        let slot = self.key_states.find_or_insert(key, now);
        let (key_state, limits, _) = self.key_states.get_mut(slot);
        if key_state.wait_state.is_none() && limits.try_take(&mut key_state.state, amount, now) {
            return Ok(());
        }
        self.try_take_behind_queue(slot, amount, priority, now)
    }

    #[cold]
    fn try_take_behind_queue(
        &mut self,
        slot: KeySlot,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Result<(), ReadyAt> {
        if !self.is_blocked(slot, now) {
            let (key_state, limits, _) = self.key_states.get_mut(slot);
            if limits.try_take(&mut key_state.state, amount, now) {
                return Ok(());
            }
        }
        Err(Some(self.ready_at_slot(slot, amount, priority, now)))
    }

    /// Whether the key is cooling down or has waiters that come first.
    fn is_blocked(&mut self, slot: KeySlot, now: Moment) -> bool {
        if self.key_states.release_wait_state(slot, now) {
            return false;
        }
        let (key_state, _, wait_states) = self.key_states.get_mut(slot);
        wait_states
            .get_mut(key_state.wait_state)
            .is_some_and(|wait_state| wait_state.is_blocking(now))
    }

    /// Admits a call of which nothing is counted. A call without a cost waits for a cooldown alone; without a
    /// limit it also waits behind those that wait for the end of a cooldown.
    fn pass_uncounted(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Result<(), ReadyAt> {
        let Some(slot) = self.key_states.find(key, now) else {
            return Ok(());
        };
        if !self.is_blocked(slot, now) {
            return Ok(());
        }
        let ready = self.ready_at_slot(slot, amount, priority, now);
        if amount.is_nothing() && ready <= now {
            return Ok(());
        }
        Err(Some(ready))
    }

    /// Notes how many calls are to come to the line of callers without a key, of the waiters that there are in all queues.
    pub(in crate::rate_limit) fn set_waiting_in_all(&mut self, waiting: usize) {
        let (key_state, _, wait_states) = self.key_states.get_mut(KeySlot::Keyless);
        if let Some(wait_state) = wait_states.get_mut(key_state.wait_state) {
            wait_state.followers = waiting.saturating_sub(wait_state.queue.len());
        }
    }

    /// Gives back what was taken at this moment.
    pub(in crate::rate_limit) fn undo(&mut self, key: KeyHash, amount: Amount, now: Moment) {
        if L::COUNTS
            && !amount.is_nothing()
            && let Some(slot) = self.key_states.find(key, now)
        {
            let (key_state, limits, _) = self.key_states.get_mut(slot);
            limits.refund(&mut key_state.state, amount, Some(now), now);
        }
    }

    /// Returns the queue of a place.
    pub(in crate::rate_limit) fn queue(&self, place: Place) -> Option<&Queue> {
        let wait_state = self.key_states.wait_states.get(place.wait_state)?;
        Some(&wait_state.queue)
    }

    pub(in crate::rate_limit) fn queue_mut(&mut self, place: Place) -> Option<&mut Queue> {
        let wait_state = self.key_states.wait_states.get_mut(place.wait_state)?;
        Some(&mut wait_state.queue)
    }

    /// Returns the queue of a key, if anything is to be waited for.
    pub(in crate::rate_limit) fn queue_of(&mut self, key: KeyHash, now: Moment) -> Option<&Queue> {
        let slot = self.key_states.find(key, now)?;
        let wait_state = self.key_states.get(slot).wait_state;
        Some(&self.key_states.wait_states.get(wait_state)?.queue)
    }

    /// Makes the public decision, given the outcome for the cost.
    pub(in crate::rate_limit) fn decision(
        &mut self,
        key: KeyHash,
        passed: Result<(), ReadyAt>,
        now: Moment,
    ) -> Decision {
        let limit = self.key_states.limits.capacity();
        let slot = self.key_states.find(key, now);
        let idle = || {
            let tokens = self.key_states.limits.tokens(&L::State::default(), now);
            (u32::try_from(tokens).unwrap_or(limit), now)
        };
        let (remaining, reset_at) = slot.map_or_else(idle, |slot| {
            let key_state = self.key_states.get(slot);
            let reset_at = self.key_states.limits.reset_at(&key_state.state, now);
            match self.key_states.wait_states.get(key_state.wait_state) {
                Some(wait_state)
                    if wait_state.is_cooling_down(now) || wait_state.queue.len() > 0 =>
                {
                    (0, reset_at.max(wait_state.cooldown.until))
                }
                _ => {
                    let tokens = self.key_states.limits.tokens(&key_state.state, now);
                    (u32::try_from(tokens.max(0)).unwrap_or(limit), reset_at)
                }
            }
        });
        Decision {
            allowed: passed.is_ok(),
            limit,
            short: None,
            remaining,
            retry_after: passed.err().flatten().map(|ready| nonzero_wait(ready, now)),
            reset_after: reset_at.since(now),
        }
    }

    /// Returns what [`try_take`](Self::try_take) would return for a cost of one, without taking it.
    pub(in crate::rate_limit) fn would_pass(
        &mut self,
        key: KeyHash,
        now: Moment,
    ) -> Result<(), ReadyAt> {
        let slot = self.key_states.find(key, now);
        let blocked = slot.is_some_and(|slot| self.is_blocked(slot, now));
        let ready = self
            .ready_at(key, Amount::DEFAULT, Priority::Normal, now)
            .ok_or(None)?;
        if ready <= now && !blocked {
            Ok(())
        } else {
            Err(Some(ready))
        }
    }

    /// Returns the limit of a set that is short of the amount; `None`: there is one limit alone.
    pub(in crate::rate_limit) fn short(
        &mut self,
        key: KeyHash,
        amount: Amount,
        now: Moment,
    ) -> Option<LimitName> {
        let slot = self.key_states.find(key, now);
        let (idle, limits) = (L::State::default(), &self.key_states.limits);
        let Some(key_state) = slot.map(|slot| self.key_states.get(slot)) else {
            return limits.short(&idle, amount, now);
        };
        let state = &key_state.state;
        // Behind others it waits for what the first of them waits for, if that is longer.
        let line = self.key_states.wait_states.get(key_state.wait_state);
        let head = line.and_then(|line| line.queue.iter().next());
        let longer = head.filter(|head| {
            limits.fits(amount)
                && limits.fits(head.amount)
                && limits.ready(state, head.amount, now) > limits.ready(state, amount, now)
        });
        limits.short(state, longer.map_or(amount, |head| head.amount), now)
    }

    /// Returns what is counted for each limit of a key.
    #[cfg(feature = "axum")]
    pub(in crate::rate_limit) fn parts(&mut self, key: KeyHash, now: Moment) -> Vec<AnyState> {
        let slot = self.key_states.find(key, now);
        let idle = L::State::default();
        let state = slot.map_or(&idle, |slot| &self.key_states.get(slot).state);
        self.key_states.limits.parts(state)
    }

    /// Lets `give` return tokens to a key, and wakes the head of its queue.
    ///
    /// A key without a slot of its own gets nothing back: it is idle, or it used the overflow state, where
    /// the tokens might have been another key's.
    pub(in crate::rate_limit) fn give_tokens(
        &mut self,
        key: KeyHash,
        now: Moment,
        wakers: &mut Wakers,
        give: impl FnOnce(&L, &mut L::State),
    ) {
        if let Some(slot @ (KeySlot::Keyless | KeySlot::Own(_))) = self.key_states.find(key, now) {
            let (key_state, limits, wait_states) = self.key_states.get_mut(slot);
            give(limits, &mut key_state.state);
            if let Some(wait_state) = wait_states.get_mut(key_state.wait_state) {
                wait_state.queue.touch();
                wait_state.queue.wake_head(now, wakers);
            }
        }
    }

    /// Lets `take` take tokens from a key, into a debt if they are missing.
    pub(in crate::rate_limit) fn take_tokens(
        &mut self,
        key: KeyHash,
        now: Moment,
        wakers: &mut Wakers,
        take: impl FnOnce(&L, &mut L::State),
    ) {
        if L::COUNTS {
            let slot = self.key_states.find_or_insert(key, now);
            let (key_state, limits, _) = self.key_states.get_mut(slot);
            take(limits, &mut key_state.state);
            let wait_state = key_state.wait_state;
            self.recheck_queue(wait_state, now, wakers);
        }
    }

    pub(in crate::rate_limit) fn cool_down(
        &mut self,
        key: KeyHash,
        span: Duration,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        let slot = self.key_states.find_or_insert(key, now);
        let id = self.key_states.wait_state(slot, key);
        if let Some(wait_state) = self.key_states.wait_states.get_mut(id) {
            wait_state.cool_down(Cooldown::new(now, span));
        }
        self.recheck_queue(id, now, wakers);
    }

    /// Returns the end of the cooldown, if the key is cooling down.
    pub(in crate::rate_limit) fn cooldown(&mut self, key: KeyHash, now: Moment) -> Option<Moment> {
        let slot = self.key_states.find(key, now)?;
        let wait_state = self
            .key_states
            .wait_states
            .get(self.key_states.get(slot).wait_state)?;
        wait_state
            .is_cooling_down(now)
            .then_some(wait_state.cooldown.until)
    }

    /// Checks all waiters of one key after a change to their disadvantage. Rejects those that could no longer
    /// pass in time, and wakes the head, whose time may have changed.
    pub(super) fn recheck_queue(&mut self, id: WaitStateId, now: Moment, wakers: &mut Wakers) {
        let Some(owner) = self
            .key_states
            .wait_states
            .get(id)
            .map(|wait_state| wait_state.owner)
        else {
            return;
        };
        let slot = self.key_states.slot_of(owner);
        let (key_state, limits, wait_states) = self.key_states.get_mut(slot);
        let Some(wait_state) = wait_states.get_mut(id) else {
            return;
        };
        wait_state.queue.touch();
        if wait_state.queue.len() == 0 {
            return;
        }
        let mut state = key_state.state.clone();
        let begin = now.max(wait_state.cooldown.until);
        let mut from = begin;
        let mut check = |amount: Amount, until: Moment| {
            if !limits.fits(amount) {
                return Err(None);
            }
            let ready = if amount.is_nothing() {
                begin
            } else {
                limits.ready(&state, amount, from)
            };
            if ready > until {
                return Err(Some(ready));
            }
            if !amount.is_nothing() {
                from = ready;
                limits.force_take(&mut state, amount, ready);
            }
            Ok(())
        };
        wait_state
            .queue
            .reject_where(|waiter| check(waiter.amount, waiter.until), wakers);
        wait_state.queue.wake_head(now, wakers);
    }

    /// Cuts all cooldowns to `max_cooldown` and checks all waiters, after the configuration changed.
    pub(in crate::rate_limit) fn recheck_all(
        &mut self,
        max_cooldown: Duration,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        for id in self.key_states.wait_states.ids() {
            if let Some(wait_state) = self.key_states.wait_states.get_mut(id) {
                wait_state.cut_cooldown(now.after(max_cooldown));
            }
            self.recheck_queue(id, now, wakers);
        }
    }

    /// Counts all waiters of all keys anew.
    pub(in crate::rate_limit) fn recount_all(&mut self, own: impl Fn(Amount) -> Amount) {
        for id in self.key_states.wait_states.ids() {
            if let Some(wait_state) = self.key_states.wait_states.get_mut(id) {
                wait_state.queue.recount(&own);
            }
        }
    }

    /// Wakes all waiters of all keys.
    pub(in crate::rate_limit) fn wake_all(&mut self, now: Moment, wakers: &mut Wakers) {
        for id in self.key_states.wait_states.ids() {
            if let Some(wait_state) = self.key_states.wait_states.get_mut(id) {
                wait_state.queue.wake_all(now, wakers);
            }
        }
    }

    /// Converts the state of each key to other limits.
    pub(in crate::rate_limit) fn convert<N: Limits>(
        self,
        limits: N,
        max_keys: usize,
        now: Moment,
        state: impl Fn(&L, &L::State, &N) -> N::State,
    ) -> Keyed<N> {
        Keyed {
            key_states: self.key_states.convert(limits, max_keys, now, state),
            line_ends: LineEnds::default(),
        }
    }
}

/// Returns the time until `ready`; never zero, since the call was rejected.
pub(in crate::rate_limit) fn nonzero_wait(ready: Moment, now: Moment) -> Duration {
    ready.since(now).max(Duration::from_nanos(1))
}
