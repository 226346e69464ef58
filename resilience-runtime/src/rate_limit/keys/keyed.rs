//! The state of one limiter under one strategy: it admits or rejects calls, and knows which keys are cooling
//! down.
//!
//! Everything here is a plain function of the time passed in.

use std::time::Duration;

use super::key_states::{KeySlot, KeyStates};
use super::line_end::LineEnds;
use crate::clock::Moment;
use crate::rate_limit::algorithms::meter::Meter;
use crate::rate_limit::decision::Decision;
use crate::rate_limit::key_hash::KeyHash;
use crate::rate_limit::waiting::queue::{ReadyAt, Wakers};
use crate::rate_limit::waiting::wait_state::{Cooldown, WaitStateId};

pub(in crate::rate_limit) struct Keyed<M: Meter> {
    pub(in crate::rate_limit) key_states: KeyStates<M>,
    line_ends: LineEnds<M::State>,
}

impl<M: Meter> Keyed<M> {
    pub(in crate::rate_limit) fn new(meter: M, max_keys: usize) -> Self {
        Self {
            key_states: KeyStates::new(meter, max_keys),
            line_ends: LineEnds::default(),
        }
    }

    pub(in crate::rate_limit) fn fits_capacity(&self, cost: u32) -> bool {
        cost <= self.key_states.meter.capacity()
    }

    /// Takes `cost` if the call may pass now. Otherwise returns when it could, behind all waiters.
    #[inline]
    pub(in crate::rate_limit) fn try_take(
        &mut self,
        key: KeyHash,
        cost: u32,
        now: Moment,
    ) -> Result<(), ReadyAt> {
        if !self.fits_capacity(cost) {
            return Err(None);
        }
        if !M::COUNTS || cost == 0 {
            return self.pass_uncounted(key, cost, now);
        }
        let slot = self.key_states.find_or_insert(key, now);
        let (key_state, meter, _) = self.key_states.get_mut(slot);
        if key_state.wait_state.is_none() && meter.try_take(&mut key_state.state, cost, now) {
            return Ok(());
        }
        self.try_take_behind_queue(slot, cost, now)
    }

