//! The permits of a bulkhead and the line for them: a fair semaphore.

use std::task::Waker;

use super::holders::{Holders, Slot};
use super::line::{Line, Places, Wakers};
use crate::clock::Moment;
use crate::config::PatternMode;
use crate::shadow::Shadow;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use crate::sync::atomic::{AtomicU64, AtomicUsize};
use crate::sync::{Mutex, MutexGuard};

/// The line is not empty: then permits are given under the lock alone.
const QUEUED: usize = 1;
/// One permit in use.
const PERMIT: usize = 2;

/// Permits that are acquired and released with one atomic operation while the line is empty, and go to the first in it
/// while it is not.
///
/// A free permit belongs to the first waiter, who takes it when it is polled. So one that is dropped leaves nothing
/// behind, and one that is not polled can be passed over.
#[derive(Debug)]
pub(crate) struct Semaphore {
    /// `PERMIT` for each permit in use, and `QUEUED` exactly while the line is not empty. With `QUEUED` set,
    /// only the holder of the lock changes it.
    // Acquire on taking a permit pairs with Release on returning one: what the last holder did happens before
    // what the next holder does.
    word: AtomicUsize,
    // Relaxed: it guards no other data. Stored under the lock; a call that reads the old limit beside the lock counts as
    // one that came a moment earlier.
    limit: AtomicUsize,
    /// When a call that finds no permit may find one after all: the time of a holder is over, or nobody polls those who
    /// were woken.
    // Relaxed: whoever reads it takes the lock next.
    review_at: AtomicU64,
    shadow: Shadow,
    shared: Mutex<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    line: Line,
    holders: Holders,
}

/// The outcome of [`Semaphore::poll`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Acquired,
    /// It passes in shadow, and has left the line.
    Shadow,
    /// Its time is over, and it has left the line.
    TooLate,
    /// It is in the line under this number, and is to be polled at that moment.
    Waiting(u64, Moment),
}

