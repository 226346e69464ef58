//! The lock round a limiter's state, and the fast way past it.

use std::hash::Hash;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::fast_path::FastLane;
use super::grant::{Taken, Unit};
use super::keys::key::{KeyHash, KeyHasher};
use super::state::State;
use super::waiting::queue::{Refusal, Wakers};
use crate::clock::Moment;
use crate::config::RateLimitConfig;
use crate::name::ServiceName;
use crate::sync::atomic::{AtomicBool, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// The state with the lock held.
struct Locked<'a> {
    state: MutexGuard<'a, State>,
    /// Whose ways past the lock were closed, to be opened again.
    closed: Option<&'a Shared>,
}

impl Deref for Locked<'_> {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut State {
        &mut self.state
    }
}

impl Drop for Locked<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(shared) = self.closed
            && let Some((bucket, full_at)) = self.state.for_lane()
        {
            shared.lane.open(bucket, full_at);
        }
    }
}

/// What all handles of one limiter have in common.
pub(super) struct Shared {
    pub(super) name: ServiceName,
    hasher: KeyHasher,
    /// Nothing limits, nothing is cooling down, nobody waits: the lock need not be taken. Set and cleared under
    /// the lock; whoever reads it concurrently with a cooldown or a new limit is as good as a moment earlier.
    free: AtomicBool,
    lane: FastLane,
    state: Mutex<State>,
}

impl Shared {
    pub(super) fn new(
        name: ServiceName,
        limit: Option<RateLimitConfig>,
        max_keys: usize,
        max_cooldown: Duration,
    ) -> Self {
        let shared = Self {
            name,
            hasher: KeyHasher::new(),
            free: AtomicBool::new(limit.is_none()),
            lane: FastLane::new(),
            state: Mutex::new(State::new(limit, max_keys, max_cooldown)),
        };
        // Opens the lane.
        drop(shared.lock(KeyHash::NONE));
        shared
    }

    /// The state. Who has to do with callers without a key has it to himself: the ways past the lock are closed.
    #[inline]
    fn lock(&self, key: KeyHash) -> Locked<'_> {
        let mut state = self.state.lock();
        let closed = key.is_none();
        if closed && let Some(full_at) = self.lane.close() {
            state.leave_lane(full_at);
        }
        Locked {
            state,
            closed: closed.then_some(self),
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
        key: KeyHash,
        now: Moment,
        work: impl FnOnce(&mut State, Moment, &mut Wakers) -> T,
    ) -> T {
        let mut wakers = Wakers::default();
        let done = {
            let mut state = self.lock(key);
            let now = state.tick(now.max(self.lane.latest()));
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

    /// Takes `cost` past the lock. `false` says nothing: ask behind the lock.
    #[inline(always)]
    pub(super) fn takes_fast(&self, key: KeyHash, cost: u32, now: Moment) -> bool {
        key.is_none() && self.lane.try_take(cost, now)
    }

    /// How long `cost` has to wait, where that can be said past the lock. `None` says nothing.
    pub(super) fn waits_fast(&self, key: KeyHash, cost: u32, now: Moment) -> Option<Duration> {
        // Who takes nothing waits for nothing.
        let knows = key.is_none() && cost > 0;
        if knows {
            self.lane.wait(cost, now)
        } else {
            None
        }
    }

    /// The short way for what changes nothing for anybody else: nobody is to be woken.
    #[inline]
    pub(super) fn try_take_locked(
        &self,
        key: KeyHash,
        cost: u32,
        now: Moment,
    ) -> (Result<(), Refusal>, Moment) {
        let mut state = self.lock(key);
        let now = state.tick(now.max(self.lane.latest()));
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
            self.with(taken.key, now, |state, now, wakers| {
                state.give_back(taken, now, wakers);
            });
        }
    }

    pub(super) fn settle(&self, taken: Taken, used: u32, now: Moment) {
        if taken.cost != used && !self.is_free() {
            self.with(taken.key, now, |state, now, wakers| {
                state.settle(taken, used, now, wakers);
            });
        }
    }
}
