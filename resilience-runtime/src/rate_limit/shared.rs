//! The lock round a limiter's state, and the fast way past it.

use std::hash::Hash;
use std::time::Duration;

use super::key::{KeyHash, KeyHasher};
use super::queue::{Refusal, Wakers};
use super::state::State;
use super::taken::{Taken, Unit};
use crate::clock::Moment;
use crate::config::RateLimitConfig;
use crate::name::ServiceName;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicBool, Ordering};

/// What all handles of one limiter have in common.
pub(super) struct Shared {
    pub(super) name: ServiceName,
    hasher: KeyHasher,
    /// Nothing limits, nothing is parked, nobody waits: the lock need not be taken. Set and cleared under
    /// the lock; whoever reads it concurrently with a park or a new limit is as good as a moment earlier.
    free: AtomicBool,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(
        name: ServiceName,
        limit: Option<RateLimitConfig>,
        max_keys: usize,
        max_park: Duration,
    ) -> Self {
        Self {
            name,
            hasher: KeyHasher::new(),
            free: AtomicBool::new(limit.is_none()),
            state: Mutex::new(State::new(limit, max_keys, max_park)),
        }
    }

    #[inline]
    pub(super) fn hash<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        self.hasher.hash(key)
    }

    #[inline]
    pub(super) fn is_free(&self) -> bool {
        self.free.load(Ordering::Relaxed)
    }

    /// Works on the state, at a time that never goes backwards; wakes afterwards, outside of the lock.
    pub(super) fn with<T>(
        &self,
        now: Moment,
        work: impl FnOnce(&mut State, Moment, &mut Wakers) -> T,
    ) -> T {
        let mut wakers = Wakers::default();
        let done = {
            let mut state = self.state.lock();
            let now = state.tick(now);
            let done = work(&mut state, now, &mut wakers);
            self.free.store(state.is_free(now), Ordering::Relaxed);
            done
        };
        wakers.wake();
        done
    }

    /// Looks at what does not depend on the time.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock())
    }

    /// The short way for what changes nothing for anybody else: nobody is to be woken.
    #[inline]
    pub(super) fn try_take(
        &self,
        key: KeyHash,
        cost: u32,
        now: Moment,
    ) -> (Result<(), Refusal>, Moment) {
        let mut state = self.state.lock();
        let now = state.tick(now);
        let taken = state.try_take(key, cost, now);
        if state.is_free(now) {
            self.free.store(true, Ordering::Relaxed);
        }
        (taken, now)
    }

    /// What costs are measured in now.
    pub(super) fn unit(&self) -> Unit {
        if self.is_free() {
            Unit::Requests
        } else {
            self.read(State::unit)
        }
    }

    pub(super) fn give_back(&self, taken: Taken, now: Moment) {
        if taken.cost > 0 && !self.is_free() {
            self.with(now, |state, now, wakers| {
                state.give_back(taken, now, wakers);
            });
        }
    }

    pub(super) fn settle(&self, taken: Taken, used: u32, now: Moment) {
        if taken.cost != used && !self.is_free() {
            self.with(now, |state, now, wakers| {
                state.settle(taken, used, now, wakers);
            });
        }
    }
}
