//! The values and absences in a cache, until they expire: plain functions of the time passed in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::failure::{CacheEffect, Failure};
use super::key::{ByKey, Key};
use super::{Served, Value};
use crate::clock::{Moment, nanos};
use crate::config::{CacheConfig, RefreshAhead};

/// The backoff of the next load after the first failed one whose place a value took; doubled after each.
const MIN_BACKOFF: Duration = Duration::from_secs(1);
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// How many expired entries one caller removes at most.
const MAX_SWEPT: usize = 256;

/// Values and absences by key.
///
/// When there is no room, the entry that ends first is evicted: absences before values, and values that were not
/// refreshed before those that were. So one order serves both eviction and expiry, and reading an entry changes nothing.
pub(super) struct Entries {
    slots: ByKey<Slot>,
    by_end: BTreeMap<(Moment, u64), Key>,
    next: u64,
    config: CacheConfig,
}

/// The entry of one key, and its place in the order of expiry.
struct Slot {
    entry: Entry,
    /// From then on it is expired.
    end: Moment,
    order: u64,
}

pub(super) enum Entry {
    Answer(Answer),
    Absence(Absence),
}

pub(super) struct Answer {
    pub(super) value: Value,
    refresh_at: Moment,
    expires: Moment,
    failed: Option<Failed>,
}

/// A remembered absence: the key does not exist.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absence {
    pub(crate) failure: Failure,
    pub(crate) since: Moment,
}

/// The loads that failed since the value was loaded.
struct Failed {
    times: u32,
    not_before: Moment,
    failure: Failure,
}

impl Entry {
    fn answer(self) -> Option<Value> {
        match self {
            Self::Answer(answer) => Some(answer.value),
            Self::Absence(_) => None,
        }
    }
}

impl Answer {
    pub(super) fn is_fresh(&self, now: Moment) -> bool {
        now < self.expires
    }

    /// Whether it is due for a refresh.
    pub(super) fn is_due(&self, now: Moment) -> bool {
        now >= self.refresh_at && !self.is_paused(now)
    }

    fn is_paused(&self, now: Moment) -> bool {
        matches!(&self.failed, Some(failed) if now < failed.not_before)
    }

    /// Returns the stale value while the next load is backed off. A refresh that was cut puts off no load.
    pub(super) fn served_during_backoff(&self, now: Moment) -> Option<Served> {
        let failed = self.failed.as_ref()?;
        let cut = failed.failure.effect == CacheEffect::Cut;
        (now < failed.not_before && !cut).then(|| self.served(failed.failure, now))
    }

    fn served(&self, failure: Failure, now: Moment) -> Served {
        Served {
            value: Arc::clone(&self.value),
            failure,
            stale: (!self.is_fresh(now)).then(|| now.since(self.expires)),
        }
    }

    /// Backs the next load off, the longer the more loads failed.
    fn back_off(&mut self, failure: Failure, now: Moment) {
        let times = self.failed.as_ref().map_or(0, |failed| failed.times);
        let doubled = 1_u32.checked_shl(times);
        let pause = doubled.map_or(MAX_BACKOFF, |factor| MIN_BACKOFF.saturating_mul(factor));
        self.failed = Some(Failed {
            times: times.saturating_add(1),
            not_before: now.after(pause.min(MAX_BACKOFF)),
            failure,
        });
    }
}

/// Values that were removed, to be dropped when no lock is held.
pub(super) type Evicted = Vec<Value>;

