//! The rules of the cache, under one lock. No user code runs while it is held, and nothing awaits.

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

use rand::RngExt as _;

use super::entries::{Absence, Entries, Entry, Evicted};
use super::failure::CacheEffect;
use super::flights::{Flights, Lead, WaiterId, Waiting};
use super::key::Key;
use super::lifetime::{Keep, Kept};
use super::outcome::{LoadOutcome, LoadResult, Rejected, Withdrawn};
use super::{Served, Value};
use crate::clock::{Moment, nanos};
use crate::config::{CacheConfig, ConfigError, ConfigSource};
use crate::instance::Instance;
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
    flights: Flights<LoadOutcome>,
    /// One for each instance of the function.
    instances: Vec<Instance>,
}

/// What is found under a key, with the caller's part in a load.
pub(crate) enum Found<L, W> {
    /// A fresh value.
    Hit(Value),
    /// A stale value, while the next load is backed off.
    Stale(Served),
    /// A remembered absence.
    Absent(Absence),
    /// Nothing fresh: the caller leads a load.
    Load(L),
    /// A fresh value that is due for a refresh: the caller leads a load.
    Refresh(L),
    /// Another caller loads it.
    Wait(W),
}

/// What is found, with the numbers of a leader or a waiter in it.
pub(super) type FoundIds = Found<Lead<LoadOutcome>, WaiterId<LoadOutcome>>;

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
                instances: Vec::new(),
            }),
        })
    }

    pub(crate) fn config(&self) -> &CacheConfig {
        &self.config
    }

    pub(crate) fn hash<K: Hash + ?Sized>(&self, key: &K) -> u128 {
        self.keys.hash(key)
    }

    /// Looks a key up. Where the value is to be loaded, the caller leads the flight with the returned number, or
    /// waits under the returned id; both have to be given back.
    #[inline]
    pub(super) fn find(&self, hash: u128, instance: Instance, now: Moment) -> FoundIds {
        let mut evicted = Evicted::new();
        let mut state = self.state.lock();
        let found = state.find(hash, instance, now, &mut evicted);
        drop(state);
        drop(evicted);
        found
    }

    /// Returns the fresh value, if there is one. Does not start a load.
    pub(crate) fn fresh(&self, hash: u128, instance: Instance, now: Moment) -> Option<Value> {
        self.fresh_of(|state| state.key(hash, instance), now)
    }

    pub(super) fn fresh_at(&self, key: Key, now: Moment) -> Option<Value> {
        self.fresh_of(|_| key, now)
    }

    fn fresh_of(&self, key: impl FnOnce(&mut State) -> Key, now: Moment) -> Option<Value> {
        let mut evicted = Evicted::new();
        let mut state = self.state.lock();
        let key = key(&mut state);
        let fresh = match state.entries.find(key, now, &mut evicted) {
            Some(Entry::Answer(answer)) if answer.is_fresh(now) => Some(Arc::clone(&answer.value)),
            _ => None,
        };
        drop(state);
        drop(evicted);
        fresh
    }

    /// Inserts a value that did not come from a load. A load in progress completes with it, unless it is shared with nobody: then that
    /// load is not kept.
    pub(crate) fn insert(
        &self,
        hash: u128,
        instance: Instance,
        value: Value,
        keep: Keep,
        now: Moment,
    ) {
        let kept = keep.resolve(&self.config, || self.jittered_ttl());
        let mut evicted = Evicted::new();
        let mut state = self.state.lock();
        let key = state.key(hash, instance);
        let outcome = LoadOutcome::Answer(Arc::clone(&value));
        let overtaken = match kept {
            Kept::For(ttl) => {
                state.entries.insert(key, value, ttl, now, &mut evicted);
                state.flights.complete_early(key, outcome)
            }
            // What was kept before is out of date.
            Kept::Shared => {
                state.entries.remove(key, &mut evicted);
                state.flights.complete_early(key, outcome)
            }
            Kept::Own => {
                state.entries.remove(key, &mut evicted);
                state.flights.detach(key);
                Err(outcome)
            }
        };
        drop(state);
        drop(evicted);
        if let Ok(overtaken) = overtaken {
            overtaken.notify();
        }
    }

    /// Removes a key, and returns how many entries that were. A load in progress still completes for its waiters, but is
    /// not kept.
    pub(crate) fn invalidate(&self, hash: u128, now: Moment) -> usize {
        let mut evicted = Evicted::new();
        let mut state = self.state.lock();
        state.entries.sweep(now, &mut evicted);
        let before = state.entries.len();
        for instance in 0..state.instances.len() {
            let key = Key { hash, instance };
            state.entries.remove(key, &mut evicted);
            state.flights.detach(key);
        }
        let removed = before - state.entries.len();
        drop(state);
        drop(evicted);
        removed
    }

    /// Removes all keys, and returns how many entries that were. Loads in progress are not kept.
    pub(crate) fn invalidate_all(&self, now: Moment) -> usize {
        let mut evicted = Evicted::new();
        let mut state = self.state.lock();
        state.entries.sweep(now, &mut evicted);
        let removed = state.entries.len();
        state.entries.clear(&mut evicted);
        state.flights.detach_all();
        drop(state);
        drop(evicted);
        removed
    }

    /// Returns the number of entries that have not expired.
    pub(crate) fn len(&self, now: Moment) -> usize {
        let mut evicted = Evicted::new();
        let mut state = self.state.lock();
        state.entries.sweep(now, &mut evicted);
        let len = state.entries.len();
        drop(state);
        drop(evicted);
        len
    }

    /// Returns how long the next value is fresh: the `ttl`, plus or minus up to a tenth.
    fn jittered_ttl(&self) -> Duration {
        let ttl = nanos(self.config.ttl);
        let tenth = ttl / 10;
        let more = rand::rng().random_range(0..=2 * tenth);
        Duration::from_nanos((ttl - tenth).saturating_add(more))
    }

    /// Ends a load. A returned value is to be served in place of its result.
    pub(super) fn complete(&self, flight: u64, end: LoadResult, now: Moment) -> Option<Served> {
        let kept = match &end {
            LoadResult::Value(_, keep) | LoadResult::FallbackValue(_, _, keep) => {
                keep.resolve(&self.config, || self.jittered_ttl())
            }
            LoadResult::Failed(_) => Kept::Shared,
        };
        let mut evicted = Evicted::new();
        let mut state = self.state.lock();
        let outcome = state.outcome(flight, end, kept, now, &mut evicted);
        let instead = match &outcome {
            LoadOutcome::Served(served) => Some(served.clone()),
            LoadOutcome::Answer(_) | LoadOutcome::Failed(..) | LoadOutcome::NotShared => None,
        };
        let completed = state.flights.complete(flight, outcome);
        drop(state);
        drop(evicted);
        if let Ok(completed) = completed {
            completed.notify();
        }
        instead
    }

    /// Takes a leader out whose own load was rejected, unless that is the outcome for all: with its own limit, or while
    /// others lead.
    pub(super) fn withdraw(
        &self,
        lead: &Lead<LoadOutcome>,
        rejected: Rejected,
        now: Moment,
    ) -> Option<Withdrawn<WaiterId<LoadOutcome>>> {
        let mut evicted = Evicted::new();
        let mut state = self.state.lock();
        if !rejected.by_own_limit && !state.flights.has_rivals(lead.flight) {
            return None;
        }
        let Rejected {
            failure, stale_too, ..
        } = rejected;
        let served = state
            .entries
            .serve(lead.key, failure, stale_too, now, &mut evicted);
        let (next, bystander) = state.flights.withdraw(lead.flight, lead.number, now);
        drop(state);
        drop(evicted);
        wake(next);
        Some(Withdrawn { served, bystander })
    }

    /// Abandons a load, whose leader was dropped.
    pub(super) fn abandon(&self, lead: &Lead<LoadOutcome>) {
        let now = Moment::now();
        let mut state = self.state.lock();
        let next = state.flights.abandon(lead.flight, lead.number, now);
        drop(state);
        wake(next);
    }

    /// Returns the status of a waiter.
    pub(super) fn poll_waiter(
        &self,
        id: &WaiterId<LoadOutcome>,
        now: Moment,
        waker: Waker,
    ) -> Waiting<LoadOutcome> {
        let mut waker = Some(waker);
        let mut left = None;
        let mut state = self.state.lock();
        let mut waiting = state.flights.poll_waiter(id, now, &mut waker);
        if let Waiting::Due = waiting
            && let Some((lead, own)) = state.flights.rival(id)
        {
            left = own;
            waiting = Waiting::Leads(lead);
        }
        drop(state);
        drop((waker, left));
        waiting
    }

    /// Removes a waiter.
    pub(super) fn leave(&self, id: &WaiterId<LoadOutcome>) {
        let now = Moment::now();
        let left = self.state.lock().flights.leave(id.flight, id.number, now);
        match left {
            Ok(next) => wake(next),
            Err(own) => drop(own),
        }
    }

    /// The number of entries that are kept in memory.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.state.lock().entries.len()
    }

    #[cfg(test)]
    pub(super) fn flights(&self) -> usize {
        self.state.lock().flights.len()
    }
}

