//! Who is woken and not polled does not hold up the others.
//!
//! A future can be woken and never be polled: its owner is busy, or waits for something else. A waiter that is not
//! polled for [`PATIENCE`] after it was woken is passed over: it keeps its number and takes nothing, the others pass as
//! if it were not there, and when it is polled again it is back at its place.
//!
//! Nobody but the waiters themselves can notice that, and any number of those ahead may be out of use. So each waiter
//! has its timer for the case that all ahead are: twice as many of them wake with every further [`PATIENCE`]. The
//! waiter at place `i`, counted from 0, is woken `floor(log2(i + 1))` of them after the head, and `k` unpolled waiters
//! at the front are gone after at most `1 + log2 k` of them.

use std::time::Duration;

use super::queue::{NEAR, Queue, Wakers};
use crate::clock::Moment;

/// How long a woken waiter has to be polled.
pub(in crate::rate_limit) const PATIENCE: Duration = Duration::from_millis(5);

/// How long after the head a waiter far behind is woken. Thousands of waiters must not wake all the time.
const FAR: Duration = Duration::from_secs(1);

/// How many of the first waiters learn at once that the head was woken earlier than planned.
const ALERTED: usize = 15;

/// Returns how long after the head the waiter at that place is woken.
fn delay(place: usize) -> Duration {
    if place < NEAR {
        PATIENCE * (place + 1).ilog2()
    } else {
        FAR
    }
}

impl Queue {
    /// Moves the waiters to the side that are not polled although they were woken long enough before `judged_at`, from
    /// the front to the first that is not overdue. Returns how many.
    pub(super) fn pass_over(&mut self, judged_at: Moment) -> usize {
        let mut count = 0;
        while let Some(head) = self.waiters.front()
            && head.woken_at.after(PATIENCE) <= judged_at
            && let Some(head) = self.waiters.pop_front()
        {
            self.live -= 1;
            self.cost -= u64::from(head.cost);
            self.passed_over.insert(head.number, head);
            self.trim_near();
            self.touch();
            count += 1;
        }
        count
    }

    /// Puts a waiter back to its place, if it was passed over.
    fn put_back(&mut self, number: u64) {
        if let Some(waiter) = self.passed_over.remove(&number) {
            self.touch();
            self.live += 1;
            self.cost += u64::from(waiter.cost);
            let index = self.waiters.partition_point(|it| it.number < number);
            self.waiters.insert(index, waiter);
        }
    }

    /// Whether every waiter would be passed over.
    pub(super) fn is_unattended(&self, now: Moment) -> bool {
        self.iter().all(|it| it.woken_at.after(PATIENCE) <= now)
    }

    /// Wakes the head, and those who have to watch it sooner than planned.
    pub(in crate::rate_limit) fn wake_head(&mut self, now: Moment, wakers: &mut Wakers) {
        if let Some(head) = self.waiters.front_mut() {
            head.woken_at = head.woken_at.min(now);
            wakers.wake.extend(head.waker.take());
            self.wake_watchers(now, wakers);
        }
    }

    /// Wakes those who have to watch the head sooner than planned: because it was woken, or because a waiter left.
    pub(in crate::rate_limit) fn wake_watchers(&mut self, now: Moment, wakers: &mut Wakers) {
        let Some(head_at) = self.waiters.front().map(|head| head.woken_at) else {
            return;
        };
        // When a waiter left, only the last ones of those that are woken together come sooner than before.
        let last_places = (4..=NEAR.ilog2() + 1).map(|level| (1 << level) - 2);
        for place in (1..ALERTED).chain(last_places) {
            let Some(waiter) = self.waiters.get_mut(place) else {
                return;
            };
            if waiter.woken_at > head_at.after(delay(place)) && waiter.woken_at > now {
                waiter.woken_at = now;
                wakers.wake.extend(waiter.waker.take());
            }
        }
    }

    /// Notes that a waiter will be polled at that moment.
    pub(in crate::rate_limit) fn plan(&mut self, number: u64, at: Moment) {
        if let Some(index) = self.index(number) {
            self.waiters[index].woken_at = at;
        }
    }

    /// Notes that a waiter is polled, which puts it back to its place. Returns when it was woken; `now` if it was not.
    pub(in crate::rate_limit) fn polled(&mut self, number: u64, now: Moment) -> Moment {
        self.put_back(number);
        let Some(index) = self.index(number) else {
            return now;
        };
        let waiter = &mut self.waiters[index];
        std::mem::replace(&mut waiter.woken_at, Moment::FAR_FUTURE).min(now)
    }

    /// Returns when a waiter is woken that is not the head: when all ahead have been woken long enough.
    pub(in crate::rate_limit) fn watch_at(&self, number: u64, now: Moment) -> Moment {
        let (Some(head), Some(index)) = (self.waiters.front(), self.index(number)) else {
            return Moment::FAR_FUTURE;
        };
        let turn = head.woken_at.after(delay(index));
        let previous = index
            .checked_sub(1)
            .map_or(turn, |index| self.waiters[index].woken_at.after(PATIENCE));
        let at = if previous > now {
            turn.min(previous)
        } else {
            turn
        };
        // It lets the others go first where all are late.
        at.max(now.after(Duration::from_millis(1)))
    }
}
