//! The limits of a service and those of one of its keys, taken together or not at all.
//!
//! A call waits in two steps. First it waits in the queue of its key, until the key's own limits allow it and it is the
//! first of its priority there. Then, still at that place, it waits in the line of the service, and when its turn comes
//! there it takes from both at the same moment. So a key that is short of its own limits holds up nobody else, and each
//! key has one call of each priority in the line of the service at a time: keys take turns. Who has passed makes way for
//! the next one of its key, which joins at the end. Who leaves without having passed leaves its place there to the next
//! one, so that a key whose callers give up has its turns nevertheless.

use super::amount::Amount;
use super::decision::Decision;
use super::fifo::{Turn, WaitStatus};
use super::key_hash::KeyHash;
use super::limited_keys::LimitedKeys;
use super::priority::Priority;
use super::waiting::queue::{ReadyAt, Wakers};
use super::waiting::ticket::{CallerWakers, Joining, Place, Ticket};
use crate::clock::Moment;
use crate::limit_name::LimitName;

/// The service's own state is that of callers without a key.
const SERVICE: KeyHash = KeyHash::NONE;

/// What a call of one key takes from.
pub(super) struct Joint<'a> {
    pub(super) service: &'a mut LimitedKeys,
    pub(super) of_keys: &'a mut LimitedKeys,
    pub(super) key: KeyHash,
    /// How many wait in all queues.
    pub(super) waiting: usize,
}

/// When two conditions hold; `None`: never.
fn later(a: ReadyAt, b: ReadyAt) -> ReadyAt {
    Some(a?.max(b?))
}

