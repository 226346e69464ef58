//! The queue of one key, first come, first served. Who is woken and not polled is passed over, see
//! [`watch`](super::watch).

use std::collections::{BTreeMap, VecDeque};
use std::task::Waker;

use crate::clock::Moment;
use crate::patience::NEAR;
use crate::rate_limit::amount::Amount;
use crate::rate_limit::key_hash::KeyHash;
use crate::wake;

/// A call that waits.
pub(in crate::rate_limit) struct Waiter {
    pub(super) number: u64,
    pub(in crate::rate_limit) key: KeyHash,
    pub(in crate::rate_limit) amount: Amount,
    /// The end of its wait.
    pub(in crate::rate_limit) until: Moment,
    /// When its timer fires, or when it was woken since it was polled last.
    pub(super) woken_at: Moment,
    pub(super) waker: Option<Waker>,
    /// The head to which it last gave precedence although its own time was up.
    yielded_to: Option<u64>,
    /// It left from the middle; the entry is dropped when it comes to the front.
    pub(super) removed: bool,
}

/// When a rejected call could have passed; `None`: never.
pub(in crate::rate_limit) type ReadyAt = Option<Moment>;

/// Wakers to be woken or dropped after the lock is released: both may run foreign code.
#[derive(Default)]
pub(in crate::rate_limit) struct Wakers {
    pub(super) wake: Vec<Waker>,
    discard: Vec<Waker>,
}

impl Wakers {
    pub(in crate::rate_limit) fn wake(self) {
        drop(self.discard);
        wake::wake(self.wake);
    }
}

#[derive(Default)]
pub(in crate::rate_limit) struct Queue {
    /// Invariant: sorted by number, and none of the first [`NEAR`] is a removed one.
    pub(super) waiters: VecDeque<Waiter>,
    /// How many are not removed.
    pub(super) live: usize,
    /// The sum of their requests, where these alone are limited.
    pub(super) requests: u64,
    /// Waiters that were passed over, until they are polled. They are no part of the numbers above.
    pub(super) passed_over: BTreeMap<u64, Waiter>,
    next: u64,
    /// Changes with everything but a new waiter at the end. No two queues of one limiter have the same.
    pub(super) version: u64,
    /// Waiters that were rejected by a change of the limits, until they are polled.
    rejections: BTreeMap<u64, ReadyAt>,
}

impl Queue {
    pub(super) fn with_version(version: u64) -> Self {
        Self {
            version,
            ..Self::default()
        }
    }

    /// Returns the number of waiters.
    pub(in crate::rate_limit) fn len(&self) -> usize {
        self.live
    }

    /// Returns the sum of their requests, where these alone are limited.
    pub(in crate::rate_limit) fn requests(&self) -> u64 {
        self.requests
    }

    pub(in crate::rate_limit) fn version(&self) -> u64 {
        self.version
    }

    /// Notes that the waiters will pass at other times than before.
    pub(in crate::rate_limit) fn touch(&mut self) {
        self.version += 1;
    }

    /// Returns the waiters from that number on, with their numbers.
    pub(in crate::rate_limit) fn since(&self, number: u64) -> impl Iterator<Item = (u64, Amount)> {
        let begin = self.waiters.partition_point(|it| it.number < number);
        let waiters = self.waiters.range(begin..).filter(|it| !it.removed);
        waiters.map(|it| (it.number, it.amount))
    }

    /// Whether there is neither a waiter nor a rejection that was not collected yet.
    pub(super) fn is_unused(&self) -> bool {
        self.live == 0 && self.rejections.is_empty() && self.passed_over.is_empty()
    }

    /// Whether a call with that key waits, passed over or not.
    pub(in crate::rate_limit) fn has_key(&self, key: KeyHash) -> bool {
        self.iter()
            .chain(self.passed_over.values())
            .any(|waiter| waiter.key == key)
    }

    pub(in crate::rate_limit) fn iter(&self) -> impl Iterator<Item = &Waiter> {
        self.waiters.iter().filter(|waiter| !waiter.removed)
    }

    pub(in crate::rate_limit) fn push(
        &mut self,
        key: KeyHash,
        amount: Amount,
        until: Moment,
        waker: Waker,
    ) -> u64 {
        let number = self.next;
        self.next += 1;
        self.live += 1;
        self.requests += u64::from(amount.requests());
        self.waiters.push_back(Waiter {
            number,
            key,
            amount,
            until,
            woken_at: until,
            waker: Some(waker),
            yielded_to: None,
            removed: false,
        });
        number
    }

    /// Finds a waiter by its number, and whether it is the head.
    pub(in crate::rate_limit) fn find(&self, number: u64) -> Option<(&Waiter, bool)> {
        let index = self.index(number)?;
        Some((&self.waiters[index], index == 0))
    }

    /// Returns the amounts of the waiters ahead of that number, and the sum of their requests.
    pub(in crate::rate_limit) fn ahead_of(
        &self,
        number: u64,
    ) -> (impl Iterator<Item = Amount>, u64) {
        let amounts = || {
            self.iter()
                .take_while(move |waiter| waiter.number < number)
                .map(|waiter| waiter.amount)
        };
        (
            amounts(),
            amounts().map(|amount| u64::from(amount.requests())).sum(),
        )
    }

