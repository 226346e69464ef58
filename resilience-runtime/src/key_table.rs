//! One value for each key of a service, in bounded memory: keys are neither stored nor printed.
//!
//! A key is hashed before any lock is taken, since its `Hash` is foreign code. The table is split into shards, each behind a
//! lock that is held for a look-up, or for a few looks at what may be evicted.
//!
//! Invariant: whoever uses a value holds an `Arc` of it, and new ones come from the table alone, under the shard's lock. So a
//! value that only the table holds is in nobody's use while the lock is held, and no two values of one key are ever in use.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::clock::Moment;
use crate::keyed_hash::KeyedHash;
use crate::sync::Mutex;
use crate::sync::atomic::AtomicUsize;
use crate::sync::atomic::Ordering::Relaxed;

/// Powers of two are taken from the hash by a mask.
const SHARDS: usize = 8;
/// How many values of one shard a new key looks at for one that is at rest. All that were looked at in vain come last the next
/// time.
const LOOKS: usize = 32;

/// What each key of a service has one of, all with the configuration of the service's own one.
pub(crate) trait PerKey {
    type Config: PartialEq;

    /// Returns the configuration in force.
    fn config(&self) -> Self::Config;

    /// Takes another configuration, which has been checked.
    fn set_config(&self, config: Self::Config);

    /// Returns how many keys have one of their own.
    fn max_keys(config: &Self::Config) -> usize;

    /// Whether it may be evicted: it is no different from a new one, or was asked for last so long ago that it does not matter.
    /// Nobody uses it.
    fn is_at_rest(&self, idle: Duration, now: Moment) -> bool;
}

/// The values of the keys of one service. Made with the first key, so that services without keys pay a word.
pub(crate) struct KeyTable<T>(OnceLock<Box<Table<T>>>);

struct Table<T> {
    hasher: KeyedHash,
    shards: [Mutex<Shard<T>>; SHARDS],
    /// How many keys have a value, in all shards.
    // Relaxed: it guards no other data.
    known: AtomicUsize,
    /// Shared by the keys for which there is no room.
    overflow: OnceLock<Arc<T>>,
}

struct Shard<T> {
    /// Where the value of each key is in `slots`.
    places: HashMap<u128, usize, BuildHasherDefault<Unhashed>>,
    slots: Vec<Slot<T>>,
    /// Where the next look for a value at rest begins.
    hand: usize,
}

struct Slot<T> {
    key: u128,
    value: Arc<T>,
    /// When it was asked for last.
    used: Moment,
}

/// Keys are hashes already.
#[derive(Default)]
struct Unhashed(u64);

impl Hasher for Unhashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {
        unreachable!("only hashes of keys are hashed")
    }

    fn write_u128(&mut self, key: u128) {
        self.0 = key as u64;
    }
}

impl<T: PerKey> KeyTable<T> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Returns the value of a key. Where it has none, one is made, or all keys for which there is no room share one.
    /// `of_service` is the service's own one.
    pub(crate) fn get<K: Hash + ?Sized>(
        &self,
        key: &K,
        now: Moment,
        of_service: &T,
        make: impl FnOnce(T::Config) -> T,
    ) -> Arc<T> {
        let table = self.0.get_or_init(Box::default);
        let key = table.hasher.hash(key);
        match table.find(key, now) {
            Some(known) => known,
            None => table.make(key, now, of_service, make),
        }
    }

    /// Evicts what is at rest, until no more than `max_keys` are known.
    pub(crate) fn shrink(&self, max_keys: usize, now: Moment) {
        if let Some(table) = self.0.get() {
            for shard in 0..SHARDS {
                table.evict(shard, usize::MAX, max_keys, now);
            }
        }
    }

    /// Returns all values, that of the overflow included.
    pub(crate) fn all(&self) -> Vec<Arc<T>> {
        let mut all = Vec::new();
        if let Some(table) = self.0.get() {
            for shard in &table.shards {
                let shard = shard.lock();
                all.extend(shard.slots.iter().map(|slot| Arc::clone(&slot.value)));
            }
            all.extend(table.overflow.get().cloned());
        }
        all
    }

    /// Looks at all values, that of the overflow included, and returns how many keys have one; `None`: no key was ever seen.
    /// `look` runs under a lock.
    pub(crate) fn each(&self, mut look: impl FnMut(&T)) -> Option<usize> {
        let table = self.0.get()?;
        let mut known = 0;
        for shard in &table.shards {
            let shard = shard.lock();
            known += shard.slots.len();
            shard.slots.iter().for_each(|slot| look(&slot.value));
        }
        if let Some(shared) = table.overflow.get() {
            look(shared);
        }
        Some(known)
    }
}