impl Joint<'_> {
    /// Takes the amount from both if it may pass now. Otherwise takes nothing, and returns when it could pass.
    pub(super) fn try_take(
        &mut self,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> Result<(), ReadyAt> {
        if let Err(of_key) = self.of_keys.try_take(self.key, amount, priority, now) {
            return Err(later(of_key, self.service_ready(amount, priority, now)));
        }
        if self
            .service
            .try_take(SERVICE, amount, priority, now)
            .is_err()
        {
            self.of_keys.undo(self.key, amount, now);
            return Err(self.service_ready(amount, priority, now));
        }
        Ok(())
    }

    /// Returns when the amount could pass behind all waiters of both.
    pub(super) fn ready_at(&mut self, amount: Amount, priority: Priority, now: Moment) -> ReadyAt {
        let of_key = self.of_keys.ready_at(self.key, amount, priority, now);
        later(of_key, self.service_ready(amount, priority, now))
    }

    /// As [`ready_at`](Self::ready_at), and when the last waiter is released after a cooldown.
    pub(super) fn retry_at(&mut self, amount: Amount, priority: Priority, now: Moment) -> ReadyAt {
        self.service.set_waiting_in_all(self.waiting);
        let of_key = self.of_keys.retry_at(self.key, amount, priority, now);
        let service = self.service.retry_at(SERVICE, amount, priority, now);
        let turns = self.service_ready(amount, priority, now);
        later(of_key, later(service, turns))
    }

    /// Returns when the service could have it, after its key has: behind those in line, and behind those of other keys
    /// that come before by turns.
    ///
    /// An estimate, since a key that is short of its own limits misses its turns, and since those who come later have
    /// turns too. Who waits in vain is rejected at the end of its wait.
    fn service_ready(&mut self, amount: Amount, priority: Priority, now: Moment) -> ReadyAt {
        let more = self.followers_ahead(priority, now);
        if more == 0 {
            return self.service.ready_at(SERVICE, amount, priority, now);
        }
        (self.service).ready_behind_more(SERVICE, amount, priority, more, now)
    }

    /// Returns how many calls come before a new one that are not in the line of the service yet.
    fn followers_ahead(&mut self, priority: Priority, now: Moment) -> u64 {
        let of_key = self.of_keys.queue_of(self.key, now);
        let before = of_key.map_or(0, |queue| queue.len_of(priority));
        let Some(line) = self.service.queue_of(SERVICE, now) else {
            return 0;
        };
        // Each key has as many turns before it as its own key has, and one more.
        let turns = before + 1;
        let waiting = line.lanes(|of_key, of_lane| {
            let queue = self.of_keys.queue(of_key);
            let len = queue.map_or(1, |queue| queue.len_of(of_lane)).max(1);
            if of_lane == priority {
                len.min(turns)
            } else {
                len
            }
        });
        line.more_ahead(waiting, priority)
    }

    pub(super) fn check(&mut self, amount: Amount, now: Moment) -> Decision {
        let priority = Priority::Normal;
        let passed = self.try_take(amount, priority, now);
        let passed = passed.map_err(|_| self.retry_at(amount, priority, now));
        self.decision(passed, amount, now)
    }

    pub(super) fn peek(&mut self, now: Moment) -> Decision {
        let amount = Amount::DEFAULT;
        let of_key = self.of_keys.would_pass(self.key, now);
        let passes = of_key.and_then(|()| self.service.would_pass(SERVICE, now));
        let passes = passes.map_err(|_| self.retry_at(amount, Priority::Normal, now));
        self.decision(passes, amount, now)
    }

    /// Of what counts tokens where only one of both does, and of the scarcer one otherwise.
    fn decision(&mut self, passed: Result<(), ReadyAt>, amount: Amount, now: Moment) -> Decision {
        let of_key = self.of_keys.decision(self.key, passed, now);
        let service = self.service.decision(SERVICE, passed, now);
        let units = (self.of_keys.counts_tokens(), self.service.counts_tokens());
        let nothing_left = of_key.remaining == 0 || service.remaining == 0;
        let scarcer = |of_key: u32, service: u32| match units {
            (true, false) => of_key,
            (false, true) => service,
            _ => of_key.min(service),
        };
        Decision {
            allowed: passed.is_ok(),
            limit: scarcer(of_key.limit, service.limit),
            remaining: if nothing_left {
                0
            } else {
                scarcer(of_key.remaining, service.remaining)
            },
            short: passed.is_err().then(|| self.short(amount, now)).flatten(),
            retry_after: service.retry_after,
            reset_after: of_key.reset_after.max(service.reset_after),
        }
    }

    /// Returns the limit that rejects a call: the one that it waits for longest. `None`: a cooldown does.
    pub(super) fn short(&mut self, amount: Amount, now: Moment) -> Option<LimitName> {
        let priority = Priority::Normal;
        let of_key = self.of_keys.ready_at(self.key, amount, priority, now);
        let service = self.service_ready(amount, priority, now);
        let never = |ready: ReadyAt| ready.unwrap_or(Moment::FAR_FUTURE);
        if never(of_key) > never(service) {
            self.of_keys.short(self.key, amount, now)
        } else {
            self.service.short(SERVICE, amount, now)
        }
    }

    /// Passes at once, or joins the queue of its key if it can pass by `until`.
    pub(super) fn join_queue(
        &mut self,
        (amount, priority): (Amount, Priority),
        until: Moment,
        now: Moment,
        waker: &mut CallerWakers,
        wakers: &mut Wakers,
    ) -> WaitStatus {
        match self.try_take(amount, priority, now) {
            Ok(()) => return WaitStatus::Admitted,
            Err(Some(ready)) if now < until && ready <= until => {}
            Err(_) => return WaitStatus::Rejected(self.retry_at(amount, priority, now)),
        }
        let joining = Joining::new(self.key, amount, until);
        let of_key = self.of_keys.push(joining, priority, now);
        let ticket = Ticket {
            service: None,
            of_key,
        };
        self.poll_queue(ticket, (amount, priority), now, waker, wakers)
    }

    /// Returns the status of a waiter; its wakers are woken if it changes before the moment returned.
    pub(super) fn poll_queue(
        &mut self,
        ticket: Ticket,
        wanted: (Amount, Priority),
        now: Moment,
        waker: &mut CallerWakers,
        wakers: &mut Wakers,
    ) -> WaitStatus {
        let Some(of_key) = ticket.of_key else {
            return WaitStatus::Rejected(Some(now));
        };
        match self.of_keys.poll_place(of_key, now, waker, wakers) {
            Turn::Now => self.poll_line((of_key, ticket.service), wanted, now, waker, wakers),
            Turn::Rejected(of_key_at) => {
                self.of_keys.keep_line_place(ticket);
                self.leave_line(ticket.service, now, wakers);
                let (amount, priority) = wanted;
                let service_at = self.service_ready(amount, priority, now);
                WaitStatus::Rejected(later(of_key_at, service_at))
            }
            Turn::Waiting(at) => {
                self.leave_line(ticket.service, now, wakers);
                if let Some(queue) = self.of_keys.queue_mut(of_key) {
                    if queue.is_first_of_class(of_key.number) {
                        // Its key is short, and waits for its turns anew.
                        queue.take_line_place(of_key.number);
                    }
                    if ticket.service.is_some() {
                        queue.set_in_line(of_key.number, false, now, wakers);
                    }
                }
                let ticket = Ticket {
                    service: None,
                    of_key: Some(of_key),
                };
                WaitStatus::Waiting(ticket, at)
            }
        }
    }

    /// The second step, of a call that has all that is limited for its key.
    fn poll_line(
        &mut self,
        (of_key, in_line): (Place, Option<Place>),
        (amount, priority): (Amount, Priority),
        now: Moment,
        waker: &mut CallerWakers,
        wakers: &mut Wakers,
    ) -> WaitStatus {
        // After a cooldown all are spread, and not those alone that are in line.
        self.service.set_waiting_in_all(self.waiting);
        let mut until = now;
        let mut kept = None;
        if let Some(queue) = self.of_keys.queue_mut(of_key) {
            until = queue.until_of(of_key.number).unwrap_or(now);
            if in_line.is_none() {
                kept = queue.take_line_place(of_key.number);
            }
        }
        let in_line = match in_line {
            Some(place) => place,
            None => match self.service.try_take(SERVICE, amount, priority, now) {
                Ok(()) => {
                    self.of_keys.pass(of_key, now, wakers);
                    return WaitStatus::Admitted;
                }
                Err(Some(ready)) if ready <= until || kept.is_some() && now < until => {
                    let joining = Joining {
                        of_key: Some(of_key),
                        number: kept,
                        ..Joining::new(SERVICE, amount, until)
                    };
                    let Some(place) = self.service.push(joining, priority, now) else {
                        self.of_keys.leave(of_key, now, wakers);
                        return WaitStatus::Rejected(Some(ready));
                    };
                    place
                }
                Err(ready_at) => {
                    self.of_keys.leave(of_key, now, wakers);
                    return WaitStatus::Rejected(ready_at);
                }
            },
        };
        match self.service.poll_place(in_line, now, waker, wakers) {
            Turn::Now => {
                self.service.pass(in_line, now, wakers);
                self.of_keys.pass(of_key, now, wakers);
                WaitStatus::Admitted
            }
            Turn::Rejected(ready_at) => {
                self.of_keys.keep_line_place(Ticket {
                    service: Some(in_line),
                    of_key: Some(of_key),
                });
                self.of_keys.leave(of_key, now, wakers);
                WaitStatus::Rejected(ready_at)
            }
            Turn::Waiting(at) => {
                if let Some(queue) = self.of_keys.queue_mut(of_key) {
                    // It yields: it is polled again at once.
                    let planned = if at == Moment::FAR_FUTURE { now } else { at };
                    queue.set_waker(of_key.number, waker.take(), planned, wakers);
                    queue.set_in_line(of_key.number, true, now, wakers);
                }
                let ticket = Ticket {
                    service: Some(in_line),
                    of_key: Some(of_key),
                };
                WaitStatus::Waiting(ticket, at)
            }
        }
    }

    fn leave_line(&mut self, in_line: Option<Place>, now: Moment, wakers: &mut Wakers) {
        if let Some(place) = in_line {
            self.service.leave(place, now, wakers);
        }
    }
}
