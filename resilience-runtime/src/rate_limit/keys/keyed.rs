//! One limiter's state under one strategy: who may pass, when, and what is cooling down.
//!
//! Everything here is a plain function of the time handed in.

use std::time::Duration;

use super::key::KeyHash;
use super::key_states::{Accounts, Place};
use crate::clock::Moment;
use crate::rate_limit::algorithms::meter::Meter;
use crate::rate_limit::decision::Decision;
use crate::rate_limit::waiting::queue::{Refusal, Wakers};
use crate::rate_limit::waiting::wait_state::{Cooldown, SideId};

pub(in crate::rate_limit) struct Keyed<M: Meter> {
    pub(in crate::rate_limit) accounts: Accounts<M>,
}

impl<M: Meter> Keyed<M> {
    pub(in crate::rate_limit) fn new(meter: M, max_keys: usize) -> Self {
        Self {
            accounts: Accounts::new(meter, max_keys),
        }
    }

    pub(in crate::rate_limit) fn can_ever(&self, cost: u32) -> bool {
        cost <= self.accounts.meter.capacity()
    }

    /// Takes `cost` if it may pass now; otherwise when it could, behind everyone who waits.
    #[inline]
    pub(in crate::rate_limit) fn try_take(
        &mut self,
        key: KeyHash,
        cost: u32,
        now: Moment,
    ) -> Result<(), Refusal> {
        if !self.can_ever(cost) {
            return Err(None);
        }
        if !M::COUNTS || cost == 0 {
            return self.pass_freely(key, cost, now);
        }
        let place = self.accounts.enter(key, now);
        let (account, meter, _) = self.accounts.get_mut(place);
        if account.side.is_none() && meter.try_take(&mut account.state, cost, now) {
            return Ok(());
        }
        self.try_take_slowly(place, cost, now)
    }

    #[cold]
    fn try_take_slowly(&mut self, place: Place, cost: u32, now: Moment) -> Result<(), Refusal> {
        if self.accounts.release(place, now) {
            let (account, meter, _) = self.accounts.get_mut(place);
            if meter.try_take(&mut account.state, cost, now) {
                return Ok(());
            }
        }
        Err(Some(self.earliest_at(place, cost, now)))
    }

    /// What takes nothing is held up by a cooldown alone, and, where nothing else is counted, by those who
    /// wait for the end of it.
    fn pass_freely(&mut self, key: KeyHash, cost: u32, now: Moment) -> Result<(), Refusal> {
        let Some(place) = self.accounts.find(key, now) else {
            return Ok(());
        };
        if self.accounts.release(place, now) {
            return Ok(());
        }
        let ready = self.earliest_at(place, cost, now);
        if cost == 0 && ready <= now {
            return Ok(());
        }
        Err(Some(ready))
    }

    /// When `cost` could pass behind everyone who waits; `None`: never.
    pub(in crate::rate_limit) fn earliest(
        &mut self,
        key: KeyHash,
        cost: u32,
        now: Moment,
    ) -> Refusal {
        if !self.can_ever(cost) {
            return None;
        }
        match self.accounts.find(key, now) {
            Some(place) => Some(self.earliest_at(place, cost, now)),
            None => Some(now),
        }
    }

    fn earliest_at(&self, place: Place, cost: u32, now: Moment) -> Moment {
        let account = self.accounts.get(place);
        let meter = &self.accounts.meter;
        match self.accounts.sides.get(account.side) {
            Some(side) if cost == 0 => now.max(side.cooldown.until),
            Some(side) => {
                let from = now.max(side.known_gate());
                let ahead = side.queue.iter().map(|waiter| waiter.cost);
                meter.ready_behind(&account.state, ahead, side.queue.cost(), cost, from)
            }
            None if cost == 0 => now,
            None => meter.ready(&account.state, cost, now),
        }
    }

    /// The public answer, given what became of the cost.
    pub(in crate::rate_limit) fn decision(
        &mut self,
        key: KeyHash,
        passed: Result<(), Refusal>,
        now: Moment,
    ) -> Decision {
        let limit = self.accounts.meter.capacity();
        let place = self.accounts.find(key, now);
        let (remaining, reset_at) = place.map_or((limit, now), |place| {
            let account = self.accounts.get(place);
            let rest_at = self.accounts.meter.rest_at(&account.state, now);
            match self.accounts.sides.get(account.side) {
                Some(side) if !side.is_idle(now) => (0, rest_at.max(side.cooldown.until)),
                _ => {
                    let tokens = self.accounts.meter.tokens(&account.state, now);
                    (u32::try_from(tokens.max(0)).unwrap_or(limit), rest_at)
                }
            }
        });
        Decision {
            allowed: passed.is_ok(),
            limit,
            remaining,
            retry_after: passed.err().flatten().map(|ready| wait(ready, now)),
            reset_after: reset_at.since(now),
        }
    }

