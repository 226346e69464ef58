//! The waiters of one priority.

use std::collections::VecDeque;
use std::task::Waker;

use crate::clock::Moment;
use crate::patience::NEAR;
use crate::rate_limit::amount::Amount;
use crate::rate_limit::key_hash::KeyHash;
use crate::rate_limit::waiting::ticket::Place;

/// A call that waits.
pub(in crate::rate_limit) struct Waiter {
    /// Counts the waiters of the queue; the last digits to the base of [`BASE`] are its class.
    pub(super) number: u64,
    pub(in crate::rate_limit) key: KeyHash,
    pub(in crate::rate_limit) amount: Amount,
    /// What it takes of limits that count all that is limited.
    pub(super) wanted: Amount,
    /// The end of its wait.
    pub(in crate::rate_limit) until: Moment,
    /// When its timer fires, or when it was woken since it was polled last.
    pub(super) woken_at: Moment,
    pub(super) waker: Option<Waker>,
    /// The head to which it last gave precedence although its own time was up.
    pub(super) yielded_to: Option<u64>,
    /// It left from the middle; the entry is dropped when it comes to the front.
    pub(super) removed: bool,
    /// It has all that is limited for its key, and waits in the line of the service as well.
    pub(super) in_line: bool,
    /// Its place in the queue of its key, if this is the line of the service.
    pub(super) of_key: Option<Place>,
}

/// The class of a waiter is the rest of its number, divided by this.
pub(super) const BASE: u64 = 4;

/// Returns the class of a waiter of that number.
pub(super) const fn class_of(number: u64) -> usize {
    (number % BASE) as usize
}

/// The waiters of one priority.
#[derive(Default)]
pub(super) struct Class {
    /// Invariant: sorted by number, and none of the first [`NEAR`] is a removed one.
    pub(super) waiters: VecDeque<Waiter>,
    /// How many are not removed.
    pub(super) live: usize,
    /// The sum of their requests, where these alone are limited.
    pub(super) requests: u64,
}

impl Class {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Waiter> {
        self.waiters.iter().filter(|waiter| !waiter.removed)
    }

    pub(super) fn index(&self, number: u64) -> Option<usize> {
        self.waiters
            .binary_search_by_key(&number, |waiter| waiter.number)
            .ok()
            .filter(|&index| !self.waiters[index].removed)
    }

    /// Returns the number of the first one.
    pub(super) fn first(&self) -> Option<u64> {
        self.waiters.front().map(|waiter| waiter.number)
    }

    /// Returns the number of the last one.
    pub(super) fn last(&self) -> Option<u64> {
        self.iter().next_back().map(|waiter| waiter.number)
    }

    /// Puts a waiter to the place of its number, which nobody has.
    pub(super) fn insert(&mut self, waiter: Waiter) {
        match (self.waiters).binary_search_by_key(&waiter.number, |it| it.number) {
            Ok(removed) => self.waiters[removed] = waiter,
            Err(index) => self.waiters.insert(index, waiter),
        }
    }

    /// Counts a waiter.
    pub(super) fn add(&mut self, amount: Amount) {
        self.live += 1;
        self.requests += u64::from(amount.requests());
    }

    /// Counts a waiter no longer.
    pub(super) fn subtract(&mut self, amount: Amount) {
        self.live -= 1;
        self.requests -= u64::from(amount.requests());
    }

    /// Returns the requests of the first so many.
    pub(super) fn requests_of_first(&self, count: usize) -> u64 {
        let sum = |waiters: &mut dyn Iterator<Item = &Waiter>| -> u64 {
            waiters
                .map(|waiter| u64::from(waiter.amount.requests()))
                .sum()
        };
        if count * 2 <= self.live {
            sum(&mut self.iter().take(count))
        } else {
            self.requests - sum(&mut self.iter().rev().take(self.live - count.min(self.live)))
        }
    }

    /// Drops what was removed and has come to the end.
    pub(super) fn trim_end(&mut self) {
        while self.waiters.back().is_some_and(|it| it.removed) {
            self.waiters.pop_back();
        }
    }

    /// Drops what was removed and has come near the front.
    pub(super) fn trim_near(&mut self) {
        while self.waiters.get(NEAR - 1).is_some_and(|it| it.removed) {
            self.waiters.remove(NEAR - 1);
        }
    }
}
