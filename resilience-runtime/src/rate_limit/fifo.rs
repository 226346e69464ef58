//! Waiting in the queue of a key: by priority, and within one first come, first served, and a call that cannot pass in time is rejected at
//! once.
//!
//! Invariant: a waiter has taken nothing. It takes its cost in the poll in which it is admitted. So there is
//! nothing to give back when it is dropped, and windows count the moment at which it really passed.

use super::algorithms::limits::Limits;
use super::amount::Amount;
use super::key_hash::KeyHash;
use super::keys::keyed::Keyed;
use super::priority::Priority;
use super::waiting::queue::{Queue, ReadyAt, Wakers};
use super::waiting::ticket::{CallerWakers, Joining, Place, Ticket};
use crate::clock::Moment;

/// What a waiter finds in its queue.
#[derive(Debug)]
pub(super) enum Turn {
    /// It may take its cost and leave now.
    Now,
    /// It has left the queue.
    Rejected(ReadyAt),
    /// It waits, and is to be polled again at that moment.
    Waiting(Moment),
}

/// What a poll of a waiter found.
#[derive(Debug)]
pub(super) enum WaitStatus {
    /// It passed and has left; the cost is taken.
    Admitted,
    /// It has left; nothing is taken.
    Rejected(ReadyAt),
    /// It waits, and is to be polled again at that moment.
    Waiting(Ticket, Moment),
}

impl<L: Limits> Keyed<L> {
    /// Passes at once, or joins the queue if it can pass by `until` behind all waiters ahead.
    pub(super) fn join_queue(
        &mut self,
        key: KeyHash,
        (wanted, amount, priority): (Amount, Amount, Priority),
        until: Moment,
        now: Moment,
        waker: &mut CallerWakers,
    ) -> WaitStatus {
        let ready = match self.try_take(key, amount, priority, now) {
            Ok(()) => return WaitStatus::Admitted,
            Err(Some(ready)) if now < until && ready <= until => ready,
            Err(_) => return WaitStatus::Rejected(self.retry_at(key, amount, priority, now)),
        };
        let joining = Joining {
            wanted,
            waker: waker.take(),
            ..Joining::new(key, amount, until)
        };
        let Some((place, queue)) = self.push(joining, priority, now) else {
            return WaitStatus::Rejected(Some(ready));
        };
        // A call without a cost waits for the end of the cooldown alone.
        let is_head = queue.find(place.number).is_some_and(|(_, head)| head);
        let poll_at = if amount.is_nothing() || is_head {
            ready
        } else {
            until.min(queue.watch_at(place.number, now))
        };
        queue.plan(place.number, poll_at);
        WaitStatus::Waiting(Ticket::of(place), poll_at)
    }

    /// Puts a call at the end of its priority, passing or not.
    pub(super) fn push(
        &mut self,
        joining: Joining,
        priority: Priority,
        now: Moment,
    ) -> Option<(Place, &mut Queue)> {
        let slot = self.key_states.find_or_insert(joining.key, now);
        let id = self.key_states.wait_state(slot, joining.key);
        let queue = &mut self.key_states.wait_states.get_mut(id)?.queue;
        let place = Place {
            wait_state: id,
            number: queue.push(joining, priority),
        };
        Some((place, queue))
    }

    /// Returns the status of a waiter; its waker is woken if it changes before the moment returned.
    pub(super) fn poll_queue(
        &mut self,
        place: Place,
        now: Moment,
        waker: &mut CallerWakers,
        wakers: &mut Wakers,
    ) -> WaitStatus {
        match self.poll_place(place, now, waker, wakers) {
            Turn::Now => {
                self.pass(place, now, wakers);
                WaitStatus::Admitted
            }
            Turn::Rejected(ready_at) => WaitStatus::Rejected(ready_at),
            Turn::Waiting(at) => WaitStatus::Waiting(Ticket::of(place), at),
        }
    }

