//! The rules of the cache, under one lock. No user code runs while it is held, and nothing awaits.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use rand::RngExt as _;

use super::entries::{Absence, Entries, Gone, Kept};
use super::failure::{Failure, Meaning};
use super::flights::{Flights, Seat, Waiting};
use super::guard::{Leader, Waiter};
use super::key::{Key, Variant};
use super::{Served, Value};
use crate::clock::{Moment, nanos};
use crate::config::{CacheConfig, ConfigError, ConfigSource};
use crate::keyed_hash::KeyedHash;
use crate::sync::Mutex;
use crate::wake::wake;

/// A cache without its types.
pub(crate) struct Store {
    config: CacheConfig,
    keys: KeyedHash,
    state: Mutex<State>,
}

struct State {
    entries: Entries,
    flights: Flights<Landing>,
    /// As many as the program has instances of the function.
    variants: Vec<Variant>,
}

/// What a caller finds.
pub(crate) enum Look {
    /// A fresh answer.
    Hit(Value),
    /// An expired one, and it is too early to try again.
    Stale(Served),
    /// It is known that there is nothing.
    Absent(Absence),
    /// Nothing fresh: the caller is to load it.
    Load(Leader),
    /// A fresh answer that is soon to expire: the caller is to load it anew.
    Refresh(Leader),
    /// Somebody else loads it.
    Wait(Waiter),
}

/// How a load ended.
#[derive(Debug)]
pub(crate) enum End {
    Good(Value),
    /// There is an answer, but the load failed: it is for this time only.
    Makeshift(Value, Failure),
    Failed(Failure),
}

/// What a load brings those who wait for it.
#[derive(Clone, Debug)]
pub(crate) enum Landing {
    Answer(Value),
    Served(Served),
    Failed(Failure, Moment),
}

impl Store {
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub(crate) fn new(config: CacheConfig, origin: &ConfigSource) -> Result<Self, ConfigError> {
        config.validate_at(origin)?;
        Ok(Self {
            config,
            keys: KeyedHash::new(),
            state: Mutex::new(State {
                entries: Entries::new(config),
                flights: Flights::new(),
                variants: Vec::new(),
            }),
        })
    }

    pub(crate) fn config(&self) -> &CacheConfig {
        &self.config
    }

    pub(crate) fn hash<K: Hash + ?Sized>(&self, key: &K) -> u128 {
        self.keys.hash(key)
    }

    /// What there is for a caller, who gets a part in the load where there is to be one.
    pub(crate) fn look(self: &Arc<Self>, hash: u128, variant: Variant, now: Moment) -> Look {
        let mut gone = Gone::new();
        let mut state = self.state.lock();
        let look = state.look(self, hash, variant, now, &mut gone);
        drop(state);
        drop(gone);
        look
    }

    /// The fresh answer, if there is one. Nobody is made to load it.
    pub(crate) fn fresh(&self, hash: u128, variant: Variant, now: Moment) -> Option<Value> {
        let mut gone = Gone::new();
        let mut state = self.state.lock();
        let key = state.key(hash, variant);
        let fresh = match state.entries.find(key, now, &mut gone) {
            Some(Kept::Answer(answer)) if answer.is_fresh(now) => Some(Arc::clone(&answer.value)),
            _ => None,
        };
        drop(state);
        drop(gone);
        fresh
    }

    /// Keeps an answer that came from elsewhere. A load in progress is overtaken by it.
    pub(crate) fn insert(&self, hash: u128, variant: Variant, value: Value, now: Moment) {
        let life = self.life();
        let mut gone = Gone::new();
        let mut state = self.state.lock();
        let key = state.key(hash, variant);
        let landing = Landing::Answer(Arc::clone(&value));
        let overtaken = state.flights.land_early(key, landing);
        state.entries.keep(key, value, life, now, &mut gone);
        drop(state);
        drop(gone);
        if let Ok(overtaken) = overtaken {
            overtaken.let_go();
        }
    }

    /// Forgets a key. A load in progress ends for those who wait for it, but is not kept.
    pub(crate) fn invalidate(&self, hash: u128) {
        let mut gone = Gone::new();
        let mut state = self.state.lock();
        for variant in 0..state.variants.len() {
            let key = Key { hash, variant };
            state.entries.remove(key, &mut gone);
            state.flights.detach(key);
        }
        drop(state);
        drop(gone);
    }

    /// Forgets everything, loads in progress included.
    pub(crate) fn invalidate_all(&self) {
        let mut gone = Gone::new();
        let mut state = self.state.lock();
        state.entries.clear(&mut gone);
        state.flights.detach_all();
        drop(state);
        drop(gone);
    }

    pub(crate) fn len(&self) -> usize {
        self.state.lock().entries.len()
    }

