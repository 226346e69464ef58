//! The last good results of a function, read only after a failure.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Moment;
use crate::keyed_hash::KeyedHash;
use crate::sync::Mutex;

/// The default number of entries.
pub(crate) const DEFAULT_MAX_ENTRIES: usize = 1_000;

/// Results by key; the oldest is evicted first. Keys are kept as keyed hashes.
pub(crate) struct LastGood {
    ttl: Duration,
    max_entries: usize,
    keys: KeyedHash,
    // One store for each type: a generic function has one cache and many result types.
    stores: Mutex<HashMap<TypeId, Box<dyn Any + Send>>>,
}

/// A result, and when it was stored.
struct Answer<T> {
    value: Arc<T>,
    at: Moment,
    order: u64,
}

struct Store<T> {
    answers: HashMap<u128, Answer<T>>,
    by_age: BTreeMap<u64, u128>,
    next: u64,
}

impl<T> Default for Store<T> {
    fn default() -> Self {
        Self {
            answers: HashMap::new(),
            by_age: BTreeMap::new(),
            next: 0,
        }
    }
}

impl<T> Store<T> {
    /// Returns what was displaced, to be dropped outside of the lock.
    fn put(&mut self, key: u128, value: Arc<T>, at: Moment, max_entries: usize) -> Vec<Answer<T>> {
        let order = self.next;
        self.next += 1;
        let mut displaced: Vec<Answer<T>> = self
            .answers
            .insert(key, Answer { value, at, order })
            .into_iter()
            .collect();
        for old in &displaced {
            self.by_age.remove(&old.order);
        }
        self.by_age.insert(order, key);
        while self.answers.len() > max_entries {
            let Some((_, oldest)) = self.by_age.pop_first() else {
                break;
            };
            displaced.extend(self.answers.remove(&oldest));
        }
        displaced
    }
}

impl LastGood {
    pub(crate) fn new(ttl: Duration, max_entries: Option<usize>) -> Self {
        Self {
            ttl,
            max_entries: max_entries.unwrap_or(DEFAULT_MAX_ENTRIES),
            keys: KeyedHash::new(),
            stores: Mutex::new(HashMap::new()),
        }
    }

    pub(crate) fn hash<K: Hash + ?Sized>(&self, key: &K) -> u128 {
        self.keys.hash(key)
    }

    pub(crate) fn put<T: Clone + Send + Sync + 'static>(&self, key: u128, value: &T, now: Moment) {
        // Cloned outside of the lock: it is the user's code.
        let value = Arc::new(value.clone());
        let displaced = {
            let mut stores = self.stores.lock();
            stores
                .entry(TypeId::of::<T>())
                .or_insert_with(|| Box::new(Store::<T>::default()))
                .downcast_mut::<Store<T>>()
                .map(|store| store.put(key, value, now, self.max_entries))
        };
        drop(displaced);
    }

    pub(crate) fn get<T: Clone + Send + Sync + 'static>(
        &self,
        key: u128,
        now: Moment,
    ) -> Option<T> {
        let value = {
            let stores = self.stores.lock();
            let store = stores.get(&TypeId::of::<T>())?.downcast_ref::<Store<T>>()?;
            let answer = store.answers.get(&key)?;
            (now.since(answer.at) <= self.ttl).then(|| Arc::clone(&answer.value))?
        };
        Some(T::clone(&value))
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

    #[test]
    fn get_returns_a_result_until_ttl() {
        let cache = LastGood::new(Duration::from_secs(5), None);
        let key = cache.hash("a");
        cache.put(key, &"answer", Moment(0));
        assert_eq!(cache.get::<&str>(key, Moment(5 * SECOND)), Some("answer"));
        assert_eq!(cache.get::<&str>(key, Moment(5 * SECOND + 1)), None);
        assert_eq!(cache.get::<&str>(cache.hash("b"), Moment(0)), None);
        assert_eq!(cache.get::<u32>(key, Moment(0)), None, "another type");
    }

    #[test]
    fn put_evicts_the_oldest_result() {
        let cache = LastGood::new(Duration::from_secs(5), Some(2));
        for (key, value) in [(1, 'a'), (2, 'b'), (1, 'c'), (3, 'd')] {
            cache.put(key, &value, Moment(0));
        }
        assert_eq!(cache.get::<char>(1, Moment(0)), Some('c'));
        assert_eq!(cache.get::<char>(2, Moment(0)), None);
        assert_eq!(cache.get::<char>(3, Moment(0)), Some('d'));
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
        let put = std::panic::AssertUnwindSafe(|| cache.put(1, &Touchy(true), Moment(0)));
        assert!(std::panic::catch_unwind(put).is_err());
        cache.put(1, &Touchy(false), Moment(0));
        assert!(cache.get::<Touchy>(1, Moment(0)).is_some());
    }
}
