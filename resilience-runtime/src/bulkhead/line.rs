//! Those who wait for a place, first come, first served. Who is woken and not polled is passed over, by the times of
//! [`patience`](crate::patience): it keeps its number, and when it is polled it is back at its place.
//!
//! When a place becomes free cannot be known beforehand. So a few of those behind the first are woken with it, and stand
//! on guard: they pass over who is not polled, and wake twice as many as they passed over. Should none of these guards
//! be polled either, everybody looks once a second.

use std::collections::{BTreeSet, VecDeque};
use std::task::Waker;
use std::time::Duration;

use crate::clock::Moment;
use crate::patience::{ALERTED, FAR, NEAR, PATIENCE, alerted_places, delay};
use crate::wake;

#[derive(Debug)]
struct Waiter {
    number: u64,
    /// When its timer fires, or when it was woken since it was polled last.
    woken_at: Moment,
    waker: Option<Waker>,
    /// It was woken to watch those ahead, not for a place.
    alerted: bool,
    /// It left from the middle; the entry is dropped when it comes to the front.
    removed: bool,
}

/// Wakers to be woken or dropped after the lock is released: both may run foreign code.
#[derive(Default)]
pub(super) struct Wakers {
    wake: Vec<Waker>,
    discard: Vec<Waker>,
}

impl Wakers {
    pub(super) fn discard(&mut self, waker: Waker) {
        self.discard.push(waker);
    }

    pub(super) fn wake(self) {
        if !self.discard.is_empty() {
            let discard = self.discard;
            wake::later(move || drop(discard));
        }
        if !self.wake.is_empty() {
            wake::wake(self.wake);
        }
    }
}

/// What decides when a waiter is polled next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// How many are free; they belong to the first waiters.
    pub(super) free: usize,
    /// When the next holder's time is over.
    pub(super) next: Moment,
}

/// A waiter that is being polled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Polled {
    pub(super) number: u64,
    /// It had been woken to watch those ahead.
    alerted: bool,
}

/// How long after the first a guard is woken. One far behind may be the only one that is polled.
fn guard(place: usize) -> Duration {
    if place < ALERTED {
        delay(place)
    } else {
        PATIENCE
    }
}

#[derive(Debug, Default)]
pub(super) struct Line {
    /// Invariant: sorted by number, and none of the first [`NEAR`] is a removed one.
    waiters: VecDeque<Waiter>,
    /// How many are not removed.
    live: usize,
    /// The numbers of those that were passed over, until they are polled.
    passed_over: BTreeSet<u64>,
    next: u64,
}

