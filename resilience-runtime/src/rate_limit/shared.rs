//! The lock round a limiter's state, and the fast way past it.

use std::hash::Hash;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;
use std::time::Duration;

use super::batches::{Batches, batch};
use super::fast_lane::FastLane;
use super::key::{KeyHash, KeyHasher};
use super::queue::{Refusal, Wakers};
use super::state::State;
use super::taken::{Taken, Unit};
use super::token_bucket::{FullAt, TokenBucket};
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
            && let Some((bucket, wanted, full_at)) = self.state.for_lane()
        {
            match wanted {
                None => {
                    shared.lane.open(bucket, full_at);
                }
                Some(wanted) => shared.open_for(bucket, wanted, full_at),
            }
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
    /// In the place of the lane, where tokens are taken in batches.
    batches: OnceLock<Box<Batches>>,
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
            batches: OnceLock::new(),
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
        if closed {
            if let Some(full_at) = self.lane.close() {
                state.leave_lane(full_at, 0);
            } else if let Some(batches) = self.batches.get() {
                self.close_stocks(batches, &mut state);
            }
        }
        Locked {
            state,
            closed: closed.then_some(self),
        }
    }

    #[cold]
    fn close_stocks(&self, batches: &Batches, state: &mut State) {
        if let Some((full_at, in_stock)) = batches.close() {
            state.leave_lane(full_at, in_stock);
        }
        self.lane.see(batches.latest());
    }

    /// Opens the stocks, or the lane where they would not be worth it.
    #[cold]
    fn open_for(&self, bucket: TokenBucket, wanted: u32, full_at: FullAt) {
        if let Some(batch) = batch(bucket, wanted) {
            let batches = self.batches.get_or_init(|| Box::new(Batches::new()));
            batches.open(bucket, batch, full_at);
        } else {
            self.lane.open(bucket, full_at);
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
        // Of tokens that are out in batches the lane knows nothing, and who takes nothing waits for nothing.
        let knows = key.is_none() && cost > 0 && self.batches.get().is_none();
        if knows {
            self.lane.wait(cost, now)
        } else {
            None
        }
    }

    /// Takes `cost` from the stock of that share of the threads, where tokens are taken in batches.
    #[inline]
    pub(super) fn takes_from_stock(
        &self,
        shard: impl FnOnce() -> usize,
        key: KeyHash,
        cost: u32,
        now: Moment,
    ) -> bool {
        match self.batches.get() {
            Some(batches) if key.is_none() => self.takes_of(batches, shard(), cost, now),
            _ => false,
        }
    }

    #[inline(never)]
    fn takes_of(&self, batches: &Batches, shard: usize, cost: u32, now: Moment) -> bool {
        let drawn = batches.try_take(shard, cost, now);
        if drawn.left > 0 {
            let home = Taken {
                key: KeyHash::NONE,
                cost: drawn.left,
                at: None,
                unit: Some(Unit::Requests),
            };
            self.give_back(home, now);
        }
        drawn.taken
    }

    #[cfg(all(test, not(resilience_loom)))]
    pub(super) fn in_stock(&self) -> Vec<u32> {
        self.batches.get().map_or(Vec::new(), |it| it.in_stock())
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
