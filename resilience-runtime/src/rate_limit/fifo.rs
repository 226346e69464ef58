//! Waiting in the queue of a key: by priority, and within one first come, first served, and a call that cannot pass in time is rejected at
//! once.
//!
//! Invariant: a waiter has taken nothing. It takes its cost in the poll in which it is admitted. So there is
//! nothing to give back when it is dropped, and windows count the moment at which it really passed.

use std::task::Waker;

use super::algorithms::limits::Limits;
use super::amount::Amount;
use super::key_hash::KeyHash;
use super::keys::keyed::Keyed;
use super::priority::Priority;
use super::waiting::queue::{ReadyAt, Wakers};
use super::waiting::wait_state::WaitStateId;
use crate::clock::Moment;

/// A place in a queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ticket {
    wait_state: WaitStateId,
    number: u64,
}

/// What a poll of a waiter found.
#[derive(Debug)]
pub(super) enum WaitStatus {
    /// It passed and has left the queue; the cost is taken.
    Admitted,
    /// It has left the queue; nothing is taken.
    Rejected(ReadyAt),
    /// It waits, and is to be polled again at that moment.
    Waiting(Ticket, Moment),
}

impl<L: Limits> Keyed<L> {
    /// Passes at once, or joins the queue if it can pass by `until` behind all waiters ahead.
    pub(super) fn join_queue(
        &mut self,
        key: KeyHash,
        (amount, priority): (Amount, Priority),
        until: Moment,
        now: Moment,
        waker: Waker,
    ) -> WaitStatus {
        let ready = match self.try_take(key, amount, priority, now) {
            Ok(()) => return WaitStatus::Admitted,
            Err(Some(ready)) if now < until && ready <= until => ready,
            Err(_) => return WaitStatus::Rejected(self.retry_at(key, amount, priority, now)),
        };
        let slot = self.key_states.find_or_insert(key, now);
        let id = self.key_states.wait_state(slot, key);
        let Some(wait_state) = self.key_states.wait_states.get_mut(id) else {
            return WaitStatus::Rejected(Some(ready));
        };
        let number = wait_state.queue.push(key, amount, until, waker, priority);
        // A call without a cost waits for the end of the cooldown alone.
        let is_head = wait_state.queue.find(number).is_some_and(|(_, head)| head);
        let poll_at = if amount.is_nothing() || is_head {
            ready
        } else {
            until.min(wait_state.queue.watch_at(number, now))
        };
        wait_state.queue.plan(number, poll_at);
        WaitStatus::Waiting(
            Ticket {
                wait_state: id,
                number,
            },
            poll_at,
        )
    }

    /// Returns the status of a waiter; `waker` is woken if it changes before the moment returned.
    pub(super) fn poll_queue(
        &mut self,
        ticket: Ticket,
        now: Moment,
        waker: Waker,
        wakers: &mut Wakers,
    ) -> WaitStatus {
        let Ticket {
            wait_state: id,
            number,
        } = ticket;
        let Some(owner) = self
            .key_states
            .wait_states
            .get(id)
            .map(|wait_state| wait_state.owner)
        else {
            debug_assert!(false, "a wait state with a waiter is kept");
            return WaitStatus::Rejected(Some(now));
        };
        let slot = self.key_states.slot_of(owner);
        let (key_state, limits, wait_states) = self.key_states.get_mut(slot);
        let Some(wait_state) = wait_states.get_mut(id) else {
            return WaitStatus::Rejected(Some(now));
        };
        if let Some(ready_at) = wait_state.queue.take_rejection(number) {
            self.key_states.release_wait_state(slot, now);
            return WaitStatus::Rejected(ready_at);
        }
        let woken_at = wait_state.queue.polled(number, now);
        wait_state.pass_over(woken_at, now, wakers);
        let Some((waiter, is_head)) = wait_state.queue.find(number) else {
            debug_assert!(false, "a ticket is not polled after its waiter left");
            return WaitStatus::Rejected(Some(now));
        };
        let (amount, until) = (waiter.amount, waiter.until);
        if !limits.fits(amount) {
            // The limit was lowered while it was passed over.
            self.leave_queue(ticket, now, wakers);
            return WaitStatus::Rejected(None);
        }
        let out_of_time = now >= until;
        if !is_head && !out_of_time && !amount.is_nothing() {
            let at = until.min(wait_state.queue.watch_at(number, now));
            wait_state.queue.set_waker(number, waker, at, wakers);
            return WaitStatus::Waiting(ticket, at);
        }
        if !is_head && !amount.is_nothing() {
            // The jitter must not hold a waiter beyond its limit: it ends for all waiters.
            wait_state.end_jitter(now);
        }
        let from = now.max(wait_state.cooldown.until);
        let ready = match is_head {
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
            let yields = !is_head && !amount.is_nothing();
            if yields && wait_state.queue.yield_to_head(number, &waker, now, wakers) {
                return WaitStatus::Waiting(ticket, Moment::FAR_FUTURE);
            }
            if !amount.is_nothing() {
                limits.force_take(&mut key_state.state, amount, now);
                wait_state.queue.served();
            }
            self.leave_queue(ticket, now, wakers);
            return WaitStatus::Admitted;
        }
        if ready > until {
            self.leave_queue(ticket, now, wakers);
            return WaitStatus::Rejected(Some(ready));
        }
        let at = start.min(until);
        wait_state.queue.set_waker(number, waker, at, wakers);
        WaitStatus::Waiting(ticket, at)
    }

    /// Leaves the queue, admitted or not.
    pub(super) fn leave_queue(&mut self, ticket: Ticket, now: Moment, wakers: &mut Wakers) {
        let Some(wait_state) = self.key_states.wait_states.get_mut(ticket.wait_state) else {
            return;
        };
        let owner = wait_state.owner;
        if wait_state.queue.take_rejection(ticket.number).is_none() {
            if wait_state.queue.remove(ticket.number, wakers) {
                wait_state.next_head();
                wait_state.queue.wake_head(now, wakers);
            } else {
                wait_state.queue.wake_watchers(now, wakers);
            }
        }
        let slot = self.key_states.slot_of(owner);
        self.key_states.release_wait_state(slot, now);
    }
}