impl State {
    fn key(&mut self, hash: u128, instance: Instance) -> Key {
        let known = self.instances.iter().position(|known| *known == instance);
        let instance = known.unwrap_or_else(|| {
            self.instances.push(instance);
            self.instances.len() - 1
        });
        Key { hash, instance }
    }

    fn find(
        &mut self,
        hash: u128,
        instance: Instance,
        now: Moment,
        evicted: &mut Evicted,
    ) -> FoundIds {
        self.entries.sweep(now, evicted);
        let key = self.key(hash, instance);
        match self.entries.find(key, now, evicted) {
            Some(Entry::Absence(absence)) => return Found::Absent(*absence),
            Some(Entry::Answer(answer)) if answer.is_fresh(now) => {
                if answer.is_due(now) && !self.flights.is_loading(key) {
                    return Found::Refresh(self.flights.begin(key));
                }
                return Found::Hit(Arc::clone(&answer.value));
            }
            Some(Entry::Answer(answer)) => {
                if let Some(served) = answer.served_during_backoff(now) {
                    return Found::Stale(served);
                }
            }
            None => {}
        }
        match self.flights.join(key) {
            Some(id) => Found::Wait(id),
            None => Found::Load(self.flights.begin(key)),
        }
    }

    /// Applies the result of a load to the entry, and returns the outcome for the waiters.
    fn outcome(
        &mut self,
        flight: u64,
        end: LoadResult,
        kept: Kept,
        now: Moment,
        evicted: &mut Evicted,
    ) -> LoadOutcome {
        // The key was invalidated meanwhile: nothing of a load that began before is kept.
        let Some(key) = self.flights.current_key(flight) else {
            return match end {
                LoadResult::Value(..) | LoadResult::FallbackValue(..) if kept == Kept::Own => {
                    LoadOutcome::NotShared
                }
                LoadResult::Value(value, _) | LoadResult::FallbackValue(value, ..) => {
                    LoadOutcome::Answer(value)
                }
                LoadResult::Failed(failure) => LoadOutcome::Failed(failure, now),
            };
        };
        match end {
            LoadResult::Value(value, _) => match kept {
                Kept::For(ttl) => {
                    let kept = Arc::clone(&value);
                    self.entries.insert(key, kept, ttl, now, evicted);
                    LoadOutcome::Answer(value)
                }
                // What was kept before is out of date.
                Kept::Shared => {
                    self.entries.remove(key, evicted);
                    LoadOutcome::Answer(value)
                }
                Kept::Own => {
                    self.entries.remove(key, evicted);
                    evicted.push(value);
                    LoadOutcome::NotShared
                }
            },
            LoadResult::FallbackValue(value, failure, _) => {
                if failure.invalidates() {
                    self.entries.remove(key, evicted);
                } else if let Some(served) = self
                    .entries
                    .serve_on_failure(key, failure, false, now, evicted)
                {
                    // The value is still fresh, so it is better than a fallback.
                    evicted.push(value);
                    return LoadOutcome::Served(served);
                }
                if kept == Kept::Own {
                    evicted.push(value);
                    return LoadOutcome::NotShared;
                }
                LoadOutcome::Answer(value)
            }
            LoadResult::Failed(failure) => {
                if failure.invalidates() {
                    self.entries.remove(key, evicted);
                    if failure.effect == CacheEffect::Absent {
                        self.entries.insert_absence(key, failure, now, evicted);
                    }
                } else if let Some(served) = self
                    .entries
                    .serve_on_failure(key, failure, true, now, evicted)
                {
                    return LoadOutcome::Served(served);
                }
                LoadOutcome::Failed(failure, now)
            }
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("config", &self.config)
            .field("len", &self.len(Moment::now()))
            .finish_non_exhaustive()
    }
}