    /// Notes that a waiter was polled, and will be polled again at that moment.
    pub(in crate::rate_limit) fn set_waker(
        &mut self,
        number: u64,
        waker: Waker,
        at: Moment,
        wakers: &mut Wakers,
    ) {
        if let Some(index) = self.index(number) {
            let waiter = &mut self.waiters[index];
            waiter.woken_at = at;
            wakers.discard.extend(waiter.waker.replace(waker));
        }
    }

    /// Removes a waiter. Returns whether it was the head.
    pub(in crate::rate_limit) fn remove(&mut self, number: u64, wakers: &mut Wakers) -> bool {
        if let Some(waiter) = self.passed_over.remove(&number) {
            wakers.discard.extend(waiter.waker);
            return false;
        }
        let Some(index) = self.index(number) else {
            return false;
        };
        self.touch();
        let waiter = &mut self.waiters[index];
        wakers.discard.extend(waiter.waker.take());
        waiter.removed = true;
        self.requests -= u64::from(waiter.amount.requests());
        self.live -= 1;
        if index < NEAR {
            self.waiters.remove(index);
            self.trim_near();
        } else if self.waiters.len() > 2 * self.live + 32 {
            self.waiters.retain(|waiter| !waiter.removed);
        }
        index == 0
    }

    /// Wakes the head first, and then this waiter again. Returns `false` if that has been tried with this head.
    pub(in crate::rate_limit) fn yield_to_head(
        &mut self,
        number: u64,
        waker: &Waker,
        now: Moment,
        wakers: &mut Wakers,
    ) -> bool {
        let Some(head) = self.waiters.front().map(|head| head.number) else {
            return false;
        };
        let Some(index) = self.index(number) else {
            return false;
        };
        let waiter = &mut self.waiters[index];
        let yields = waiter.yielded_to.replace(head) != Some(head);
        if yields {
            waiter.woken_at = now;
            self.wake_head(now, wakers);
            wakers.wake.push(waker.clone());
        }
        yields
    }

    /// Rejects all waiters for which `check` returns an error; called in the order of the queue.
    pub(in crate::rate_limit) fn reject_where(
        &mut self,
        mut check: impl FnMut(&Waiter) -> Result<(), ReadyAt>,
        wakers: &mut Wakers,
    ) {
        self.touch();
        for waiter in self.waiters.iter_mut().filter(|waiter| !waiter.removed) {
            if let Err(ready_at) = check(waiter) {
                waiter.removed = true;
                wakers.wake.extend(waiter.waker.take());
                self.live -= 1;
                self.requests -= u64::from(waiter.amount.requests());
                self.rejections.insert(waiter.number, ready_at);
            }
        }
        self.waiters.retain(|waiter| !waiter.removed);
    }

    /// Takes the rejection of a waiter, if there is one.
    pub(in crate::rate_limit) fn take_rejection(&mut self, number: u64) -> Option<ReadyAt> {
        self.rejections.remove(&number)
    }

    pub(super) fn index(&self, number: u64) -> Option<usize> {
        self.waiters
            .binary_search_by_key(&number, |waiter| waiter.number)
            .ok()
            .filter(|&index| !self.waiters[index].removed)
    }

    /// Drops what was removed and has come near the front.
    pub(super) fn trim_near(&mut self) {
        while self.waiters.get(NEAR - 1).is_some_and(|it| it.removed) {
            self.waiters.remove(NEAR - 1);
        }
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    /// Many may leave from the middle at once, each in constant time on average.
    #[test]
    fn waiters_removed_from_the_middle_are_compacted() {
        let (mut queue, mut wakers) = (Queue::default(), Wakers::default());
        let near = NEAR as u64;
        let all = 0..near + 101;
        for number in all.clone() {
            let until = Moment::FAR_FUTURE;
            let waker = Waker::noop().clone();
            assert_eq!(
                queue.push(KeyHash::NONE, Amount::units(1), until, waker),
                number
            );
        }
        // Far from the front entries stay until more than half of them, and 32, are removed ones.
        for number in near..near + 100 {
            assert!(!queue.remove(number, &mut wakers));
            assert_eq!(queue.waiters.len(), NEAR + 101);
            assert_eq!(queue.find(number).map(|_| ()), None);
        }
        // Near it they are dropped, and so is what comes near.
        assert!(!queue.remove(5, &mut wakers));
        assert_eq!((queue.waiters.len(), queue.len()), (NEAR, NEAR));
        assert_eq!(queue.requests(), near);
        assert!(queue.waiters.iter().all(|waiter| !waiter.removed));
        for number in (0..near).filter(|&number| number != 5) {
            assert!(queue.remove(number, &mut wakers));
        }
        assert_eq!(
            queue.find(near + 100).map(|(_, is_head)| is_head),
            Some(true)
        );
    }
}