impl Entries {
    pub(super) fn new(config: CacheConfig) -> Self {
        Self {
            slots: ByKey::default(),
            by_end: BTreeMap::new(),
            next: 0,
            config,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Finds the entry of a key.
    pub(super) fn find(&mut self, key: Key, now: Moment, evicted: &mut Evicted) -> Option<&Entry> {
        if self.slots.get(&key).is_some_and(|slot| slot.end <= now) {
            self.remove(key, evicted);
        }
        self.slots.get(&key).map(|slot| &slot.entry)
    }

    /// Inserts a value that is fresh for `ttl`.
    pub(super) fn insert(
        &mut self,
        key: Key,
        value: Value,
        ttl: Duration,
        now: Moment,
        evicted: &mut Evicted,
    ) {
        let expires = now.after(ttl);
        let answer = Answer {
            value,
            refresh_at: self.refresh_at(ttl, now),
            expires,
            failed: None,
        };
        let end = expires.after(self.config.stale_if_error.unwrap_or_default());
        self.put(key, Entry::Answer(answer), end, now, evicted);
    }

    fn refresh_at(&self, ttl: Duration, now: Moment) -> Moment {
        match self.config.refresh_ahead {
            None => Moment::FAR_FUTURE,
            Some(RefreshAhead::Fraction(fraction)) => {
                let share = (nanos(ttl) as f64 * fraction) as u64;
                now.after(Duration::from_nanos(share))
            }
            Some(RefreshAhead::Before(before)) if before < ttl => now.after(ttl - before),
            // An answer that says itself how long it lasts may last shorter than that.
            Some(RefreshAhead::Before(_)) => now.after(ttl / 2),
        }
    }

    /// Inserts an absence, if the configuration has a `negative_ttl`.
    pub(super) fn insert_absence(
        &mut self,
        key: Key,
        failure: Failure,
        now: Moment,
        evicted: &mut Evicted,
    ) {
        if let Some(time) = self.config.negative_ttl {
            let absence = Absence {
                failure,
                since: now,
            };
            self.put(key, Entry::Absence(absence), now.after(time), now, evicted);
        }
    }

    /// Returns the value to serve although a load failed, if there is one that may be served: a fresh one, or with
    /// `stale_too` a stale one. Then the next load is backed off.
    pub(super) fn serve_on_failure(
        &mut self,
        key: Key,
        failure: Failure,
        stale_too: bool,
        now: Moment,
        evicted: &mut Evicted,
    ) -> Option<Served> {
        let served = self.serve(key, failure, stale_too, now, evicted)?;
        if let Entry::Answer(answer) = &mut self.slots.get_mut(&key)?.entry {
            answer.back_off(failure, now);
        }
        Some(served)
    }

    /// As [`serve_on_failure`](Self::serve_on_failure), where the failure says nothing of the next load.
    pub(super) fn serve(
        &mut self,
        key: Key,
        failure: Failure,
        stale_too: bool,
        now: Moment,
        evicted: &mut Evicted,
    ) -> Option<Served> {
        let Entry::Answer(answer) = self.find(key, now, evicted)? else {
            return None;
        };
        let may_be_served = match failure.effect {
            CacheEffect::Temporary => stale_too || answer.is_fresh(now),
            CacheEffect::Permanent | CacheEffect::Cut => answer.is_fresh(now),
            CacheEffect::Absent | CacheEffect::Denied | CacheEffect::Misconfigured => false,
        };
        may_be_served.then(|| answer.served(failure, now))
    }

    /// Removes what has expired, of whatever key: answers may hold secrets, which are not to outlive their time. A few
    /// at a time, so that no caller pays for all.
    pub(super) fn sweep(&mut self, now: Moment, evicted: &mut Evicted) {
        for _ in 0..MAX_SWEPT {
            match self.by_end.first_key_value() {
                Some((&(end, _), &key)) if end <= now => self.remove(key, evicted),
                _ => break,
            }
        }
    }

    pub(super) fn remove(&mut self, key: Key, evicted: &mut Evicted) {
        if let Some(slot) = self.slots.remove(&key) {
            self.by_end.remove(&(slot.end, slot.order));
            evicted.extend(slot.entry.answer());
        }
    }

    pub(super) fn clear(&mut self, evicted: &mut Evicted) {
        self.by_end.clear();
        evicted.extend(
            self.slots
                .drain()
                .filter_map(|(_, slot)| slot.entry.answer()),
        );
    }

    fn put(&mut self, key: Key, entry: Entry, end: Moment, now: Moment, evicted: &mut Evicted) {
        self.remove(key, evicted);
        while let Some((&(first, _), &key)) = self.by_end.first_key_value() {
            if first > now && self.slots.len() < self.config.max_entries {
                break;
            }
            self.remove(key, evicted);
        }
        let order = self.next;
        self.next += 1;
        self.by_end.insert((end, order), key);
        self.slots.insert(key, Slot { entry, end, order });
    }
}
