//! What a cache keeps: answers and absences, until their time is up. Time comes from outside.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::failure::{Failure, Meaning};
use super::key::{ByKey, Key};
use super::{Served, Value};
use crate::clock::{Moment, nanos};
use crate::config::{CacheConfig, RefreshAhead};

/// How long nobody tries again after the first failure that an old answer covered up.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Answers and absences by key.
///
/// When there is no room, the entry whose time is up first goes: absences before answers, and answers that
/// were not renewed before those that were. So one order serves both eviction and expiry, and reading an
/// entry changes nothing.
pub(super) struct Entries {
    slots: ByKey<Slot>,
    by_end: BTreeMap<(Moment, u64), Key>,
    next: u64,
    config: CacheConfig,
}

/// What is kept under one key.
struct Slot {
    kept: Kept,
    /// From here on it is as if it were not there.
    end: Moment,
    order: u64,
}

pub(super) enum Kept {
    Answer(Answer),
    Absence(Absence),
}

pub(super) struct Answer {
    pub(super) value: Value,
    refresh_at: Moment,
    expires: Moment,
    failed: Option<Failed>,
}

/// It is known that there is nothing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Absence {
    pub(crate) failure: Failure,
    pub(crate) since: Moment,
}

/// Loads that failed since the answer was loaded.
struct Failed {
    times: u32,
    not_before: Moment,
    failure: Failure,
}

impl Kept {
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

    /// Whether it is fresh, but to be loaded anew.
    pub(super) fn is_due(&self, now: Moment) -> bool {
        now >= self.refresh_at && !self.is_paused(now)
    }

    fn is_paused(&self, now: Moment) -> bool {
        matches!(&self.failed, Some(failed) if now < failed.not_before)
    }

    /// The expired answer, while another load is not to be tried yet.
    pub(super) fn instead_of_a_load(&self, now: Moment) -> Option<Served> {
        let failed = self.failed.as_ref()?;
        (now < failed.not_before).then(|| self.served(failed.failure, now))
    }

    fn served(&self, failure: Failure, now: Moment) -> Served {
        Served {
            value: Arc::clone(&self.value),
            failure,
            stale: (!self.is_fresh(now)).then(|| now.since(self.expires)),
        }
    }

    /// Puts the next load off, the longer the more often it failed.
    fn put_off(&mut self, failure: Failure, now: Moment) {
        let times = self.failed.as_ref().map_or(0, |failed| failed.times);
        let doubled = 1_u32.checked_shl(times);
        let pause = doubled.map_or(LONGEST_PAUSE, |factor| FIRST_PAUSE.saturating_mul(factor));
        self.failed = Some(Failed {
            times: times.saturating_add(1),
            not_before: now.after(pause.min(LONGEST_PAUSE)),
            failure,
        });
    }
}

/// Answers that are no longer kept, to be dropped once no lock is held.
pub(super) type Gone = Vec<Value>;

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

    /// What is kept under a key.
    pub(super) fn find(&mut self, key: Key, now: Moment, gone: &mut Gone) -> Option<&Kept> {
        if self.slots.get(&key).is_some_and(|slot| slot.end <= now) {
            self.remove(key, gone);
        }
        self.slots.get(&key).map(|slot| &slot.kept)
    }

    /// Keeps an answer that is fresh for `life`.
    pub(super) fn keep(
        &mut self,
        key: Key,
        value: Value,
        life: Duration,
        now: Moment,
        gone: &mut Gone,
    ) {
        let expires = now.after(life);
        let answer = Answer {
            value,
            refresh_at: self.refresh_at(life, now),
            expires,
            failed: None,
        };
        let end = expires.after(self.config.stale_if_error.unwrap_or_default());
        self.put(key, Kept::Answer(answer), end, now, gone);
    }

    fn refresh_at(&self, life: Duration, now: Moment) -> Moment {
        match self.config.refresh_ahead {
            None => Moment::FAR_FUTURE,
            Some(RefreshAhead::Fraction(fraction)) => {
                let share = (nanos(life) as f64 * fraction) as u64;
                now.after(Duration::from_nanos(share))
            }
            Some(RefreshAhead::Before(before)) => now.after(life.saturating_sub(before)),
        }
    }

    /// Remembers that there is nothing, if that is wanted.
    pub(super) fn keep_absence(
        &mut self,
        key: Key,
        failure: Failure,
        now: Moment,
        gone: &mut Gone,
    ) {
        if let Some(time) = self.config.negative_ttl {
            let absence = Absence {
                failure,
                since: now,
            };
            self.put(key, Kept::Absence(absence), now.after(time), now, gone);
        }
    }

    /// The answer to give although a load failed, a fresh one or an `expired_too`, if there is one that may
    /// be given. Then the next load is put off.
    pub(super) fn rescue(
        &mut self,
        key: Key,
        failure: Failure,
        expired_too: bool,
        now: Moment,
        gone: &mut Gone,
    ) -> Option<Served> {
        self.find(key, now, gone)?;
        let Kept::Answer(answer) = &mut self.slots.get_mut(&key)?.kept else {
            return None;
        };
        let may_be_given = match failure.meaning {
            Meaning::Passing => expired_too || answer.is_fresh(now),
            Meaning::Lasting => answer.is_fresh(now),
            Meaning::Absent | Meaning::Denied | Meaning::Misconfigured => false,
        };
        may_be_given.then(|| {
            answer.put_off(failure, now);
            answer.served(failure, now)
        })
    }

    pub(super) fn remove(&mut self, key: Key, gone: &mut Gone) {
        if let Some(slot) = self.slots.remove(&key) {
            self.by_end.remove(&(slot.end, slot.order));
            gone.extend(slot.kept.answer());
        }
    }

    pub(super) fn clear(&mut self, gone: &mut Gone) {
        self.by_end.clear();
        gone.extend(
            self.slots
                .drain()
                .filter_map(|(_, slot)| slot.kept.answer()),
        );
    }

    fn put(&mut self, key: Key, kept: Kept, end: Moment, now: Moment, gone: &mut Gone) {
        self.remove(key, gone);
        while let Some((&(first, _), &key)) = self.by_end.first_key_value() {
            if first > now && self.slots.len() < self.config.max_entries {
                break;
            }
            self.remove(key, gone);
        }
        let order = self.next;
        self.next += 1;
        self.by_end.insert((end, order), key);
        self.slots.insert(key, Slot { kept, end, order });
    }
}
