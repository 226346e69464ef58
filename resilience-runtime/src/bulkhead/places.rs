//! The places of a bulkhead and the queue for them.

use std::collections::BTreeMap;
use std::task::Waker;

use crate::sync::atomic::AtomicUsize;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sync::{Mutex, MutexGuard};

/// Somebody waits: then the lock, and nothing else, decides who gets a place.
const QUEUED: usize = 1;
/// One taken place.
const TAKEN: usize = 2;

/// Places that are taken and given back with one atomic operation while nobody waits, and handed over in
/// the order of arrival while somebody does.
///
/// Who waits is in the queue; who waited and is no longer in it has been given a place. So there is no
/// third state to get wrong, and a waiter that goes away while queued leaves nothing behind.
#[derive(Debug)]
pub(super) struct Places {
    /// `TAKEN` for each taken place, and `QUEUED` exactly while the queue is not empty. With `QUEUED` set,
    /// only the holder of the lock changes it.
    word: AtomicUsize,
    limit: AtomicUsize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

/// What somebody who asked for a place got.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Entered,
    /// In the queue, under this number.
    Queued(u64),
}

impl Places {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            word: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit),
            queue: Mutex::new(Queue::default()),
        }
    }

    pub(super) fn taken(&self) -> usize {
        self.word.load(Relaxed) / TAKEN
    }

    /// Takes a place if one is free and nobody waits for it.
    #[inline]
    pub(super) fn try_enter(&self) -> bool {
        let limit = self.limit.load(Relaxed);
        self.word
            .fetch_update(Acquire, Relaxed, |word| {
                (word & QUEUED == 0 && word / TAKEN < limit).then(|| word + TAKEN)
            })
            .is_ok()
    }

    /// Gives a place back, or on to the one who waits longest.
    #[inline]
    pub(super) fn leave(&self) {
        let alone = self.word.fetch_update(Release, Relaxed, |word| {
            debug_assert!(word >= TAKEN, "left without having entered");
            (word & QUEUED == 0).then(|| word - TAKEN)
        });
        if alone.is_err() {
            self.leave_to_others(self.queue.lock());
        }
    }

    #[cold]
    fn leave_to_others(&self, mut queue: MutexGuard<'_, Queue>) {
        // The queue may have emptied meanwhile, so that others change the word beside the lock.
        self.word.fetch_sub(TAKEN, AcqRel);
        let next = self.hand_over(&mut queue);
        drop(queue);
        if let Some(waker) = next {
            waker.wake();
        }
    }

    /// Takes a place, or a number in the queue.
    pub(super) fn arrive(&self, waker: Waker) -> Arrival {
        let mut queue = self.queue.lock();
        let limit = self.limit.load(Relaxed);
        let first = queue.waiting.is_empty();
        // Looking and queueing are one step, so no place becomes free in between.
        let enters = |word: usize| first && word / TAKEN < limit;
        let update = |word| {
            Some(if enters(word) {
                word + TAKEN
            } else {
                word | QUEUED
            })
        };
        if let Ok(word) = self.word.fetch_update(AcqRel, Relaxed, update)
            && enters(word)
        {
            // The lock first: dropping a waker is foreign code.
            drop(queue);
            return Arrival::Entered;
        }
        let number = queue.next;
        queue.next += 1;
        queue.waiting.insert(number, waker);
        Arrival::Queued(number)
    }

    /// Whether the place has come. Otherwise `waker` is told when it does.
    pub(super) fn has_entered(&self, number: u64, waker: &Waker) -> bool {
        // Foreign code, cloning and dropping wakers included, never runs under the lock.
        let mut latest = waker.clone();
        let mut queue = self.queue.lock();
        match queue.waiting.get_mut(&number) {
            Some(known) => std::mem::swap(known, &mut latest),
            None => return true,
        }
        drop(queue);
        false
    }

    /// Leaves the queue. `true`: too late, the place has come and is the caller's.
    pub(super) fn withdraw(&self, number: u64) -> bool {
        let mut queue = self.queue.lock();
        let waker = queue.waiting.remove(&number);
        if waker.is_some() && queue.waiting.is_empty() {
            self.word.fetch_and(!QUEUED, Release);
        }
        drop(queue);
        waker.is_none()
    }

    /// Sets the number of places. Those who run stay; those who wait get what is new, and are to be woken
    /// once no lock is held.
    #[must_use]
    pub(super) fn resize(&self, limit: usize) -> Vec<Waker> {
        let mut queue = self.queue.lock();
        self.limit.store(limit, Relaxed);
        std::iter::from_fn(|| self.hand_over(&mut queue)).collect()
    }

    /// Gives a free place to the one who waits longest.
    fn hand_over(&self, queue: &mut Queue) -> Option<Waker> {
        // With an empty queue the word is not this one's alone.
        queue.waiting.first_key_value()?;
        let word = self.word.load(Acquire);
        if word / TAKEN >= self.limit.load(Relaxed) {
            return None;
        }
        let (_, waker) = queue.waiting.pop_first()?;
        let queued = if queue.waiting.is_empty() { 0 } else { QUEUED };
        self.word.store((word & !QUEUED | queued) + TAKEN, Release);
        Some(waker)
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.queue.lock().waiting.len()
    }
}
