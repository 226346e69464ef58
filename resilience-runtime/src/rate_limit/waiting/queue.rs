//! The queue of one key: by priority, and within one first come, first served. Who is woken and not polled is passed
//! over, see [`watch`](super::watch).

use std::collections::BTreeMap;
use std::task::Waker;

use super::class::{BASE, Class, Waiter, class_of};
use super::ticket::{CallerWakers, Joining, Place};
use super::turns::{ByClass, Turns};
use crate::clock::Moment;
use crate::patience::NEAR;
use crate::rate_limit::amount::Amount;
use crate::rate_limit::key_hash::KeyHash;
use crate::rate_limit::priority::Priority;
use crate::wake;

/// When a rejected call could have passed; `None`: never.
pub(in crate::rate_limit) type ReadyAt = Option<Moment>;

/// Wakers to be woken or dropped after the lock is released: both may run foreign code.
#[derive(Default)]
pub(in crate::rate_limit) struct Wakers {
    pub(super) wake: Vec<Waker>,
    pub(super) discard: Vec<Waker>,
    /// The places in the queues of their keys of those that were woken in the line of the service.
    pub(in crate::rate_limit) woken: Vec<Place>,
}

impl Wakers {
    pub(in crate::rate_limit) fn wake(self) {
        drop(self.discard);
        if !self.wake.is_empty() {
            wake::wake(self.wake);
        }
    }
}