impl Semaphore {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            word: AtomicUsize::new(0),
            limit: AtomicUsize::new(limit),
            review_at: AtomicU64::new(Moment::FAR_FUTURE.0),
            shadow: Shadow::new(PatternMode::Enforce),
            shared: Mutex::default(),
        }
    }

    pub(super) fn in_use(&self) -> usize {
        // Relaxed: a statistic.
        self.word.load(Relaxed) / PERMIT
    }

    /// Returns how many permits there are.
    pub(super) fn size(&self) -> usize {
        self.limit.load(Relaxed)
    }

    /// Acquires a permit if one is free and the line is empty. If not, [`try_again`](Self::try_again) looks closer.
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

    /// Acquires the permit of a holder whose time is over, or that nobody in the line takes.
    #[cold]
    pub(crate) fn try_again(&self, now: impl FnOnce() -> Moment) -> bool {
        let review_at = self.review_at.load(Relaxed);
        if review_at == Moment::FAR_FUTURE.0 {
            return false;
        }
        let now = now();
        if now.0 < review_at {
            return false;
        }
        let mut shared = self.shared.lock();
        let wakers = self.settle(&mut shared, now);
        let acquired = shared.line.is_empty() && self.try_acquire();
        self.unlock(shared, wakers);
        acquired
    }

    /// Releases a permit; the first in the line gets it.
    #[inline]
    pub(crate) fn release(&self, now: impl FnOnce() -> Moment) {
        // Release pairs with the Acquire in `try_acquire`. If it fails, the lock orders what follows: Relaxed.
        let alone = self.word.fetch_update(Release, Relaxed, |word| {
            debug_assert!(word >= PERMIT, "released without having acquired");
            (word & QUEUED == 0).then(|| word - PERMIT)
        });
        if alone.is_err() {
            self.release_to_line(now());
        }
    }

    #[cold]
    fn release_to_line(&self, now: Moment) {
        let mut shared = self.shared.lock();
        // The line may be empty meanwhile, so that other threads change the word beside the lock. So this is an
        // atomic update; Release pairs with their Acquire, as in `release`.
        self.word.fetch_sub(PERMIT, AcqRel);
        let wakers = self.settle(&mut shared, now);
        self.unlock(shared, wakers);
    }

    /// From `until` on a permit no longer counts. `None`: it counts until it is released.
    pub(super) fn limit(&self, until: Moment, now: Moment) -> Option<Slot> {
        let mut shared = self.shared.lock();
        let slot = shared.holders.insert(until);
        let wakers = self.settle(&mut shared, now);
        self.unlock(shared, wakers);
        slot
    }

    /// Changes from when on a permit no longer counts, unless it does not already.
    pub(super) fn set_limit(&self, slot: Slot, until: Moment, now: Moment) {
        let mut shared = self.shared.lock();
        shared.holders.set_until(slot, until);
        let wakers = self.settle(&mut shared, now);
        self.unlock(shared, wakers);
    }

    /// The permit counts until it is released. `false`: it does not count any more, and must not be released.
    pub(super) fn lift_limit(&self, slot: Slot) -> bool {
        let mut shared = self.shared.lock();
        let counts = shared.holders.remove(slot);
        self.unlock(shared, Wakers::default());
        counts
    }

    /// Releases a permit with a limit, if it still counts.
    pub(super) fn release_timed(&self, slot: Slot, now: impl FnOnce() -> Moment) {
        let mut shared = self.shared.lock();
        let mut wakers = Wakers::default();
        if shared.holders.remove(slot) {
            // As in `release_to_line`.
            self.word.fetch_sub(PERMIT, AcqRel);
            if !shared.line.is_empty() {
                wakers = self.settle(&mut shared, now());
            }
        }
        self.unlock(shared, wakers);
    }

    /// Polls a waiter, or lets one enter the line that has no number yet. It acquires a permit if it is its turn.
    pub(super) fn poll(
        &self,
        number: Option<u64>,
        until: Moment,
        waker: &Waker,
        now: Moment,
    ) -> Turn {
        // Foreign code, cloning and dropping wakers included, never runs under the lock.
        let waker = waker.clone();
        let mut wakers = Wakers::default();
        let mut shared = self.shared.lock();
        self.lapse(&mut shared, now);
        let turn = if self.shadow.lets_pass() {
            number.inspect(|&number| shared.line.remove(number, &mut wakers));
            wakers.discard(waker);
            Turn::Shadow
        } else if shared.line.is_empty() && self.acquire_or_close() {
            number.inspect(|&number| shared.line.remove(number, &mut wakers));
            wakers.discard(waker);
            Turn::Acquired
        } else {
            self.poll_in_line(&mut shared, number, until, waker, now, &mut wakers)
        };
        self.wake_line(&mut shared, now, &mut wakers);
        self.unlock(shared, wakers);
        turn
    }

    /// `QUEUED` is set, so that the holder of the lock alone changes the word.
    fn poll_in_line(
        &self,
        shared: &mut Shared,
        number: Option<u64>,
        until: Moment,
        waker: Waker,
        now: Moment,
        wakers: &mut Wakers,
    ) -> Turn {
        let line = &mut shared.line;
        let polled = match number {
            Some(number) => line.polled(number),
            None => line.push(),
        };
        let free = self.free();
        line.pass_over(free, now, wakers);
        let acquired = line.is_next(polled.number, free);
        if acquired || now >= until {
            line.remove(polled.number, wakers);
            wakers.discard(waker);
            if !acquired {
                return Turn::TooLate;
            }
            // Acquire pairs with the Release in `release`.
            self.word.fetch_add(PERMIT, AcqRel);
            return Turn::Acquired;
        }
        line.wake_first(free, now, wakers);
        let places = Places {
            free,
            next: shared.holders.soonest(),
        };
        let at = line.plan(polled, waker, until, places, now, wakers);
        Turn::Waiting(polled.number, at)
    }

    /// Leaves the line.
    pub(super) fn leave(&self, number: u64, now: impl FnOnce() -> Moment) {
        let now = now();
        let mut wakers = Wakers::default();
        let mut shared = self.shared.lock();
        shared.line.remove(number, &mut wakers);
        self.lapse(&mut shared, now);
        self.wake_line(&mut shared, now, &mut wakers);
        self.unlock(shared, wakers);
    }

    /// Sets the number of permits. Permits in use stay; waiters get new ones.
    pub(super) fn resize(&self, limit: usize, now: Moment) {
        let mut shared = self.shared.lock();
        self.limit.store(limit, Relaxed);
        let wakers = self.settle(&mut shared, now);
        self.unlock(shared, wakers);
    }

    /// Whether calls without a permit pass.
    pub(crate) fn is_shadow(&self) -> bool {
        self.shadow.is_on()
    }

    /// Whether a call without a permit passes, because the bulkhead is in shadow. To be asked once for each.
    pub(crate) fn lets_pass(&self) -> bool {
        self.shadow.lets_pass()
    }

    /// Returns how many calls passed without a permit.
    pub(super) fn shadow_rejected(&self) -> u64 {
        self.shadow.rejected()
    }

    /// Changes whether calls without a permit pass. If so, those in the line do at once.
    pub(super) fn set_mode(&self, mode: PatternMode, now: Moment) {
        self.shadow.set(mode);
        if mode == PatternMode::Shadow {
            let mut shared = self.shared.lock();
            let mut wakers = Wakers::default();
            shared.line.wake_first(usize::MAX, now, &mut wakers);
            self.unlock(shared, wakers);
        }
    }

    /// Returns how many wait in line.
    pub(super) fn waiting(&self) -> usize {
        self.shared.lock().line.len()
    }
}

