//! The permits of a bulkhead and the queue for them: a fair semaphore.

use std::collections::BTreeMap;
use std::task::Waker;

use crate::sync::atomic::AtomicUsize;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sync::{Mutex, MutexGuard};

/// The queue is not empty: then permits are given under the lock alone.
const QUEUED: usize = 1;
/// One permit in use.
const PERMIT: usize = 2;

/// Permits that are acquired and released with one atomic operation while the queue is empty, and handed over in
/// the order of arrival while it is not.
///
/// Invariant: a waiter is in the queue, or it has been given a permit. There is no third state, and a waiter that
/// is dropped while queued leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Semaphore {
    /// `PERMIT` for each permit in use, and `QUEUED` exactly while the queue is not empty. With `QUEUED` set,
    /// only the holder of the lock changes it.
    // Acquire on taking a permit pairs with Release on returning one: what the last holder did happens before
    // what the next holder does.
    word: AtomicUsize,
    // Relaxed: it guards no other data. Stored under the lock of the queue; a call that reads the old limit
    // beside the lock counts as one that came a moment earlier.
    limit: AtomicUsize,
    queue: Mutex<Queue>,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: BTreeMap<u64, Waker>,
    next: u64,
}

/// The outcome of [`Semaphore::acquire_or_enqueue`].
#[derive(Debug, PartialEq, Eq)]
pub(super) enum AcquireOutcome {
    Acquired,
    /// It is in the queue, under this number.
    Queued(u64),
}

impl Semaphore {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            word: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit),
            queue: Mutex::new(Queue::default()),
        }
    }

    pub(super) fn in_use(&self) -> usize {
        // Relaxed: a statistic.
        self.word.load(Relaxed) / PERMIT
    }

    /// Acquires a permit if one is free and the queue is empty.
    #[inline]
    pub(crate) fn try_acquire(&self) -> bool {
        let limit = self.limit.load(Relaxed);
        // Acquire pairs with the Release in `release`. A failed update reads nothing else: Relaxed.
        self.word
            .fetch_update(Acquire, Relaxed, |word| {
                (word & QUEUED == 0 && word / PERMIT < limit).then(|| word + PERMIT)
            })
            .is_ok()
    }

    /// Releases a permit, or hands it to the longest waiter.
    #[inline]
    pub(crate) fn release(&self) {
        // Release pairs with the Acquire in `try_acquire`. If it fails, the lock orders what follows: Relaxed.
        let alone = self.word.fetch_update(Release, Relaxed, |word| {
            debug_assert!(word >= PERMIT, "released without having acquired");
            (word & QUEUED == 0).then(|| word - PERMIT)
        });
        if alone.is_err() {
            self.release_to_waiters(self.queue.lock());
        }
    }

    #[cold]
    fn release_to_waiters(&self, mut queue: MutexGuard<'_, Queue>) {
        // The queue may be empty meanwhile, so that other threads change the word beside the lock. So this is an
        // atomic update; Release pairs with their Acquire, as in `release`.
        self.word.fetch_sub(PERMIT, AcqRel);
        let next = self.hand_over(&mut queue);
        drop(queue);
        if let Some(waker) = next {
            waker.wake();
        }
    }

    /// Acquires a permit, or enters the queue.
    pub(super) fn acquire_or_enqueue(&self, waker: Waker) -> AcquireOutcome {
        let mut queue = self.queue.lock();
        let limit = self.limit.load(Relaxed);
        let first = queue.waiting.is_empty();
        // Checking and setting `QUEUED` are one atomic step, so no permit becomes free in between.
        let acquires = |word: usize| first && word / PERMIT < limit;
        let update = |word| {
            Some(if acquires(word) {
                word + PERMIT
            } else {
                word | QUEUED
            })
        };
        // Acquire pairs with the Release in `release`. Release publishes `QUEUED` to it, after which it takes the
        // lock, which orders the rest.
        if let Ok(word) = self.word.fetch_update(AcqRel, Relaxed, update)
            && acquires(word)
        {
            // The lock is released first: dropping a waker is foreign code.
            drop(queue);
            return AcquireOutcome::Acquired;
        }
        let number = queue.next;
        queue.next += 1;
        queue.waiting.insert(number, waker);
        AcquireOutcome::Queued(number)
    }

    /// Whether a waiter has been given its permit. Otherwise `waker` is woken when it is.
    pub(super) fn is_acquired(&self, number: u64, waker: &Waker) -> bool {
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

    /// Leaves the queue. Returns `true` if it was too late: the permit belongs to the caller.
    pub(super) fn cancel(&self, number: u64) -> bool {
        let mut queue = self.queue.lock();
        let waker = queue.waiting.remove(&number);
        if waker.is_some() && queue.waiting.is_empty() {
            // Release keeps the Release of earlier permit returns visible to the next Acquire of the word.
            self.word.fetch_and(!QUEUED, Release);
        }
        drop(queue);
        waker.is_none()
    }

    /// Sets the number of permits. Permits in use stay; waiters get new ones, and their wakers are returned to be
    /// woken when no lock is held.
    #[must_use]
    pub(super) fn resize(&self, limit: usize) -> Vec<Waker> {
        let mut queue = self.queue.lock();
        self.limit.store(limit, Relaxed);
        std::iter::from_fn(|| self.hand_over(&mut queue)).collect()
    }

    /// Hands a free permit to the longest waiter.
    fn hand_over(&self, queue: &mut Queue) -> Option<Waker> {
        // With an empty queue, other threads may change the word beside the lock.
        queue.waiting.first_key_value()?;
        // With `QUEUED` set the holder of the lock alone changes the word, so a load and a store are enough.
        // Acquire pairs with the Release in `release`, and Release with the Acquire in `try_acquire`.
        let word = self.word.load(Acquire);
        if word / PERMIT >= self.limit.load(Relaxed) {
            return None;
        }
        let (_, waker) = queue.waiting.pop_first()?;
        let queued = if queue.waiting.is_empty() { 0 } else { QUEUED };
        self.word.store((word & !QUEUED | queued) + PERMIT, Release);
        Some(waker)
    }

    #[cfg(test)]
    pub(super) fn waiting(&self) -> usize {
        self.queue.lock().waiting.len()
    }
}
