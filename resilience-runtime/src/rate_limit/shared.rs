//! The lock around a limiter's state, and the fast path beside it.

use std::hash::Hash;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use super::amount::Amount;
use super::fast_path::FastPath;
#[cfg(feature = "fleet")]
use super::fleet_link::Link;
#[cfg(feature = "fleet")]
use super::fleet_state::{Away, Due};
use super::grant::{Grant, Unit};
use super::key_hash::{KeyHash, KeyHasher};
use super::priority::Priority;
use super::state::State;
use super::waiting::queue::{ReadyAt, Wakers};
use crate::clock::Moment;
use crate::config::RateLimitConfig;
use crate::limit_name::LimitName;
use crate::name::ServiceName;
use crate::shadow::Shadow;
use crate::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use crate::sync::{Mutex, MutexGuard};

/// The state with the lock held.
struct Locked<'a> {
    state: MutexGuard<'a, State>,
    /// Set if the fast path was closed, and is to be opened again.
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
            && let Some((bucket, full_at)) = self.state.fast_path_state()
        {
            shared.fast_path.open(bucket, full_at);
        }
    }
}

/// What all clones of one limiter share.
pub(super) struct Shared {
    pub(super) name: ServiceName,
    pub(super) shadow: Shadow,
    hasher: KeyHasher,
    /// No limit, no cooldown, no waiter: the lock need not be taken. Set and cleared under the lock.
    // Relaxed is enough: the flag guards no other data. A call that reads it concurrently with a cooldown or a
    // new limit counts as one that came a moment earlier.
    bypassed: AtomicBool,
    pub(super) fast_path: FastPath,
    /// The place of the only limit's name in the list of all; beyond it, none.
    // Relaxed for the same reason.
    only_limit: AtomicU8,
    /// Whether there are limits per key beside those of the service.
    // Relaxed for the same reason.
    has_per_key: AtomicBool,
    #[cfg(feature = "fleet")]
    pub(super) link: std::sync::OnceLock<Link>,
    /// Hashes keys alike in all processes of the fleet.
    #[cfg(feature = "fleet")]
    pub(super) fleet_hasher: std::sync::OnceLock<KeyHasher>,
    /// How the store answered last.
    #[cfg(feature = "fleet")]
    pub(super) away: Mutex<Away>,
    pub(super) state: Mutex<State>,
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
            shadow: Shadow::new(limit.as_ref().map(|limit| limit.mode).unwrap_or_default()),
            hasher: KeyHasher::new(),
            bypassed: AtomicBool::new(limit.is_none()),
            fast_path: FastPath::new(),
            only_limit: AtomicU8::new(u8::MAX),
            has_per_key: AtomicBool::new(false),
            #[cfg(feature = "fleet")]
            link: std::sync::OnceLock::new(),
            #[cfg(feature = "fleet")]
            fleet_hasher: std::sync::OnceLock::new(),
            #[cfg(feature = "fleet")]
            away: Mutex::new(Away::No),
            state: Mutex::new(State::new(limit, max_keys, max_cooldown)),
        };
        // Opens the fast path.
        shared.note_limits(&shared.lock(KeyHash::NONE));
        shared
    }

    /// Locks the state. For callers without a key the fast path is closed meanwhile, so that this lock has the
    /// only copy of their state.
    #[inline]
    fn lock(&self, key: KeyHash) -> Locked<'_> {
        let mut state = self.state.lock();
        let closed = key.shares();
        if closed && let Some(full_at) = self.fast_path.close() {
            state.absorb_fast_path(full_at);
        }
        Locked {
            state,
            closed: closed.then_some(self),
        }
    }

    #[inline]
    pub(super) fn hash<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        self.hasher().hash(key)
    }

    #[inline]
    fn hasher(&self) -> &KeyHasher {
        #[cfg(feature = "fleet")]
        if let Some(hasher) = self.fleet_hasher.get() {
            return hasher;
        }
        &self.hasher
    }

    /// As [`hash`](Self::hash), for the key of limits per key.
    #[inline]
    pub(super) fn hash_per_key<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        self.hasher().hash_per_key(key)
    }

    /// As [`hash`](Self::hash), for a key of which the configuration alone says what it is for.
    pub(super) fn hash_as_configured<K: Hash + ?Sized>(&self, key: &K) -> KeyHash {
        if self.has_per_key.load(Ordering::Relaxed) {
            self.hash_per_key(key)
        } else {
            self.hash(key)
        }
    }

    #[inline]
    pub(super) fn is_bypassed(&self) -> bool {
        self.bypassed.load(Ordering::Relaxed)
    }

    /// Runs `work` on the state, at a time that never goes backwards, and wakes waiters after the lock is
    /// released.
    pub(super) fn with<T>(
        &self,
        key: KeyHash,
        now: Moment,
        work: impl FnOnce(&mut State, Moment, &mut Wakers) -> T,
    ) -> T {
        let mut wakers = Wakers::default();
        #[cfg(feature = "fleet")]
        let due;
        let done = {
            let mut state = self.lock(key);
            let now = state.tick(now.max(self.fast_path.latest()));
            let done = work(&mut state, now, &mut wakers);
            state.note_woken(now, &mut wakers);
            self.bypassed
                .store(state.try_bypass(now), Ordering::Relaxed);
            #[cfg(feature = "fleet")]
            {
                due = state.take_due();
            }
            done
        };
        wakers.wake();
        #[cfg(feature = "fleet")]
        if due != Due::default() {
            self.ask_store(due, key, now);
        }
        done
    }

    /// Returns the name of the only limit, where that is one of the names in the list.
    pub(super) fn only_limit(&self) -> Option<LimitName> {
        let index = self.only_limit.load(Ordering::Relaxed);
        LimitName::ALL.get(usize::from(index)).copied()
    }

    /// To be called after each change of the limits.
    pub(super) fn note_limits(&self, state: &State) {
        let name = state.only_limit();
        let index = LimitName::ALL.iter().position(|known| Some(*known) == name);
        let index = index.and_then(|index| u8::try_from(index).ok());
        self.only_limit
            .store(index.unwrap_or(u8::MAX), Ordering::Relaxed);
        self.has_per_key
            .store(state.has_per_key(), Ordering::Relaxed);
    }

    /// Whether a call says how many tokens it takes, and not of which sort, although the sorts alone are limited.
    pub(super) fn lacks_sorts(&self, amount: Amount) -> bool {
        amount.is_units() && self.read(State::needs_sorts)
    }

    /// Reads something that does not depend on the time.
    pub(super) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.lock())
    }

    /// Returns how long the amount has to wait, where that is known without the lock. `None` decides nothing.
    pub(super) fn wait_fast(&self, key: KeyHash, amount: Amount, now: Moment) -> Option<Duration> {
        // A call without a cost waits for a cooldown alone.
        if key.shares() && !amount.is_nothing() {
            self.fast_path.wait(amount.requests(), now)
        } else {
            None
        }
    }

    /// Takes the amount under the lock. Taking tokens changes nothing for waiters, so none is woken.
    #[inline]
    pub(super) fn try_take_locked(
        &self,
        key: KeyHash,
        amount: Amount,
        priority: Priority,
        now: Moment,
    ) -> (Result<(), ReadyAt>, Moment) {
        let mut state = self.lock(key);
        let now = state.tick(now.max(self.fast_path.latest()));
        let taken = state.try_take(key, amount, priority, now);
        if state.try_bypass(now) {
            self.bypassed.store(true, Ordering::Relaxed);
        }
        #[cfg(feature = "fleet")]
        {
            let due = state.take_due();
            drop(state);
            if due != Due::default() {
                self.ask_store(due, key, now);
            }
        }
        (taken, now)
    }

    /// Returns the unit of costs that is in force.
    pub(super) fn unit(&self) -> Unit {
        if self.is_bypassed() {
            Unit::Requests
        } else {
            self.read(State::unit)
        }
    }

    pub(super) fn refund(&self, grant: Grant, now: Moment) {
        if !grant.amount.is_nothing() && !self.is_bypassed() {
            self.with(grant.key, now, |state, now, wakers| {
                state.refund(grant, now, wakers);
            });
        }
    }

    pub(super) fn settle(&self, grant: Grant, used: Amount, now: Moment) {
        if grant.amount != used && !self.is_bypassed() {
            self.with(grant.key, now, |state, now, wakers| {
                state.settle(grant, used, now, wakers);
            });
        }
    }
}
