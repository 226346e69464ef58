//! The last good results of a function, read only after a failure.

use std::any::Any;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::removals::Removals;
use crate::clock::Moment;
use crate::instance::Instance;
use crate::keyed_hash::KeyedHash;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU32, Ordering};

/// The default number of entries.
pub(crate) const DEFAULT_MAX_ENTRIES: usize = 1_000;

/// How many expired results one caller removes at most.
const MAX_SWEPT: usize = 256;

/// Results by key; the oldest is evicted first, and what is older than the `ttl` is dropped. Keys are kept as keyed hashes.
pub(crate) struct LastGood {
    ttl: Duration,
    max_entries: usize,
    keys: KeyedHash,
    /// Nearly every function has one instance, which is found without the lock.
    first: OnceLock<(Instance, u128)>,
    /// The number of the last removal, to be read without the lock.
    removed: AtomicU32,
    store: Mutex<Store>,
}

/// An entry as a call asks for it: 96 bits of a hash, and the number of the last removal when the call began. What is removed
/// of it meanwhile is not stored again by that call.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EntryKey(u128);

impl EntryKey {
    fn new(hash: u128, since: u32) -> Self {
        Self(hash & HASH | u128::from(since))
    }

    fn hash(self) -> u128 {
        self.0 & HASH
    }

    fn since(self) -> u32 {
        (self.0 & !HASH) as u32
    }

    pub(crate) fn to_ne_bytes(self) -> [u8; 16] {
        self.0.to_ne_bytes()
    }

    pub(crate) fn from_ne_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_ne_bytes(bytes))
    }
}

/// The bits of an [`EntryKey`] that say which entry it is.
const HASH: u128 = !(u32::MAX as u128);

#[derive(Default)]
struct Store {
    removals: Removals,
    answers: HashMap<u128, Answer>,
    by_age: BTreeMap<u64, u128>,
    next: u64,
    /// The instances of a generic function, which share this cache and no entry of it, with the hash of each.
    instances: Vec<(Instance, u128)>,
}

/// A result, and when it was stored.
struct Answer {
    value: Value,
    at: Moment,
    order: u64,
}

type Value = Arc<dyn Any + Send + Sync>;

/// Results that were removed, to be dropped when no lock is held.
type Removed = Vec<Value>;

impl Store {
    fn put(&mut self, key: u128, value: Value, at: Moment, max_entries: usize) -> Removed {
        let mut removed = Removed::new();
        removed.extend(self.remove(key));
        while self.answers.len() >= max_entries {
            let Some((_, &oldest)) = self.by_age.first_key_value() else {
                break;
            };
            removed.extend(self.remove(oldest));
        }
        let order = self.next;
        self.next += 1;
        self.by_age.insert(order, key);
        self.answers.insert(key, Answer { value, at, order });
        removed
    }

    fn remove(&mut self, key: u128) -> Option<Value> {
        let answer = self.answers.remove(&key)?;
        self.by_age.remove(&answer.order);
        Some(answer.value)
    }

    /// Removes what is older than `ttl`: results may hold secrets, which are not to outlive their time.
    fn sweep(&mut self, ttl: Duration, now: Moment, removed: &mut Removed) {
        for _ in 0..MAX_SWEPT {
            let oldest = self.by_age.first_key_value().map(|(_, &key)| key);
            let expired = |key: &u128| {
                let answer = self.answers.get(key);
                answer.is_some_and(|answer| now.since(answer.at) > ttl)
            };
            let Some(key) = oldest.filter(expired) else {
                break;
            };
            removed.extend(self.remove(key));
        }
    }

    fn instance(&mut self, instance: Instance, hash: u128) {
        if !self.instances.iter().any(|(known, _)| *known == instance) {
            self.instances.push((instance, hash));
        }
    }
}

impl LastGood {
    pub(crate) fn new(ttl: Duration, max_entries: Option<usize>) -> Self {
        Self {
            ttl,
            max_entries: max_entries.unwrap_or(DEFAULT_MAX_ENTRIES),
            keys: KeyedHash::new(),
            first: OnceLock::new(),
            removed: AtomicU32::new(0),
            store: Mutex::new(Store::default()),
        }
    }