impl Line {
    /// Whether nobody waits who is polled.
    pub(super) fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.live + self.passed_over.len()
    }

    /// Adds a waiter, which is being polled.
    pub(super) fn push(&mut self) -> Polled {
        let number = self.next;
        self.next += 1;
        self.insert(self.waiters.len(), number);
        Polled {
            number,
            alerted: false,
        }
    }

    fn insert(&mut self, index: usize, number: u64) {
        let waiter = Waiter {
            number,
            woken_at: Moment::FAR_FUTURE,
            waker: None,
            alerted: false,
            removed: false,
        };
        self.waiters.insert(index, waiter);
        self.live += 1;
    }

    /// Notes that a waiter is polled, which puts it back to its place.
    pub(super) fn polled(&mut self, number: u64) -> Polled {
        if self.passed_over.remove(&number) {
            let index = self.waiters.partition_point(|it| it.number < number);
            self.insert(index, number);
        }
        let alerted = self.position(number).is_some_and(|index| {
            let waiter = &mut self.waiters[index];
            waiter.woken_at = Moment::FAR_FUTURE;
            std::mem::take(&mut waiter.alerted)
        });
        Polled { number, alerted }
    }

    /// Removes a waiter.
    pub(super) fn remove(&mut self, number: u64, wakers: &mut Wakers) {
        if self.passed_over.remove(&number) {
            return;
        }
        let Some(index) = self.position(number) else {
            return;
        };
        let waiter = &mut self.waiters[index];
        wakers.discard.extend(waiter.waker.take());
        waiter.removed = true;
        self.live -= 1;
        if index < NEAR {
            self.waiters.remove(index);
            self.trim_near();
        } else if self.waiters.len() > 2 * self.live + 32 {
            self.waiters.retain(|waiter| !waiter.removed);
        }
    }

    /// Passes over those at the front that were woken long enough ago, as long as there is a place for them, and wakes
    /// twice as many.
    pub(super) fn pass_over(&mut self, free: usize, now: Moment, wakers: &mut Wakers) {
        let (mut index, mut passed_over) = (0, 0);
        while index < free
            && let Some(waiter) = self.waiters.get(index)
        {
            if waiter.removed || waiter.woken_at.after(PATIENCE) > now {
                index += 1;
                continue;
            }
            if let Some(waiter) = self.waiters.remove(index) {
                self.passed_over.insert(waiter.number);
                wakers.discard.extend(waiter.waker);
                self.live -= 1;
                self.trim_near();
                passed_over += 1;
            }
        }
        self.wake_first(2 * passed_over, now, wakers);
    }

    /// Returns when the first of those who have been woken for a place is passed over.
    pub(super) fn next_passing_over(&self, free: usize) -> Moment {
        let woken = self.waiters.iter().take(free).map(|it| it.woken_at);
        woken
            .min()
            .map_or(Moment::FAR_FUTURE, |at| at.after(PATIENCE))
    }

    /// Whether a waiter is among the first `free`.
    pub(super) fn is_next(&self, number: u64, free: usize) -> bool {
        self.position(number).is_some_and(|index| index < free)
    }

    /// Wakes those for whom there is a place.
    pub(super) fn wake_first(&mut self, free: usize, now: Moment, wakers: &mut Wakers) {
        for waiter in self.waiters.iter_mut().take(free) {
            if waiter.woken_at > now {
                waiter.woken_at = now;
                wakers.wake.extend(waiter.waker.take());
            }
        }
    }

    /// Wakes those who have to watch the first ones sooner than planned.
    pub(super) fn wake_watchers(&mut self, places: Places, now: Moment, wakers: &mut Wakers) {
        let head_at = self.head_at(places);
        let (first, last) = (places.free.saturating_sub(1), self.waiters.len());
        let last_place = last.checked_sub(first + 1);
        let watching = std::iter::once(0).chain(alerted_places()).chain(last_place);
        for place in watching {
            let Some(waiter) = self.waiters.get_mut(first + place) else {
                continue;
            };
            if waiter.woken_at > head_at.after(guard(place)) && waiter.woken_at > now {
                waiter.alerted = true;
                waiter.woken_at = now;
                wakers.wake.extend(waiter.waker.take());
            }
        }
    }

    /// Plans when a waiter that is not among the first wakes by itself, `until` at the latest: when all ahead have been
    /// woken long enough.
    pub(super) fn plan(
        &mut self,
        polled: Polled,
        waker: Waker,
        until: Moment,
        places: Places,
        now: Moment,
        wakers: &mut Wakers,
    ) -> Moment {
        let Some(index) = self.position(polled.number) else {
            wakers.discard(waker);
            return until;
        };
        let head_at = self.head_at(places);
        let place = (index + 1).saturating_sub(places.free.max(1));
        let turn = if polled.alerted {
            guard(place)
        } else {
            delay(place)
        };
        let mut at = head_at.after(turn).min(until);
        if place > 0 {
            at = at.min(now.after(FAR));
        }
        if let Some(before) = index.checked_sub(1).map(|index| &self.waiters[index]) {
            let passed_over = before.woken_at.after(PATIENCE);
            if head_at <= now && passed_over > now {
                at = at.min(passed_over);
            }
        }
        if polled.alerted {
            // It stays on guard for a while: those who release places one after the other do not wake it each time.
            at = at.min(now.after(guard(place).max(PATIENCE)));
        }
        let waiter = &mut self.waiters[index];
        waiter.woken_at = at;
        wakers.discard.extend(waiter.waker.replace(waker));
        at
    }

    /// When the first waiter is woken, or was.
    fn head_at(&self, places: Places) -> Moment {
        match self.waiters.front() {
            Some(head) if places.free > 0 => head.woken_at,
            _ => places.next,
        }
    }

    fn position(&self, number: u64) -> Option<usize> {
        self.waiters
            .binary_search_by_key(&number, |waiter| waiter.number)
            .ok()
            .filter(|&index| !self.waiters[index].removed)
    }

    /// Drops what was removed and has come near the front.
    fn trim_near(&mut self) {
        while self.waiters.get(NEAR - 1).is_some_and(|it| it.removed) {
            self.waiters.remove(NEAR - 1);
        }
    }
}
