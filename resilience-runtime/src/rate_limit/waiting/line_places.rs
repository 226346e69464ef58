//! Who waits in the line of the service as well, and what it leaves there to the next one of its key.

use super::class::{BASE, Waiter, class_of};
use super::queue::Queue;
use crate::rate_limit::amount::Amount;

impl Queue {
    /// Whether the head waits in the line of the service as well.
    pub(in crate::rate_limit) fn is_in_line(&self) -> bool {
        self.head().is_some_and(|head| head.in_line)
    }

    /// Whether a waiter is the first of its priority.
    pub(in crate::rate_limit) fn is_first_of_class(&self, number: u64) -> bool {
        self.classes[class_of(number)].first() == Some(number)
    }

    /// As [`find`](Self::find), where the first of another priority passes beside a head that has all that is limited for
    /// its key: the service has the next word.
    pub(in crate::rate_limit) fn find_first(&self, number: u64) -> Option<(&Waiter, bool)> {
        let (waiter, is_head) = self.find(number)?;
        let passes = || {
            let in_line = waiter.in_line || self.is_in_line();
            in_line && self.is_first_of_class(number)
        };
        Some((waiter, is_head || passes()))
    }

    /// Keeps the number that a waiter had in the line of the service for the next one of its priority.
    pub(in crate::rate_limit) fn keep_line_place(&mut self, number: u64, in_line: u64) {
        self.line_places[class_of(number)] = Some(in_line);
    }

    /// Returns the number in the line of the service that was kept for a waiter.
    pub(in crate::rate_limit) fn take_line_place(&mut self, number: u64) -> Option<u64> {
        self.line_places[class_of(number)].take()
    }

    /// Whether that number was given before and nobody has it.
    pub(super) fn is_free(&self, number: u64) -> bool {
        number < self.next * BASE
            && self.find(number).is_none()
            && !self.passed_over.contains_key(&number)
            && !self.rejections.contains_key(&number)
    }

    /// Counts the waiters anew, after it changed what is counted of what they want.
    pub(in crate::rate_limit) fn recount(&mut self, own: impl Fn(Amount) -> Amount) {
        self.touch();
        for class in &mut self.classes {
            for waiter in &mut class.waiters {
                waiter.amount = own(waiter.wanted);
            }
            let live = class.iter().map(|it| u64::from(it.amount.requests()));
            class.requests = live.sum();
        }
        for waiter in self.passed_over.values_mut() {
            waiter.amount = own(waiter.wanted);
        }
    }
}