impl<T: PerKey> Table<T> {
    fn shard_of(key: u128) -> usize {
        // Not the bits by which the map of the shard spreads them.
        (key >> 64) as usize % SHARDS
    }

    fn find(&self, key: u128, now: Moment) -> Option<Arc<T>> {
        self.shards[Self::shard_of(key)].lock().find(key, now)
    }

    #[cold]
    fn make(
        &self,
        key: u128,
        now: Moment,
        of_service: &T,
        make: impl FnOnce(T::Config) -> T,
    ) -> Arc<T> {
        let config = of_service.config();
        let max_keys = T::max_keys(&config);
        let value = self.add(key, now, max_keys, Arc::new(make(config)));
        // A change of the configuration reaches all values that are in the table. One that came before this one was there is
        // seen here: the service's own is changed first.
        loop {
            let config = of_service.config();
            if value.config() == config {
                return value;
            }
            value.set_config(config);
        }
    }

    /// Adds the value of a new key. Another thread may have added one meanwhile: that one is returned.
    fn add(&self, key: u128, now: Moment, max_keys: usize, value: Arc<T>) -> Arc<T> {
        let home = Self::shard_of(key);
        loop {
            {
                let mut shard = self.shards[home].lock();
                if let Some(known) = shard.find(key, now) {
                    return known;
                }
                if self.reserve(max_keys) {
                    shard.push(key, Arc::clone(&value), now);
                    return value;
                }
            }
            let mut shards = (0..SHARDS).map(|shard| (home + shard) % SHARDS);
            let room = |shard| self.evict(shard, LOOKS, max_keys.saturating_sub(1), now);
            if !shards.any(room) {
                return Arc::clone(self.overflow.get_or_init(|| value));
            }
        }
    }

    fn reserve(&self, max_keys: usize) -> bool {
        self.known
            .fetch_update(Relaxed, Relaxed, |known| {
                (known < max_keys).then(|| known + 1)
            })
            .is_ok()
    }

    /// Evicts values of one shard that are at rest, until no more than `most` keys are known. Looks at `looks` of them.
    /// Returns whether no more than so many are known.
    fn evict(&self, shard: usize, looks: usize, most: usize, now: Moment) -> bool {
        // Dropped after the lock is released.
        let mut evicted = Vec::new();
        let mut shard = self.shards[shard].lock();
        for _ in 0..looks.min(shard.slots.len()) {
            if self.known.load(Relaxed) <= most {
                break;
            }
            if let Some(value) = shard.evict_next(now) {
                evicted.push(value);
                self.known.fetch_sub(1, Relaxed);
            }
        }
        drop(shard);
        self.known.load(Relaxed) <= most
    }
}

impl<T: PerKey> Shard<T> {
    fn find(&mut self, key: u128, now: Moment) -> Option<Arc<T>> {
        let slot = &mut self.slots[*self.places.get(&key)?];
        slot.used = slot.used.max(now);
        Some(Arc::clone(&slot.value))
    }

    fn push(&mut self, key: u128, value: Arc<T>, now: Moment) {
        self.places.insert(key, self.slots.len());
        self.slots.push(Slot {
            key,
            value,
            used: now,
        });
    }

    /// Looks at one value, and evicts it if nobody uses it and it is at rest.
    fn evict_next(&mut self, now: Moment) -> Option<Arc<T>> {
        if self.hand >= self.slots.len() {
            self.hand = 0;
        }
        let place = self.hand;
        let slot = self.slots.get_mut(place)?;
        // Unlike the count, this synchronizes with those who have dropped theirs.
        let unused = Arc::get_mut(&mut slot.value);
        if !unused.is_some_and(|value| value.is_at_rest(now.since(slot.used), now)) {
            self.hand += 1;
            return None;
        }
        let evicted = self.slots.swap_remove(place);
        self.places.remove(&evicted.key);
        if let Some(moved) = self.slots.get(place) {
            self.places.insert(moved.key, place);
        }
        Some(evicted.value)
    }
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            hasher: KeyedHash::new(),
            shards: std::array::from_fn(|_| Mutex::new(Shard::default())),
            known: AtomicUsize::new(0),
            overflow: OnceLock::new(),
        }
    }
}

