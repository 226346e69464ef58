//! Standing in line: first come, first served, and nobody waits in vain.
//!
//! One who waits has taken nothing. The head takes its cost in the very poll in which it is let go, so
//! there is nothing to give back when it is dropped, and what the windows count is when it truly passed.

use std::task::Waker;

use super::queue::{Refusal, Wakers};
use super::wait_state::SideId;
use crate::clock::Moment;
use crate::rate_limit::algorithms::meter::Meter;
use crate::rate_limit::keys::key::KeyHash;
use crate::rate_limit::keys::keyed::Keyed;

/// A place in a line.
#[derive(Clone, Copy, Debug)]
pub(in crate::rate_limit) struct Ticket {
    side: SideId,
    number: u64,
}

/// How it stands with one who waits.
#[derive(Debug)]
pub(in crate::rate_limit) enum Standing {
    /// It passed and has left the line; the cost is taken.
    Passed,
    /// It has left the line; nothing is taken.
    Refused(Refusal),
    /// It waits, and wants to be asked again then.
    Waiting(Ticket, Moment),
}

impl<M: Meter> Keyed<M> {
    /// Passes at once, or joins the line if it could pass by `until` behind everyone ahead.
    pub(in crate::rate_limit) fn join(
        &mut self,
        key: KeyHash,
        cost: u32,
        until: Moment,
        now: Moment,
        waker: Waker,
    ) -> Standing {
        let ready = match self.try_take(key, cost, now) {
            Ok(()) => return Standing::Passed,
            Err(Some(ready)) if now < until && ready <= until => ready,
            Err(refusal) => return Standing::Refused(refusal),
        };
        let place = self.accounts.enter(key, now);
        let id = self.accounts.side(place, key);
        let Some(side) = self.accounts.sides.get_mut(id) else {
            return Standing::Refused(Some(ready));
        };
        let number = side.queue.push(key, cost, until, waker);
        // What costs nothing waits for the end of the cooldown alone.
        let ask_at = if cost == 0 || side.queue.len() == 1 {
            ready
        } else {
            until
        };
        Standing::Waiting(Ticket { side: id, number }, ask_at)
    }

    /// How it stands now; `waker` is woken when that changes before the time returned.
    pub(in crate::rate_limit) fn ask(
        &mut self,
        ticket: Ticket,
        now: Moment,
        waker: Waker,
        wakers: &mut Wakers,
    ) -> Standing {
        let Ticket { side: id, number } = ticket;
        let Some(owner) = self.accounts.sides.get(id).map(|side| side.owner) else {
            debug_assert!(false, "a side with somebody in it is kept");
            return Standing::Refused(Some(now));
        };
        let place = self.accounts.place(owner);
        let (account, meter, sides) = self.accounts.get_mut(place);
        let Some(side) = sides.get_mut(id) else {
            return Standing::Refused(Some(now));
        };
        if let Some(refusal) = side.queue.collect(number) {
            self.accounts.release(place, now);
            return Standing::Refused(refusal);
        }
        let Some((waiter, is_head)) = side.queue.find(number) else {
            debug_assert!(false, "who left the line does not ask");
            return Standing::Refused(Some(now));
        };
        let (cost, until) = (waiter.cost, waiter.until);
        let late = now >= until;
        if !is_head && !late && cost > 0 {
            side.queue.listen(number, waker, wakers);
            return Standing::Waiting(ticket, until);
        }
        if !is_head && cost > 0 {
            // The spread takes nobody beyond its limit, so that it ends for all.
            side.end_spread(now);
        }
        let from = now.max(side.cooldown.until);
        let ready = match is_head {
            _ if cost == 0 => from,
            true => meter.ready(&account.state, cost, from),
            false => {
                let (ahead, total) = side.queue.ahead_of(number);
                meter.ready_behind(&account.state, ahead, total, cost, from)
            }
        };
        // One whose time is up passes if there is enough for it and for all ahead: then it delays nobody,
        // and it does not depend on the others being polled first. Nor does the spread hold the head back.
        let start = if late || cost == 0 {
            ready
        } else {
            ready.max(side.gate(now))
        };
        if start <= now {
            if !is_head && cost > 0 && side.queue.yield_to_head(number, &waker, wakers) {
                return Standing::Waiting(ticket, Moment::FAR_FUTURE);
            }
            if cost > 0 {
                meter.pass(&mut account.state, cost, now);
            }
            self.depart(ticket, now, wakers);
            return Standing::Passed;
        }
        if ready > until {
            self.depart(ticket, now, wakers);
            return Standing::Refused(Some(ready));
        }
        side.queue.listen(number, waker, wakers);
        Standing::Waiting(ticket, start.min(until))
    }

    /// Leaves the line, whether it was served or not.
    pub(in crate::rate_limit) fn depart(
        &mut self,
        ticket: Ticket,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        let Some(side) = self.accounts.sides.get_mut(ticket.side) else {
            return;
        };
        let owner = side.owner;
        if side.queue.collect(ticket.number).is_none() && side.queue.remove(ticket.number, wakers) {
            side.next_head();
            side.queue.wake_head(wakers);
        }
        let place = self.accounts.place(owner);
        self.accounts.release(place, now);
    }
}