    /// How long the next answer is fresh: the `ttl`, give or take a tenth.
    fn life(&self) -> Duration {
        let ttl = nanos(self.config.ttl);
        let tenth = ttl / 10;
        let more = rand::rng().random_range(0..=2 * tenth);
        Duration::from_nanos((ttl - tenth).saturating_add(more))
    }

    /// Ends a load. What comes back is to be given in place of its result.
    pub(super) fn land(&self, flight: u64, end: End, now: Moment) -> Option<Served> {
        let life = self.life();
        let mut gone = Gone::new();
        let mut state = self.state.lock();
        let landing = state.landing(flight, end, life, now, &mut gone);
        let instead = match &landing {
            Landing::Served(served) => Some(served.clone()),
            Landing::Answer(_) | Landing::Failed(..) => None,
        };
        let arrived = state.flights.land(flight, landing);
        drop(state);
        drop(gone);
        if let Ok(arrived) = arrived {
            arrived.let_go();
        }
        instead
    }

    /// The leader of a load goes away.
    pub(super) fn abandon(&self, flight: u64) {
        let next = self.state.lock().flights.abandon(flight);
        wake(next);
    }

    /// Looks after somebody who waits.
    pub(super) fn look_after(&self, seat: &Seat<Landing>, waker: Waker) -> Waiting {
        let mut waker = Some(waker);
        let mut state = self.state.lock();
        let waiting = state
            .flights
            .look_after(seat.flight, seat.number, &mut waker);
        drop(state);
        drop(waker);
        waiting
    }

    /// Somebody who waits goes away.
    pub(super) fn leave(&self, seat: &Seat<Landing>) {
        let left = self.state.lock().flights.leave(seat.flight, seat.number);
        match left {
            Ok(next) => wake(next),
            Err(own) => drop(own),
        }
    }

    #[cfg(test)]
    pub(super) fn flights(&self) -> usize {
        self.state.lock().flights.len()
    }
}

impl State {
    fn key(&mut self, hash: u128, variant: Variant) -> Key {
        let known = self.variants.iter().position(|known| *known == variant);
        let variant = known.unwrap_or_else(|| {
            self.variants.push(variant);
            self.variants.len() - 1
        });
        Key { hash, variant }
    }

    fn look(
        &mut self,
        store: &Arc<Store>,
        hash: u128,
        variant: Variant,
        now: Moment,
        gone: &mut Gone,
    ) -> Look {
        let key = self.key(hash, variant);
        match self.entries.find(key, now, gone) {
            Some(Kept::Absence(absence)) => return Look::Absent(*absence),
            Some(Kept::Answer(answer)) if answer.is_fresh(now) => {
                if answer.is_due(now) && !self.flights.is_under_way(key) {
                    return Look::Refresh(Leader::of(store, self.flights.begin(key)));
                }
                return Look::Hit(Arc::clone(&answer.value));
            }
            Some(Kept::Answer(answer)) => {
                if let Some(served) = answer.instead_of_a_load(now) {
                    return Look::Stale(served);
                }
            }
            None => {}
        }
        match self.flights.join(key) {
            Some(seat) => Look::Wait(Waiter::of(store, seat)),
            None => Look::Load(Leader::of(store, self.flights.begin(key))),
        }
    }

    /// What a load brings, and what becomes of the old answer.
    fn landing(
        &mut self,
        flight: u64,
        end: End,
        life: Duration,
        now: Moment,
        gone: &mut Gone,
    ) -> Landing {
        // Whoever invalidated the key meanwhile wants nothing kept of what was asked for before.
        let Some(key) = self.flights.counts_for(flight) else {
            return match end {
                End::Good(value) | End::Makeshift(value, _) => Landing::Answer(value),
                End::Failed(failure) => Landing::Failed(failure, now),
            };
        };
        match end {
            End::Good(value) => {
                let kept = Arc::clone(&value);
                self.entries.keep(key, kept, life, now, gone);
                Landing::Answer(value)
            }
            End::Makeshift(value, failure) => {
                if failure.ends_the_old_answer() {
                    self.entries.remove(key, gone);
                } else if let Some(served) = self.entries.rescue(key, failure, false, now, gone) {
                    // Still fresh, so better than what stands in for a load that nobody needed yet.
                    gone.push(value);
                    return Landing::Served(served);
                }
                Landing::Answer(value)
            }
            End::Failed(failure) => {
                if failure.ends_the_old_answer() {
                    self.entries.remove(key, gone);
                    if failure.meaning == Meaning::Absent {
                        self.entries.keep_absence(key, failure, now, gone);
                    }
                } else if let Some(served) = self.entries.rescue(key, failure, true, now, gone) {
                    return Landing::Served(served);
                }
                Landing::Failed(failure, now)
            }
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("config", &self.config)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
