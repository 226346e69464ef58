//! When a call could pass, behind those that wait.

use super::key_states::KeySlot;
use super::keyed::Keyed;
use crate::clock::Moment;
use crate::rate_limit::algorithms::limits::Limits;
use crate::rate_limit::amount::Amount;
use crate::rate_limit::key_hash::KeyHash;
use crate::rate_limit::priority::Priority;
use crate::rate_limit::waiting::queue::ReadyAt;

impl<L: Limits> Keyed<L> {
    /// Returns when the amount could pass behind all waiters; `None`: never.
    pub(in crate::rate_limit) fn ready_at(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> ReadyAt {
        if !self.fits(amount) {
            return None;
        }
        match self.key_states.find(key, now) {
            Some(slot) => Some(self.ready_at_slot(slot, amount, priority, now)),
            None if amount.is_nothing() || !L::COUNTS => Some(now),
            None => Some(
                self.key_states
                    .limits
                    .ready(&L::State::default(), amount, now),
            ),
        }
    }

    /// Returns when a rejected call could pass if no other call comes: as [`ready_at`](Self::ready_at), and when the
    /// last waiter is released after a cooldown. A waiter whose time is up need not wait for that.
    pub(in crate::rate_limit) fn retry_at(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> ReadyAt {
        let ready = self.ready_at(key, amount, priority, now)?;
        let wait_state = self.key_states.find(key, now).and_then(|slot| {
            let wait_state = self.key_states.get(slot).wait_state;
            self.key_states.wait_states.get(wait_state)
        });
        Some(match wait_state {
            Some(wait_state) if !amount.is_nothing() => ready.max(wait_state.last_release_at()),
            _ => ready,
        })
    }

    pub(super) fn ready_at_slot(
        &mut self,
        slot: KeySlot,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Moment {
        let key_state = self.key_states.get(slot);
        let limits = &self.key_states.limits;
        match self.key_states.wait_states.get(key_state.wait_state) {
            Some(wait_state) if amount.is_nothing() => now.max(wait_state.cooldown.until),
            Some(wait_state) => {
                let from = now.max(wait_state.known_release_at());
                let (state, queue) = (&key_state.state, &wait_state.queue);
                if L::SUM_SUFFICES {
                    let ahead = queue.requests_ahead_of_new(priority);
                    limits.ready_behind(state, std::iter::empty(), ahead, amount, from)
                } else if queue.has_only(priority) {
                    let line = (key_state.wait_state, queue, priority);
                    self.line_ends
                        .ready_behind(limits, state, line, amount, from)
                } else {
                    let ahead = queue.amounts_ahead_of_new(priority);
                    limits.ready_behind(state, ahead, 0, amount, from)
                }
            }
            None if amount.is_nothing() => now,
            None => limits.ready(&key_state.state, amount, now),
        }
    }

    /// As [`ready_at`](Self::ready_at), behind so many more calls than there are waiters. They take as much as those that
    /// wait, and those far behind are left out, so that it takes a bounded time.
    pub(in crate::rate_limit) fn ready_behind_more(
        &mut self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        more: u64,
        now: Moment,
    ) -> ReadyAt {
        const COUNTED: usize = 256;
        if !self.fits(amount) {
            return None;
        }
        let slot = self.key_states.find(key, now);
        let key_state = slot.map(|slot| self.key_states.get(slot));
        let waiting = key_state.and_then(|key_state| {
            let wait_state = self.key_states.wait_states.get(key_state.wait_state)?;
            Some((key_state, wait_state))
        });
        let Some((key_state, wait_state)) = waiting.filter(|_| !amount.is_nothing()) else {
            return self.ready_at(key, amount, priority, now);
        };
        let from = now.max(wait_state.known_release_at());
        let (limits, state, queue) = (&self.key_states.limits, &key_state.state, &wait_state.queue);
        let ready = if L::SUM_SUFFICES {
            let each = queue.requests().div_ceil(queue.len().max(1) as u64).max(1);
            let ahead = queue.requests_ahead_of_new(priority);
            let ahead = ahead.saturating_add(more.saturating_mul(each));
            limits.ready_behind(state, std::iter::empty(), ahead, amount, from)
        } else {
            let ahead = queue.amounts_ahead_of_new(priority).take(COUNTED);
            let ahead: Vec<Amount> = ahead.collect();
            let others = ahead.iter().cycle().take(more.min(COUNTED as u64) as usize);
            let all = ahead.iter().chain(others).take(COUNTED).copied();
            limits.ready_behind(state, all, 0, amount, from)
        };
        Some(ready)
    }
}