    /// Returns the key of an entry: the user's key and the instance of the function, each hashed, so that an entry is found
    /// by the two, and the entries of all instances by the user's key. To be called when the call begins.
    pub(crate) fn key<K: Hash + ?Sized>(&self, key: &K, instance: Instance) -> EntryKey {
        let since = self.removed.load(Ordering::Acquire);
        EntryKey::new(self.keys.hash(key) ^ self.instance(instance), since)
    }

    fn instance(&self, instance: Instance) -> u128 {
        let hash = || self.keys.hash(&instance);
        let first = self.first.get_or_init(|| (instance, hash()));
        if first.0 == instance {
            return first.1;
        }
        let hash = hash();
        self.store.lock().instance(instance, hash);
        hash
    }

    /// Stores a result, unless the entry was removed since the call began: it may be what was revoked.
    pub(crate) fn put<T: Clone + Send + Sync + 'static>(
        &self,
        key: EntryKey,
        value: &T,
        now: Moment,
    ) {
        // Cloned outside of the lock: it is the user's code.
        let value = Arc::new(value.clone());
        let mut removed = Removed::new();
        let mut store = self.store.lock();
        store.sweep(self.ttl, now, &mut removed);
        let (unused, displaced) = match store.removals.any_since(key.since(), key.hash()) {
            true => (Some(value), Removed::new()),
            false => (None, store.put(key.hash(), value, now, self.max_entries)),
        };
        drop(store);
        drop((removed, displaced, unused));
    }

    pub(crate) fn get<T: Clone + Send + Sync + 'static>(
        &self,
        key: EntryKey,
        now: Moment,
    ) -> Option<T> {
        let mut removed = Removed::new();
        let mut store = self.store.lock();
        store.sweep(self.ttl, now, &mut removed);
        let answer = store.answers.get(&key.hash());
        let value = answer
            .filter(|answer| now.since(answer.at) <= self.ttl)
            .map(|answer| Arc::clone(&answer.value));
        drop(store);
        drop(removed);
        value?.downcast_ref::<T>().cloned()
    }

    /// Removes the result of one entry.
    pub(crate) fn remove(&self, key: EntryKey) {
        let mut store = self.store.lock();
        let number = store.removals.add(key.hash());
        self.removed.store(number, Ordering::Release);
        let removed = store.remove(key.hash());
        drop(store);
        drop(removed);
    }

    /// Removes the results that were stored under the user's key, and returns how many.
    pub(crate) fn invalidate<K: Hash + ?Sized>(&self, key: &K, now: Moment) -> usize {
        let hash = self.keys.hash(key);
        let mut expired = Removed::new();
        let mut store = self.store.lock();
        store.sweep(self.ttl, now, &mut expired);
        let mut instances: Vec<u128> = store.instances.iter().map(|known| known.1).collect();
        instances.extend(self.first.get().map(|first| first.1));
        let removed: Removed = instances
            .into_iter()
            .filter_map(|instance| {
                let key = (hash ^ instance) & HASH;
                let number = store.removals.add(key);
                self.removed.store(number, Ordering::Release);
                store.remove(key)
            })
            .collect();
        drop(store);
        drop(expired);
        removed.len()
    }

    /// Removes all results, and returns how many.
    pub(crate) fn invalidate_all(&self, now: Moment) -> usize {
        let mut expired = Removed::new();
        let mut store = self.store.lock();
        store.sweep(self.ttl, now, &mut expired);
        store.by_age.clear();
        let number = store.removals.add_all();
        self.removed.store(number, Ordering::Release);
        let removed = std::mem::take(&mut store.answers);
        drop(store);
        drop(expired);
        removed.len()
    }
}

impl std::fmt::Debug for LastGood {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LastGood")
            .field("ttl", &self.ttl)
            .field("max_entries", &self.max_entries)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn any() -> Instance {
        Instance::of_type::<()>()
    }

    fn entry(number: u128) -> EntryKey {
        EntryKey::new(number << 32, 0)
    }