    #[cold]
    fn try_take_behind_queue(
        &mut self,
        slot: KeySlot,
        cost: u32,
        now: Moment,
    ) -> Result<(), ReadyAt> {
        if !self.is_blocked(slot, now) {
            let (key_state, meter, _) = self.key_states.get_mut(slot);
            if meter.try_take(&mut key_state.state, cost, now) {
                return Ok(());
            }
        }
        Err(Some(self.ready_at_slot(slot, cost, now)))
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
    fn pass_uncounted(&mut self, key: KeyHash, cost: u32, now: Moment) -> Result<(), ReadyAt> {
        let Some(slot) = self.key_states.find(key, now) else {
            return Ok(());
        };
        if !self.is_blocked(slot, now) {
            return Ok(());
        }
        let ready = self.ready_at_slot(slot, cost, now);
        if cost == 0 && ready <= now {
            return Ok(());
        }
        Err(Some(ready))
    }

    /// Returns when `cost` could pass behind all waiters; `None`: never.
    pub(in crate::rate_limit) fn ready_at(
        &mut self,
        key: KeyHash,
        cost: u32,
        now: Moment,
    ) -> ReadyAt {
        if !self.fits_capacity(cost) {
            return None;
        }
        match self.key_states.find(key, now) {
            Some(slot) => Some(self.ready_at_slot(slot, cost, now)),
            None => Some(now),
        }
    }

    /// Returns when a rejected call could pass if no other call comes: as [`ready_at`](Self::ready_at), and when the
    /// last waiter is released after a cooldown. A waiter whose time is up need not wait for that.
    pub(in crate::rate_limit) fn retry_at(
        &mut self,
        key: KeyHash,
        cost: u32,
        now: Moment,
    ) -> ReadyAt {
        let ready = self.ready_at(key, cost, now)?;
        let wait_state = self.key_states.find(key, now).and_then(|slot| {
            let wait_state = self.key_states.get(slot).wait_state;
            self.key_states.wait_states.get(wait_state)
        });
        Some(match wait_state {
            Some(wait_state) if cost > 0 => ready.max(wait_state.last_release_at()),
            _ => ready,
        })
    }

    fn ready_at_slot(&mut self, slot: KeySlot, cost: u32, now: Moment) -> Moment {
        let key_state = self.key_states.get(slot);
        let meter = &self.key_states.meter;
        match self.key_states.wait_states.get(key_state.wait_state) {
            Some(wait_state) if cost == 0 => now.max(wait_state.cooldown.until),
            Some(wait_state) => {
                let from = now.max(wait_state.known_release_at());
                let (state, queue) = (&key_state.state, &wait_state.queue);
                if M::SUM_SUFFICES {
                    meter.ready_behind(state, std::iter::empty(), queue.cost(), cost, from)
                } else {
                    let line = (key_state.wait_state, queue);
                    self.line_ends.ready_behind(meter, state, line, cost, from)
                }
            }
            None if cost == 0 => now,
            None => meter.ready(&key_state.state, cost, now),
        }
    }

    /// Makes the public decision, given the outcome for the cost.
    pub(in crate::rate_limit) fn decision(
        &mut self,
        key: KeyHash,
        passed: Result<(), ReadyAt>,
        now: Moment,
    ) -> Decision {
        let limit = self.key_states.meter.capacity();
        let slot = self.key_states.find(key, now);
        let (remaining, reset_at) = slot.map_or((limit, now), |slot| {
            let key_state = self.key_states.get(slot);
            let reset_at = self.key_states.meter.reset_at(&key_state.state, now);
            match self.key_states.wait_states.get(key_state.wait_state) {
                Some(wait_state)
                    if wait_state.is_cooling_down(now) || wait_state.queue.len() > 0 =>
                {
                    (0, reset_at.max(wait_state.cooldown.until))
                }
                _ => {
                    let tokens = self.key_states.meter.tokens(&key_state.state, now);
                    (u32::try_from(tokens.max(0)).unwrap_or(limit), reset_at)
                }
            }
        });
        Decision {
            allowed: passed.is_ok(),
            limit,
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
        let ready = self.ready_at(key, 1, now).ok_or(None)?;
        if ready <= now && !blocked {
            Ok(())
        } else {
            Err(Some(ready))
        }
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
        give: impl FnOnce(&M, &mut M::State),
    ) {
        if let Some(slot @ (KeySlot::Keyless | KeySlot::Own(_))) = self.key_states.find(key, now) {
            let (key_state, meter, wait_states) = self.key_states.get_mut(slot);
            give(meter, &mut key_state.state);
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
        take: impl FnOnce(&M, &mut M::State),
    ) {
        if M::COUNTS {
            let slot = self.key_states.find_or_insert(key, now);
            let (key_state, meter, _) = self.key_states.get_mut(slot);
            take(meter, &mut key_state.state);
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
        let (key_state, meter, wait_states) = self.key_states.get_mut(slot);
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
        let mut check = |cost: u32, until: Moment| {
            if cost > meter.capacity() {
                return Err(None);
            }
            let ready = if cost == 0 {
                begin
            } else {
                meter.ready(&state, cost, from)
            };
            if ready > until {
                return Err(Some(ready));
            }
            if cost > 0 {
                from = ready;
                meter.force_take(&mut state, cost, ready);
            }
            Ok(())
        };
        wait_state
            .queue
            .reject_where(|waiter| check(waiter.cost, waiter.until), wakers);
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

    /// Wakes all waiters of all keys.
    pub(in crate::rate_limit) fn wake_all(&mut self, now: Moment, wakers: &mut Wakers) {
        for id in self.key_states.wait_states.ids() {
            if let Some(wait_state) = self.key_states.wait_states.get_mut(id) {
                wait_state.queue.wake_all(now, wakers);
            }
        }
    }

    /// Converts the state of each key to another meter.
    pub(in crate::rate_limit) fn convert<N: Meter>(
        self,
        meter: N,
        max_keys: usize,
        now: Moment,
        state: impl Fn(&M, &M::State, &N) -> N::State,
    ) -> Keyed<N> {
        Keyed {
            key_states: self.key_states.convert(meter, max_keys, now, state),
            line_ends: LineEnds::default(),
        }
    }
}

/// Returns the time until `ready`; never zero, since the call was rejected.
pub(in crate::rate_limit) fn nonzero_wait(ready: Moment, now: Moment) -> Duration {
    ready.since(now).max(Duration::from_nanos(1))
}