    /// Returns whether it is the turn of a waiter; its waker is woken if that changes before the moment returned.
    pub(super) fn poll_place(
        &mut self,
        place: Place,
        now: Moment,
        waker: &mut CallerWakers,
        wakers: &mut Wakers,
    ) -> Turn {
        let Place {
            wait_state: id,
            number,
        } = place;
        let Some(owner) = (self.key_states.wait_states.get(id)).map(|it| it.owner) else {
            debug_assert!(false, "a wait state with a waiter is kept");
            return Turn::Rejected(Some(now));
        };
        let slot = self.key_states.slot_of(owner);
        let (key_state, limits, wait_states) = self.key_states.get_mut(slot);
        let Some(wait_state) = wait_states.get_mut(id) else {
            return Turn::Rejected(Some(now));
        };
        if let Some(ready_at) = wait_state.queue.take_rejection(number) {
            self.key_states.release_wait_state(slot, now);
            return Turn::Rejected(ready_at);
        }
        let woken_at = wait_state.queue.polled(number, now);
        wait_state.pass_over(woken_at, now, wakers);
        let Some((waiter, is_first)) = wait_state.queue.find_first(number) else {
            debug_assert!(false, "a waiter is not polled after it left");
            return Turn::Rejected(Some(now));
        };
        let (amount, until) = (waiter.amount, waiter.until);
        if !limits.fits(amount) {
            // The limit was lowered while it was passed over.
            self.leave(place, now, wakers);
            return Turn::Rejected(None);
        }
        let out_of_time = now >= until;
        if !is_first && !out_of_time && !amount.is_nothing() {
            let at = until.min(wait_state.queue.watch_at(number, now));
            wait_state.queue.set_waker(number, waker.take(), at, wakers);
            return Turn::Waiting(at);
        }
        if !is_first && !amount.is_nothing() {
            // The jitter must not hold a waiter beyond its limit: it ends for all waiters.
            wait_state.end_jitter(now);
        }
        let from = now.max(wait_state.cooldown.until);
        let ready = match is_first {
            _ if amount.is_nothing() => from,
            true => limits.ready(&key_state.state, amount, from),
            false => {
                let (ahead, total) = wait_state.queue.ahead_of(number);
                limits.ready_behind(&key_state.state, ahead, total, amount, from)
            }
        };
        // A waiter whose time is up passes if there is enough for it and for all ahead: then it delays no other
        // waiter, and does not depend on the others being polled first. Nor does the jitter hold the head back.
        let start = if out_of_time || amount.is_nothing() {
            ready
        } else {
            ready.max(wait_state.release_at(now))
        };
        if start <= now {
            let yields = !is_first && !amount.is_nothing();
            return match yields && wait_state.queue.yield_to_head(number, waker, now, wakers) {
                true => Turn::Waiting(Moment::FAR_FUTURE),
                false => Turn::Now,
            };
        }
        if ready > until {
            self.leave(place, now, wakers);
            return Turn::Rejected(Some(ready));
        }
        let at = start.min(until);
        wait_state.queue.set_waker(number, waker.take(), at, wakers);
        Turn::Waiting(at)
    }

    /// Takes the cost of a waiter whose turn it is, which leaves.
    pub(super) fn pass(&mut self, place: Place, now: Moment, wakers: &mut Wakers) {
        let Some(owner) = (self.key_states.wait_states.get(place.wait_state)).map(|it| it.owner)
        else {
            return;
        };
        let slot = self.key_states.slot_of(owner);
        let (key_state, limits, wait_states) = self.key_states.get_mut(slot);
        let wait_state = wait_states.get_mut(place.wait_state);
        let amount = wait_state.and_then(|it| it.queue.amount_of(place.number));
        let counted = amount.filter(|amount| !amount.is_nothing());
        if let Some(amount) = counted {
            limits.force_take(&mut key_state.state, amount, now);
        }
        self.leave_queue(place, counted.is_some(), now, wakers);
    }

    /// Leaves the queue, admitted without a cost or not at all.
    pub(super) fn leave(&mut self, place: Place, now: Moment, wakers: &mut Wakers) {
        self.leave_queue(place, false, now, wakers);
    }

    fn leave_queue(&mut self, place: Place, served: bool, now: Moment, wakers: &mut Wakers) {
        let Some(wait_state) = self.key_states.wait_states.get_mut(place.wait_state) else {
            return;
        };
        let owner = wait_state.owner;
        if wait_state.queue.take_rejection(place.number).is_none() {
            let was_head = wait_state.queue.remove(place.number, wakers);
            if served {
                // Before the next one is woken: the turn decides who that is.
                wait_state.queue.served();
            }
            if was_head {
                wait_state.next_head();
            }
            if was_head || served {
                wait_state.queue.wake_head(now, wakers);
            } else {
                wait_state.queue.wake_watchers(now, wakers);
            }
            wait_state.queue.wake_firsts(now, wakers);
        }
        let slot = self.key_states.slot_of(owner);
        self.key_states.release_wait_state(slot, now);
    }
}