    #[test]
    fn what_was_removed_meanwhile_is_not_stored_again() {
        let cache = LastGood::new(Duration::from_secs(5), None);
        let [one, other] = ["a", "b"].map(|key| cache.key(key, any()));
        cache.remove(one);
        cache.put(one, &1, Moment(0));
        cache.put(other, &2, Moment(0));
        assert_eq!(cache.get::<i32>(one, Moment(0)), None);
        assert_eq!(cache.get(other, Moment(0)), Some(2));
        let later = cache.key("a", any());
        cache.put(later, &3, Moment(0));
        assert_eq!(cache.get(one, Moment(0)), Some(3));
        assert_eq!(cache.invalidate("a", Moment(0)), 1);
        cache.put(later, &3, Moment(0));
        assert_eq!(cache.get::<i32>(one, Moment(0)), None);
        assert_eq!(cache.invalidate_all(Moment(0)), 1);
        cache.put(other, &2, Moment(0));
        assert_eq!(cache.get::<i32>(other, Moment(0)), None);
    }

    #[test]
    fn instances_share_no_entry_and_are_invalidated_together() {
        let cache = LastGood::new(Duration::from_secs(5), None);
        let [one, two] = [Instance::of_type::<u8>(), Instance::of_type::<i8>()];
        for (instance, value) in [(one, 1), (two, 2)] {
            cache.put(cache.key("a", instance), &value, Moment(0));
        }
        assert_eq!(cache.get(cache.key("a", one), Moment(0)), Some(1));
        assert_eq!(cache.get(cache.key("a", two), Moment(0)), Some(2));
        assert_eq!(cache.invalidate("b", Moment(0)), 0);
        assert_eq!(cache.invalidate("a", Moment(0)), 2);
        assert_eq!(cache.get::<i32>(cache.key("a", two), Moment(0)), None);
    }

    #[test]
    fn expired_results_are_dropped_with_the_next_use_of_any_key() {
        let cache = LastGood::new(Duration::from_secs(5), None);
        let value = Arc::new(());
        for key in 0..100 {
            cache.put(entry(key), &value, Moment(0));
        }
        assert_eq!(Arc::strong_count(&value), 101);
        assert_eq!(cache.get::<Arc<()>>(entry(1_000), Moment(6 * SECOND)), None);
        assert_eq!(Arc::strong_count(&value), 1);
        assert_eq!(cache.invalidate_all(Moment(6 * SECOND)), 0);
    }

    #[test]
    fn get_returns_a_result_until_ttl() {
        let cache = LastGood::new(Duration::from_secs(5), None);
        let key = cache.key("a", any());
        cache.put(key, &"answer", Moment(0));
        assert_eq!(cache.get::<&str>(key, Moment(5 * SECOND)), Some("answer"));
        assert_eq!(cache.get::<&str>(key, Moment(5 * SECOND + 1)), None);
        assert_eq!(cache.get::<&str>(cache.key("b", any()), Moment(0)), None);
        assert_eq!(cache.get::<u32>(key, Moment(0)), None, "another type");
    }

    #[test]
    fn put_evicts_the_oldest_result() {
        let cache = LastGood::new(Duration::from_secs(5), Some(2));
        for (key, value) in [(1, 'a'), (2, 'b'), (1, 'c'), (3, 'd')] {
            cache.put(entry(key), &value, Moment(0));
        }
        assert_eq!(cache.get::<char>(entry(1), Moment(0)), Some('c'));
        assert_eq!(cache.get::<char>(entry(2), Moment(0)), None);
        assert_eq!(cache.get::<char>(entry(3), Moment(0)), Some('d'));
    }

    #[test]
    fn panicking_clone_leaves_the_store_usable() {
        struct Touchy(bool);
        impl Clone for Touchy {
            fn clone(&self) -> Self {
                assert!(!self.0, "touched");
                Self(self.0)
            }
        }
        let cache = LastGood::new(Duration::from_secs(5), None);
        let put = std::panic::AssertUnwindSafe(|| cache.put(entry(1), &Touchy(true), Moment(0)));
        assert!(std::panic::catch_unwind(put).is_err());
        cache.put(entry(1), &Touchy(false), Moment(0));
        assert!(cache.get::<Touchy>(entry(1), Moment(0)).is_some());
    }
}
