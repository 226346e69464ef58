//! Who is woken and not polled does not hold up the others.
//!
//! A future can be woken and never be polled: its owner is busy, or waits for something else. A waiter that is not
//! polled for [`PATIENCE`] after it was woken is passed over: it keeps its number and takes nothing, the others pass as
//! if it were not there, and when it is polled again it is back at its place.
//!
//! The times are those of [`patience`](crate::patience).

use std::time::Duration;

use super::class::{Class, Waiter, class_of};
use super::queue::{Queue, Wakers};
use crate::clock::Moment;
use crate::patience::{PATIENCE, alerted_places, delay};

impl Waiter {
    fn wake(&mut self, now: Moment, wakers: &mut Wakers) {
        self.woken_at = self.woken_at.min(now);
        wakers.wake.extend(self.waker.take());
        wakers.woken.extend(self.of_key);
    }
}

impl Queue {
    /// Moves the waiters to the side that are not polled although they were woken long enough before `judged_at`, from
    /// the front to the first that is not overdue. Returns how many.
    pub(super) fn pass_over(&mut self, judged_at: Moment) -> usize {
        let mut count = 0;
        while let Some(head) = self.head_class()
            && let class = &mut self.classes[head]
            && let Some(head) = class.waiters.front()
            && head.woken_at.after(PATIENCE) <= judged_at
            && let Some(head) = class.waiters.pop_front()
        {
            class.subtract(head.amount);
            class.trim_near();
            self.passed_over.insert(head.number, head);
            self.touch();
            count += 1;
        }
        count
    }

    /// Puts a waiter back to its place, if it was passed over.
    fn put_back(&mut self, number: u64) {
        if let Some(waiter) = self.passed_over.remove(&number) {
            self.touch();
            let class = &mut self.classes[class_of(number)];
            class.add(waiter.amount);
            class.insert(waiter);
        }
    }

    /// Whether every waiter would be passed over.
    pub(super) fn is_unattended(&self, now: Moment) -> bool {
        let mut waiters = self.classes.iter().flat_map(Class::iter);
        waiters.all(|it| it.woken_at.after(PATIENCE) <= now)
    }

    /// Wakes the head, and those who have to watch it sooner than planned.
    pub(in crate::rate_limit) fn wake_head(&mut self, now: Moment, wakers: &mut Wakers) {
        if let Some(head) = self.at_place_mut(0) {
            head.wake(now, wakers);
            self.wake_watchers(now, wakers);
        }
    }

    /// Wakes all waiters.
    pub(in crate::rate_limit) fn wake_all(&mut self, now: Moment, wakers: &mut Wakers) {
        let classes = self.classes.iter_mut();
        let waiters = classes.flat_map(|class| class.waiters.iter_mut());
        for waiter in waiters.chain(self.passed_over.values_mut()) {
            waiter.wake(now, wakers);
        }
    }

    /// Notes whether a waiter waits in the line of the service as well. Then the first of each priority may follow it there.
    pub(in crate::rate_limit) fn set_in_line(
        &mut self,
        number: u64,
        in_line: bool,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        if let Some(waiter) = self.get_mut(number) {
            waiter.in_line = in_line;
        }
        self.wake_firsts(now, wakers);
    }

    /// Wakes the first of each priority beside a head that waits in the line of the service.
    pub(in crate::rate_limit) fn wake_firsts(&mut self, now: Moment, wakers: &mut Wakers) {
        if !self.is_in_line() {
            return;
        }
        let firsts = self.classes.iter_mut();
        for first in firsts.filter_map(|class| class.waiters.front_mut()) {
            if !first.in_line && first.woken_at > now {
                first.wake(now, wakers);
            }
        }
    }

    /// Notes that a waiter was woken in the line of the service.
    pub(in crate::rate_limit) fn note_woken(
        &mut self,
        number: u64,
        now: Moment,
        wakers: &mut Wakers,
    ) {
        if let Some(waiter) = self.get_mut(number) {
            waiter.woken_at = waiter.woken_at.min(now);
            self.wake_watchers(now, wakers);
        }
    }

    /// Wakes those who have to watch the head sooner than planned: because it was woken, or because a waiter left.
    pub(in crate::rate_limit) fn wake_watchers(&mut self, now: Moment, wakers: &mut Wakers) {
        let Some(head_at) = self.head().map(|head| head.woken_at) else {
            return;
        };
        for place in alerted_places() {
            let Some(waiter) = self.at_place_mut(place) else {
                return;
            };
            if waiter.woken_at > head_at.after(delay(place)) && waiter.woken_at > now {
                waiter.wake(now, wakers);
            }
        }
    }

    /// Notes that a waiter will be polled at that moment.
    pub(in crate::rate_limit) fn plan(&mut self, number: u64, at: Moment) {
        if let Some(waiter) = self.get_mut(number) {
            waiter.woken_at = at;
        }
    }

    /// Notes that a waiter is polled, which puts it back to its place. Returns when it was woken; `now` if it was not.
    pub(in crate::rate_limit) fn polled(&mut self, number: u64, now: Moment) -> Moment {
        self.put_back(number);
        let Some(waiter) = self.get_mut(number) else {
            return now;
        };
        std::mem::replace(&mut waiter.woken_at, Moment::FAR_FUTURE).min(now)
    }

    /// Returns when a waiter is woken that is not the head: when all ahead have been woken long enough.
    pub(in crate::rate_limit) fn watch_at(&self, number: u64, now: Moment) -> Moment {
        let (Some(head), Some(place)) = (self.head(), self.place(number)) else {
            return Moment::FAR_FUTURE;
        };
        let turn = head.woken_at.after(delay(place));
        let previous = place.checked_sub(1).and_then(|place| self.at_place(place));
        let previous = previous.map_or(turn, |waiter| waiter.woken_at.after(PATIENCE));
        let at = if previous > now {
            turn.min(previous)
        } else {
            turn
        };
        // It lets the others go first where all are late.
        at.max(now.after(Duration::from_millis(1)))
    }
}
