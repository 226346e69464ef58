//! The keys of limits that a fleet shares: what is asked of the store for them, and what it has answered.

use std::time::Duration;

use super::key_states::KeySlot;
use super::keyed::Keyed;
use crate::clock::Moment;
use crate::fleet::Grant;
use crate::rate_limit::algorithms::leased::{Ask, Flight, LeasedSet};
use crate::rate_limit::amount::Amount;
use crate::rate_limit::key_hash::KeyHash;
use crate::rate_limit::waiting::queue::Wakers;

/// Of those who wait, so many are asked for at once.
const COUNTED: usize = 256;

/// Whose tokens are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) enum Whose {
    Key,
    /// Those of all keys for which there is no room.
    Overflow,
}

impl Keyed<LeasedSet> {
    /// Begins a request for a key, unless one is on its way or there is nothing to be had.
    pub(in crate::rate_limit) fn ask(&mut self, key: KeyHash, now: Moment) -> Option<(Whose, Ask)> {
        let slot = self.key_states.find_or_insert(key, now);
        let (key_state, limits, wait_states) = self.key_states.get_mut(slot);
        let wait_state = wait_states.get_mut(key_state.wait_state);
        let cooldown_until = wait_state
            .as_ref()
            .map_or_else(Moment::default, |it| it.cooldown.until);
        let queued = wait_state.iter().flat_map(|it| it.queue.iter());
        let queued = queued.map(|waiter| waiter.amount);
        let queued = queued.filter(|amount| !amount.is_nothing()).take(COUNTED);
        let ask = limits.ask(&mut key_state.state, queued, cooldown_until, now)?;
        let whose = match slot {
            KeySlot::Keyless | KeySlot::Own(_) => Whose::Key,
            _ => Whose::Overflow,
        };
        Some((whose, ask))
    }

    /// The store has answered a request, or not; `None`: nothing is known.
    pub(in crate::rate_limit) fn answered(
        &mut self,
        key: KeyHash,
        (ask, grant): (&Ask, Option<&Grant>),
        (flight, max_cooldown): (Flight, Duration),
        wakers: &mut Wakers,
    ) {
        let now = flight.received;
        let slot = self.key_states.find_or_insert(key, now);
        let (key_state, limits, _) = self.key_states.get_mut(slot);
        limits.answered(&mut key_state.state, (ask, grant), flight);
        let cooldown = grant.map_or(Duration::ZERO, |grant| grant.cooldown);
        let cooldown = cooldown.min(max_cooldown);
        let known = self.cooldown(key, now).map(|until| until.since(now));
        if known.unwrap_or_default() < cooldown {
            self.cool_down(key, cooldown, now, wakers);
        } else {
            let wait_state = self.key_states.get(slot).wait_state;
            self.recheck_queue(wait_state, now, wakers);
        }
    }

    /// Somebody found nothing, and waits for what the store is asked for.
    pub(in crate::rate_limit) fn miss(
        &mut self,
        key: KeyHash,
        amount: Amount,
        again: bool,
        now: Moment,
    ) {
        if !amount.is_nothing() {
            let slot = self.key_states.find_or_insert(key, now);
            let (key_state, limits, _) = self.key_states.get_mut(slot);
            limits.miss(&mut key_state.state, amount, again, now);
        }
    }

    /// Whether a request for tokens of a key is on its way.
    pub(in crate::rate_limit) fn is_asking(&mut self, key: KeyHash, now: Moment) -> bool {
        let slot = self.key_states.find(key, now);
        slot.is_some_and(|slot| self.key_states.get(slot).state.is_asking())
    }

    /// Whether the store is being asked for tokens of a key, or can be.
    pub(in crate::rate_limit) fn is_awaited(&mut self, key: KeyHash, now: Moment) -> bool {
        let slot = self.key_states.find_or_insert(key, now);
        let (key_state, limits, _) = self.key_states.get_mut(slot);
        limits.is_awaited(&mut key_state.state, now)
    }
}