/// Under the lock.
impl Semaphore {
    /// Returns how many permits are free. With an empty line, other threads change that.
    fn free(&self) -> usize {
        // Acquire pairs with the Release in `release`: these permits may be given to waiters.
        let in_use = self.word.load(Acquire) / PERMIT;
        self.limit.load(Relaxed).saturating_sub(in_use)
    }

    /// Acquires a permit if one is free, or closes the line for all who do not stand in it. The line is empty.
    fn acquire_or_close(&self) -> bool {
        let limit = self.limit.load(Relaxed);
        // Checking and setting `QUEUED` are one atomic step, so no permit becomes free in between.
        let update = |word: usize| {
            Some(if word / PERMIT < limit {
                word + PERMIT
            } else {
                word | QUEUED
            })
        };
        // Acquire pairs with the Release in `release`. Release publishes `QUEUED` to it, after which it takes the
        // lock, which orders the rest.
        self.word
            .fetch_update(AcqRel, Relaxed, update)
            .is_ok_and(|word| word / PERMIT < limit)
    }

    /// Does what the time has made due, and wakes whose turn it is.
    fn settle(&self, shared: &mut Shared, now: Moment) -> Wakers {
        let mut wakers = Wakers::default();
        self.lapse(shared, now);
        self.wake_line(shared, now, &mut wakers);
        wakers
    }

    /// Takes the permits of holders whose time is over.
    fn lapse(&self, shared: &mut Shared, now: Moment) {
        let lapsed = shared.holders.lapse(now);
        if lapsed > 0 {
            self.word.fetch_sub(PERMIT * lapsed, AcqRel);
        }
    }

    /// Wakes those whose turn it is, and opens the line if nobody is left in it.
    fn wake_line(&self, shared: &mut Shared, now: Moment, wakers: &mut Wakers) {
        let line = &mut shared.line;
        if !line.is_empty() {
            line.pass_over(self.free(), now, wakers);
        }
        if line.is_empty() {
            // Release keeps the Release of earlier permit returns visible to the next Acquire of the word.
            self.word.fetch_and(!QUEUED, Release);
            return;
        }
        let places = Places {
            free: self.free(),
            next: shared.holders.soonest(),
        };
        line.wake_first(places.free, now, wakers);
        line.wake_watchers(places, now, wakers);
    }

    /// Plans the next review, releases the lock, and wakes.
    fn unlock(&self, shared: MutexGuard<'_, Shared>, wakers: Wakers) {
        let free = self.free();
        let passing_over = shared.line.next_passing_over(free);
        let review_at = shared.holders.soonest().min(passing_over);
        self.review_at.store(review_at.0, Relaxed);
        drop(shared);
        wakers.wake();
    }
}