#[derive(Default)]
pub(in crate::rate_limit) struct Queue {
    pub(super) classes: ByClass<Class>,
    turns: Turns,
    /// Waiters that were passed over, until they are polled. They are no part of the numbers above.
    pub(super) passed_over: BTreeMap<u64, Waiter>,
    pub(super) next: u64,
    /// Changes with everything but a new waiter at the end, and one that leaves it. No two queues of one limiter have the
    /// same.
    pub(super) version: u64,
    /// Waiters that were rejected by a change of the limits, until they are polled.
    pub(super) rejections: BTreeMap<u64, ReadyAt>,
    /// Numbers in the line of the service, if this is the queue of a key: of those who left it without having passed. The
    /// next one of each priority has it.
    pub(super) line_places: ByClass<Option<u64>>,
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
        self.classes.iter().map(|class| class.live).sum()
    }

    /// Returns the number of those of one priority.
    pub(in crate::rate_limit) fn len_of(&self, priority: Priority) -> u64 {
        self.classes[priority as usize].live as u64
    }

    /// Returns the end of a waiter's wait.
    pub(in crate::rate_limit) fn until_of(&self, number: u64) -> Option<Moment> {
        self.find(number).map(|(waiter, _)| waiter.until)
    }

    /// Returns the sum of their requests, where these alone are limited.
    pub(in crate::rate_limit) fn requests(&self) -> u64 {
        self.classes.iter().map(|class| class.requests).sum()
    }

    /// Whether nobody of another priority waits, so that a new waiter would be the last one.
    pub(in crate::rate_limit) fn has_only(&self, priority: Priority) -> bool {
        let mut classes = self.classes.iter().enumerate();
        classes.all(|(class, waiting)| class == priority as usize || waiting.live == 0)
    }

    /// Returns the class of the head.
    pub(super) fn head_class(&self) -> Option<usize> {
        self.turns.next(self.waiting().map(|count| count > 0))
    }

    pub(super) fn head(&self) -> Option<&Waiter> {
        self.classes[self.head_class()?].waiters.front()
    }

    fn waiting(&self) -> ByClass<u64> {
        std::array::from_fn(|class| self.classes[class].live as u64)
    }

    /// Notes that a waiter gets a token.
    pub(in crate::rate_limit) fn served(&mut self) {
        self.turns.advance();
    }

    /// Returns how many of each class pass before a new waiter.
    fn ahead_of_new(&self, priority: Priority) -> ByClass<u64> {
        let (waiting, class) = (self.waiting(), priority as usize);
        self.turns.ahead(waiting, class, waiting[class])
    }

    /// Returns the requests of those that pass before a new waiter, where these alone are limited.
    pub(in crate::rate_limit) fn requests_ahead_of_new(&self, priority: Priority) -> u64 {
        if self.has_only(priority) {
            return self.requests();
        }
        let ahead = self.ahead_of_new(priority);
        let classes = self.classes.iter().zip(ahead);
        let first = |(class, count): (&Class, u64)| class.requests_of_first(count as usize);
        classes.map(first).sum()
    }

    /// Returns the amounts of those that pass before a new waiter, in their order.
    pub(in crate::rate_limit) fn amounts_ahead_of_new(
        &self,
        priority: Priority,
    ) -> impl Iterator<Item = Amount> {
        let count: u64 = self.ahead_of_new(priority).iter().sum();
        self.iter().take(count as usize).map(|waiter| waiter.amount)
    }

    /// Returns how many calls of each priority wait here and behind those that wait here, of which each stands for as many
    /// of its key as `calls` says. Those far behind count as one, so that it takes a bounded time.
    pub(in crate::rate_limit) fn lanes(
        &self,
        calls: impl Fn(Place, Priority) -> u64,
    ) -> ByClass<u64> {
        const COUNTED: usize = 128;
        std::array::from_fn(|index| {
            let (class, priority) = (&self.classes[index], Priority::ALL[index]);
            let near = class.iter().take(COUNTED);
            let near = near.map(|waiter| waiter.of_key.map_or(1, |place| calls(place, priority)));
            near.sum::<u64>() + class.live.saturating_sub(COUNTED) as u64
        })
    }

    /// Returns how many more calls pass before a new waiter if so many wait than if nobody is behind those that wait here.
    pub(in crate::rate_limit) fn more_ahead(
        &self,
        waiting: ByClass<u64>,
        priority: Priority,
    ) -> u64 {
        let class = priority as usize;
        let ahead = self.turns.ahead(waiting, class, waiting[class]);
        let here = self.ahead_of_new(priority);
        ahead.iter().sum::<u64>().saturating_sub(here.iter().sum())
    }

    pub(in crate::rate_limit) fn version(&self) -> u64 {
        self.version
    }

    /// Notes that the waiters will pass at other times than before.
    pub(in crate::rate_limit) fn touch(&mut self) {
        self.version += 1;
    }

    /// Returns the waiters of a priority from that number on, with their numbers.
    pub(in crate::rate_limit) fn since(
        &self,
        number: u64,
        priority: Priority,
    ) -> impl Iterator<Item = (u64, Amount)> {
        let waiters = &self.classes[priority as usize].waiters;
        let begin = waiters.partition_point(|it| it.number < number);
        let waiters = waiters.range(begin..).filter(|it| !it.removed);
        waiters.map(|it| (it.number, it.amount))
    }

    /// Whether there is neither a waiter nor a rejection that was not collected yet.
    pub(super) fn is_unused(&self) -> bool {
        self.len() == 0 && self.rejections.is_empty() && self.passed_over.is_empty()
    }

    /// Whether a call with that key waits, passed over or not.
    pub(in crate::rate_limit) fn has_key(&self, key: KeyHash) -> bool {
        self.iter()
            .chain(self.passed_over.values())
            .any(|waiter| waiter.key == key)
    }

    /// Returns the waiters in the order in which they pass, if nobody joins.
    pub(in crate::rate_limit) fn iter(&self) -> impl Iterator<Item = &Waiter> {
        let mut classes = self.classes.each_ref().map(|class| class.iter().peekable());
        let mut turns = self.turns;
        std::iter::from_fn(move || {
            let waiting = classes.each_mut().map(|class| class.peek().is_some());
            let next = classes[turns.next(waiting)?].next();
            turns.advance();
            next
        })
    }

    pub(in crate::rate_limit) fn push(&mut self, joining: Joining, priority: Priority) -> u64 {
        if !self.has_only(priority) {
            // It may pass before others.
            self.touch();
        }
        let kept = joining.number.filter(|number| self.is_free(*number));
        let number = kept.unwrap_or(self.next * BASE + priority as u64);
        let class = &mut self.classes[priority as usize];
        class.add(joining.amount);
        let waiter = Waiter {
            number,
            key: joining.key,
            amount: joining.amount,
            wanted: joining.wanted,
            until: joining.until,
            woken_at: joining.until,
            waker: joining.waker,
            yielded_to: None,
            removed: false,
            in_line: false,
            of_key: joining.of_key,
        };
        if kept.is_none() {
            self.next += 1;
            class.waiters.push_back(waiter);
        } else {
            class.insert(waiter);
            self.touch();
        }
        number
    }

    /// Finds a waiter by its number, and whether it is the head.
    pub(in crate::rate_limit) fn find(&self, number: u64) -> Option<(&Waiter, bool)> {
        let class = &self.classes[class_of(number)];
        let waiter = &class.waiters[class.index(number)?];
        let is_head = self.head().is_some_and(|head| head.number == number);
        Some((waiter, is_head))
    }

    /// Returns the amount of a waiter.
    pub(in crate::rate_limit) fn amount_of(&self, number: u64) -> Option<Amount> {
        self.find(number).map(|(waiter, _)| waiter.amount)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Waiter> {
        let class = &mut self.classes[class_of(number)];
        let index = class.index(number)?;
        class.waiters.get_mut(index)
    }

    /// Returns the amounts of the waiters ahead of that number, and the sum of their requests.
    pub(in crate::rate_limit) fn ahead_of(
        &self,
        number: u64,
    ) -> (impl Iterator<Item = Amount>, u64) {
        let amounts = || {
            self.iter()
                .take_while(move |waiter| waiter.number != number)
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
        waker: Option<Waker>,
        at: Moment,
        wakers: &mut Wakers,
    ) {
        if let Some(waiter) = self.get_mut(number) {
            waiter.woken_at = at;
            let old = std::mem::replace(&mut waiter.waker, waker);
            wakers.discard.extend(old);
        }
    }

    /// Removes a waiter. Returns whether it was the head.
    pub(in crate::rate_limit) fn remove(&mut self, number: u64, wakers: &mut Wakers) -> bool {
        if let Some(waiter) = self.passed_over.remove(&number) {
            wakers.discard.extend(waiter.waker);
            return false;
        }
        let was_head = self.head().is_some_and(|head| head.number == number);
        let is_last = self.is_last(number);
        let class = &mut self.classes[class_of(number)];
        let Some(index) = class.index(number) else {
            return false;
        };
        let waiter = &mut class.waiters[index];
        wakers.discard.extend(waiter.waker.take());
        waiter.removed = true;
        let amount = waiter.amount;
        class.subtract(amount);
        if index < NEAR {
            class.waiters.remove(index);
            class.trim_near();
        } else if class.waiters.len() > 2 * class.live + 32 {
            class.waiters.retain(|waiter| !waiter.removed);
        }
        class.trim_end();
        if !is_last {
            self.touch();
        }
        was_head
    }

    /// Whether all other waiters are before that one.
    fn is_last(&self, number: u64) -> bool {
        let mut others = self.classes.iter().enumerate();
        others.all(|(class, it)| class == class_of(number) || it.live == 0)
            && self.classes[class_of(number)].last() == Some(number)
    }

    /// Wakes the head first, and then this waiter again. Returns `false` if that has been tried with this head.
    pub(in crate::rate_limit) fn yield_to_head(
        &mut self,
        number: u64,
        waker: &mut CallerWakers,
        now: Moment,
        wakers: &mut Wakers,
    ) -> bool {
        let Some(head) = self.head().map(|head| head.number) else {
            return false;
        };
        let Some(waiter) = self.get_mut(number) else {
            return false;
        };
        let yields = waiter.yielded_to.replace(head) != Some(head);
        if yields {
            waiter.woken_at = now;
            self.wake_head(now, wakers);
            wakers.wake.extend(waker.take());
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
        let checked = self.iter().map(|waiter| (waiter.number, check(waiter)));
        let rejected = checked.filter_map(|(number, checked)| Some((number, checked.err()?)));
        let rejected: Vec<_> = rejected.collect();
        for (number, ready_at) in rejected {
            if let Some(waiter) = self.get_mut(number) {
                waiter.removed = true;
                wakers.wake.extend(waiter.waker.take());
                // Until it is polled it keeps its place in the queue of its key.
                wakers.woken.extend(waiter.of_key);
                let amount = waiter.amount;
                self.classes[class_of(number)].subtract(amount);
                self.rejections.insert(number, ready_at);
            }
        }
        for class in &mut self.classes {
            class.waiters.retain(|waiter| !waiter.removed);
        }
    }

    /// Takes the rejection of a waiter, if there is one.
    pub(in crate::rate_limit) fn take_rejection(&mut self, number: u64) -> Option<ReadyAt> {
        self.rejections.remove(&number)
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
            let pushed = queue.push(Joining::for_test(1), Priority::Normal);
            assert_eq!(pushed, of(number));
        }
        let waiters = |queue: &Queue| queue.classes[Priority::Normal as usize].waiters.len();
        // Far from the front entries stay until more than half of them, and 32, are removed ones.
        for number in near..near + 100 {
            assert!(!queue.remove(of(number), &mut wakers));
            assert_eq!(waiters(&queue), NEAR + 101);
            assert_eq!(queue.find(of(number)).map(|_| ()), None);
        }
        // Near it they are dropped, and so is what comes near.
        assert!(!queue.remove(of(5), &mut wakers));
        assert_eq!((waiters(&queue), queue.len()), (NEAR, NEAR));
        assert_eq!(queue.requests(), near);
        assert!(queue.iter().all(|waiter| !waiter.removed));
        for number in (0..near).filter(|&number| number != 5) {
            assert!(queue.remove(of(number), &mut wakers));
        }
        assert_eq!(
            queue.find(of(near + 100)).map(|(_, is_head)| is_head),
            Some(true)
        );
    }

    /// The number of the n-th waiter, a normal one.
    fn of(n: u64) -> u64 {
        n * BASE + Priority::Normal as u64
    }

    #[test]
    fn places_are_the_head_and_then_the_priorities() {
        let mut queue = Queue::default();
        let mut numbers = Vec::new();
        for class in [2, 1, 0, 0, 2, 1, 2] {
            let joining = Joining::for_test(class as u32 + 1);
            numbers.push(queue.push(joining, Priority::ALL[class]));
        }
        for _ in 0..8 {
            let mut places: Vec<_> = numbers.iter().map(|it| queue.place(*it)).collect();
            let head = queue.head().map(|head| head.number);
            for (number, place) in numbers.iter().zip(&places) {
                let place = place.expect("it waits");
                assert_eq!(place == 0, head == Some(*number));
                let there = queue.at_place_mut(place).map(|it| it.number);
                assert_eq!(there, Some(*number));
            }
            places.sort();
            assert!(places.into_iter().flatten().eq(0..7));
            assert!(queue.at_place_mut(7).is_none());
            // Each waiter as if it were new: the sum of all that the order has before it.
            for &priority in Priority::ALL {
                let ahead: Vec<_> = queue.amounts_ahead_of_new(priority).collect();
                let sum: u64 = ahead.iter().map(|it| u64::from(it.requests())).sum();
                assert_eq!(queue.requests_ahead_of_new(priority), sum, "{priority}");
            }
            queue.served();
        }
    }
}