impl<T> Default for Shard<T> {
    fn default() -> Self {
        Self {
            places: HashMap::default(),
            slots: Vec::new(),
            hand: 0,
        }
    }
}

impl<T> fmt::Debug for KeyTable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyTable").finish_non_exhaustive()
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    #[derive(Default)]
    struct Value {
        busy: AtomicBool,
        config: Mutex<usize>,
    }

    impl Value {
        fn of(max_keys: usize) -> Self {
            Self {
                busy: AtomicBool::new(false),
                config: Mutex::new(max_keys),
            }
        }
    }

    impl PerKey for Value {
        type Config = usize;

        fn config(&self) -> usize {
            *self.config.lock()
        }

        fn set_config(&self, config: usize) {
            *self.config.lock() = config;
        }

        fn max_keys(config: &usize) -> usize {
            *config
        }

        fn is_at_rest(&self, idle: Duration, _: Moment) -> bool {
            !self.busy.load(Relaxed) || idle >= Duration::from_secs(60)
        }
    }

    fn get(table: &KeyTable<Value>, key: u32, max_keys: usize) -> Arc<Value> {
        table.get(&key, Moment(0), &Value::of(max_keys), Value::of)
    }

    fn known(table: &KeyTable<Value>) -> Option<usize> {
        table.each(|_| ())
    }

    #[test]
    fn key_keeps_its_value_while_there_is_room() {
        let table = KeyTable::new();
        assert_eq!(known(&table), None);
        let first = get(&table, 1, 2);
        let other = get(&table, 2, 2);
        assert!(!Arc::ptr_eq(&first, &other));
        assert!(Arc::ptr_eq(&first, &get(&table, 1, 2)));
        assert_eq!(known(&table), Some(2));
    }

    #[test]
    fn value_in_use_or_not_at_rest_is_never_evicted() {
        let table = KeyTable::new();
        let in_use = get(&table, 1, 2);
        let not_at_rest = get(&table, 2, 2);
        not_at_rest.busy.store(true, Relaxed);
        let address = Arc::as_ptr(&not_at_rest);
        drop(not_at_rest);
        let shared = get(&table, 3, 2);
        assert!(
            Arc::ptr_eq(&shared, &get(&table, 4, 2)),
            "there is no room for either"
        );
        assert!(Arc::ptr_eq(&in_use, &get(&table, 1, 2)));
        let again = get(&table, 2, 2);
        assert_eq!(address, Arc::as_ptr(&again));
        again.busy.store(false, Relaxed);
        drop(again);
        assert!(!Arc::ptr_eq(&shared, &get(&table, 3, 2)), "there is room");
        assert_eq!(known(&table), Some(2));
    }

    #[test]
    fn value_that_nobody_asked_for_is_evicted_in_the_end() {
        let table = KeyTable::new();
        get(&table, 1, 1).busy.store(true, Relaxed);
        let later = |seconds| Moment(0).after(Duration::from_secs(seconds));
        let at = |key: u32, now| table.get(&key, now, &Value::of(1), Value::of);
        let first = Arc::as_ptr(&at(1, later(30)));
        let shared = at(2, later(89));
        assert_eq!(first, Arc::as_ptr(&at(1, later(30))));
        assert!(!Arc::ptr_eq(&shared, &at(2, later(90))));
    }

    #[test]
    fn many_keys_take_no_more_room_than_the_most() {
        let table = KeyTable::new();
        for key in 0..10_000 {
            get(&table, key, 100);
        }
        assert_eq!(known(&table), Some(100));
        table.shrink(7, Moment(0));
        assert_eq!(known(&table), Some(7));
    }

    #[test]
    fn change_of_the_configuration_reaches_a_value_that_is_made_meanwhile() {
        let table = KeyTable::new();
        let of_service = Value::of(5);
        let value = table.get(&1, Moment(0), &of_service, |config| {
            of_service.set_config(6);
            Value::of(config)
        });
        assert_eq!(value.config(), 6);
    }

    #[test]
    fn threads_that_ask_at_once_get_the_same_value() {
        for _ in 0..100 {
            let table = KeyTable::new();
            let barrier = Barrier::new(4);
            let ask = || {
                barrier.wait();
                get(&table, 1, 10)
            };
            let values = thread::scope(|scope| {
                let threads = [(); 4].map(|()| scope.spawn(ask));
                threads.map(|thread| thread.join().expect("no panic"))
            });
            assert!(values.iter().all(|value| Arc::ptr_eq(value, &values[0])));
        }
    }
}