    /// Whether one would pass, and if not, when.
    pub(in crate::rate_limit) fn would_pass(
        &mut self,
        key: KeyHash,
        now: Moment,
    ) -> Result<(), Refusal> {
        let ready = self.earliest(key, 1, now).ok_or(None)?;
        let queued = self.accounts.find(key, now).is_some_and(|place| {
            let side = self.accounts.sides.get(self.accounts.get(place).side);
            side.is_some_and(|side| side.queue.len() > 0)
        });
        if ready <= now && !queued {
            Ok(())
        } else {
            Err(Some(ready))
        }
    }

    /// Lets `back` give something back to a key.
    ///
    /// A key without an account has nothing to get back: it is full, or it used the overflow account,
    /// where another's tokens might come back instead.
    pub(in crate::rate_limit) fn return_to(
        &mut self,
        key: KeyHash,
        now: Moment,
        wakers: &mut Wakers,
        back: impl FnOnce(&M, &mut M::State),
    ) {
        if let Some(place @ (Place::Keyless | Place::Slot(_))) = self.accounts.find(key, now) {
            let (account, meter, sides) = self.accounts.get_mut(place);
            back(meter, &mut account.state);
            if let Some(side) = sides.get_mut(account.side) {
                side.queue.wake_head(wakers);
            }
        }
    }

    /// Lets `more` take something from a key, there or not.
    pub(in crate::rate_limit) fn take_from(
        &mut self,
        key: KeyHash,
        now: Moment,
        wakers: &mut Wakers,
        more: impl FnOnce(&M, &mut M::State),
    ) {
        if M::COUNTS {
            let place = self.accounts.enter(key, now);
            let (account, meter, _) = self.accounts.get_mut(place);
            more(meter, &mut account.state);
            let side = account.side;
            self.review(side, now, wakers);
        }
    }

    pub(in crate::rate_limit) fn cool_down(
        &mut self,
        key: KeyHash,
        span: Duration,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        let place = self.accounts.enter(key, now);
        let id = self.accounts.side(place, key);
        if let Some(side) = self.accounts.sides.get_mut(id) {
            side.cool_down(Cooldown::new(now, span));
        }
        self.review(id, now, wakers);
    }

    /// The end of the cooldown, if it is cooling down.
    pub(in crate::rate_limit) fn cooldown(&mut self, key: KeyHash, now: Moment) -> Option<Moment> {
        let place = self.accounts.find(key, now)?;
        let side = self.accounts.sides.get(self.accounts.get(place).side)?;
        side.is_cooling_down(now).then_some(side.cooldown.until)
    }

    /// Looks at all who wait for one account after something changed to their disadvantage, puts out those
    /// who would now wait in vain, and lets the head look for itself.
    pub(in crate::rate_limit) fn review(&mut self, id: SideId, now: Moment, wakers: &mut Wakers) {
        let Some(owner) = self.accounts.sides.get(id).map(|side| side.owner) else {
            return;
        };
        let place = self.accounts.place(owner);
        let (account, meter, sides) = self.accounts.get_mut(place);
        let Some(side) = sides.get_mut(id) else {
            return;
        };
        if side.queue.len() == 0 {
            return;
        }
        let mut state = account.state.clone();
        let begin = now.max(side.cooldown.until);
        let mut from = begin;
        let mut verdict = |cost: u32, until: Moment| {
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
                meter.pass(&mut state, cost, ready);
            }
            Ok(())
        };
        side.queue
            .review(|waiter| verdict(waiter.cost, waiter.until), wakers);
        side.queue.wake_head(wakers);
    }

    /// After the configuration changed.
    pub(in crate::rate_limit) fn review_all(
        &mut self,
        max_cooldown: Duration,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        for id in self.accounts.sides.ids() {
            if let Some(side) = self.accounts.sides.get_mut(id) {
                side.cut_cooldown(now.after(max_cooldown));
            }
            self.review(id, now, wakers);
        }
    }

    /// The same keys under another meter.
    pub(in crate::rate_limit) fn convert<N: Meter>(
        self,
        meter: N,
        max_keys: usize,
        now: Moment,
        state: impl Fn(&M, &M::State, &N) -> N::State,
    ) -> Keyed<N> {
        Keyed {
            accounts: self.accounts.convert(meter, max_keys, now, state),
        }
    }
}

/// How long until then; never zero, since it did not pass.
pub(in crate::rate_limit) fn wait(ready: Moment, now: Moment) -> Duration {
    ready.since(now).max(Duration::from_nanos(1))
}
