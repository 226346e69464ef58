//! The typed cache of the public API.

use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use super::{
    CacheLifetime, Cacheable, Extent, Failure, Instead, Keep, Leader, Load, LoadOutcome,
    LoadResult, Loaded, Lookup, Served, Shortcut, Store, Timer, Value, WaitEnd, WaitOutcome,
    Waiter, copied,
};
use crate::clock::Moment;
use crate::config::{CacheConfig, ConfigError, ConfigSource};
use crate::error::ResilienceError;
use crate::instance::Instance;
use crate::name::ServiceName;
use crate::verdict::{Classify, Reason, is_partial};

/// Keeps values by key, and loads each missing one once for all concurrent callers.
///
/// * A fresh value is returned at once. One that is due for a refresh is loaded by the next caller, and all others get
///   the fresh one meanwhile. Nothing runs in the background: a load is a future of its caller. If that is dropped, one
///   of the waiters starts a load of its own.
/// * Nobody depends on another caller's poll: where a load was woken and is not polled for 50 ms, the longest waiter
///   loads as well, and whoever is first has the value for all. `k` such callers cost the others 50 ms each at most.
///   For that the waiters need a runtime with timers; without one they wait until the load ends or is dropped.
/// * A refresh keeps its caller for 1 s at most while the value is fresh. One that is cut counts as failed, and the next
///   is tried after 1 s, then 2 s, at most 60 s; once the value has expired, the next caller loads as usual.
/// * After a failed load the stale value is served, if it is not too old and the failure is temporary; never after a
///   permanent one, and with [`Reason::Denied`] or [`NotFound`] it is removed. While such a failure lasts, the next load
///   is tried after 1 s, then 2 s, at most 60 s, and all callers get the stale value meanwhile.
/// * Without a stale value, the waiters get [`ResilienceError::SharedFailure`], because errors cannot be copied. With
///   [`NotFound`] so do all callers for the next `negative_ttl`.
/// * Keys are kept as randomly keyed hashes. Neither they nor the values are ever printed.
/// * When there is no room, the entry that expires first is evicted.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use std::time::Duration;
/// use resilience_runtime::{BoxError, Cache, CacheConfig};
///
/// let names = Cache::<String>::new(
///     "users",
///     CacheConfig::default().ttl(Duration::from_secs(60)),
/// )?;
/// let load = || async { Ok::<_, BoxError>("Ada".to_owned()) };
/// assert_eq!(names.get_or_load(&1, load).await?, "Ada");
///
/// let not_called = || async { Err::<String, BoxError>("not called".into()) };
/// assert_eq!(names.get_or_load(&1, not_called).await?, "Ada");
///
/// names.invalidate(&1);
/// assert!(names.get_or_load(&1, not_called).await.is_err());
/// # Ok(()) }
/// ```
///
/// [`Reason::Denied`]: crate::verdict::Reason::Denied
/// [`NotFound`]: crate::verdict::Reason::NotFound
pub struct Cache<T> {
    name: ServiceName,
    store: Arc<Store>,
    lifetime: Option<LifetimeOf<T>>,
    answer: PhantomData<fn() -> T>,
}

/// Reads from an answer how long it is kept.
type LifetimeOf<T> = Arc<dyn Fn(&T) -> CacheLifetime + Send + Sync>;

impl<T: Cacheable> Cache<T> {
    /// Makes an empty cache for the results of the service of this name.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(name: impl Into<ServiceName>, config: CacheConfig) -> Result<Self, ConfigError> {
        Ok(Self {
            name: name.into(),
            store: Arc::new(Store::new(config, &ConfigSource::Code)?),
            lifetime: None,
            answer: PhantomData,
        })
    }

    /// Keeps each answer as long as it says itself, in place of the `ttl` of the configuration.
    ///
    /// ```
    /// use resilience_runtime::{Cache, CacheConfig};
    ///
    /// #[derive(Clone)]
    /// struct Token { secret: String, expires_in: u64 }
    ///
    /// let tokens = Cache::<Token>::new("auth", CacheConfig::default())?
    ///     .lifetime(|token| token.expires_in);
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn lifetime<L: Into<CacheLifetime>>(
        mut self,
        lifetime: impl Fn(&T) -> L + Send + Sync + 'static,
    ) -> Self {
        self.lifetime = Some(Arc::new(move |answer| lifetime(answer).into()));
        self
    }

    /// Returns the configuration of the cache.
    #[must_use]
    pub fn config(&self) -> &CacheConfig {
        self.store.config()
    }

    /// Returns the value of `key`, from the cache or by `load`.
    ///
    /// # Errors
    /// What `load` failed with, or [`ResilienceError::SharedFailure`] where another caller's did.
    pub async fn get_or_load<K, F, Fut, E>(&self, key: &K, load: F) -> Result<T, E>
    where
        K: Hash + ?Sized,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<ResilienceError> + Classify,
    {
        let hash = self.store.hash(key);
        let leader = match self.store.lookup(hash, Self::instance(), Moment::now()) {
            Lookup::Hit(value) => return Ok(copied(&value)),
            Lookup::Stale(served) => return Ok(self.served(&served)),
            Lookup::Absent(absence) => {
                return Err(self.shared(absence.failure, absence.since).into());
            }
            Lookup::Load(leader) | Lookup::Refresh(leader) => leader,
            Lookup::Wait(waiter) => match wait_for(waiter).await {
                Ok(leader) => leader,
                Err(LoadOutcome::Answer(value)) => return Ok(copied(&value)),
                Err(LoadOutcome::Served(served)) => return Ok(self.served(&served)),
                Err(LoadOutcome::Failed(failure, at)) => {
                    return Err(self.shared(failure, at).into());
                }
                Err(LoadOutcome::NotShared) => return load().await,
            },
        };
        let watch = Some(leader.load_watch());
        match Load::new(watch, Extent::Body, load()).await {
            Loaded::Own(out) => self.loaded(leader, out),
            Loaded::Instead(Instead(Shortcut::Fresh(value))) => {
                leader.complete(LoadResult::Failed(Failure::cut()), Moment::now());
                Ok(copied(&value))
            }
            Loaded::Instead(Instead(Shortcut::Shared(_))) => {
                unreachable!("a loader has nothing before its body")
            }
        }
    }

    /// Returns the fresh value of `key`, if there is one.
    #[must_use]
    pub fn get<K: Hash + ?Sized>(&self, key: &K) -> Option<T> {
        let hash = self.store.hash(key);
        let value = self.store.fresh(hash, Self::instance(), Moment::now())?;
        Some(copied(&value))
    }

    /// Inserts a value that did not come from a load, for as long as it [says itself](Self::lifetime). Callers that wait for a load
    /// of `key` get it as well, unless it is for one of them alone, and the result of that load is not kept.
    pub fn insert<K: Hash + ?Sized>(&self, key: &K, answer: T) {
        let (hash, keep) = (self.store.hash(key), self.keep(&answer));
        let value: Value = Arc::new(answer);
        self.store
            .insert(hash, Self::instance(), value, keep, Moment::now());
    }

    /// Removes the value of `key`, and returns how many entries that were: none where nothing was asked for under a key
    /// that hashes in the same way. A load in progress still completes for its waiters, but its result is not kept.
    pub fn invalidate<K: Hash + ?Sized>(&self, key: &K) -> usize {
        self.store.invalidate(self.store.hash(key), Moment::now())
    }

    /// Removes all values from the cache, and returns how many entries that were.
    pub fn invalidate_all(&self) -> usize {
        self.store.invalidate_all(Moment::now())
    }

    /// Returns the number of entries that have not expired, remembered absences included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len(Moment::now())
    }

    /// Returns whether the cache has no entry.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the result of a load that has ended, or the value that stands in for it.
    fn loaded<E: Classify>(&self, leader: Leader, out: Result<T, E>) -> Result<T, E> {
        let now = Moment::now();
        let served = match &out {
            Ok(answer) => {
                let keep = self.keep(answer);
                leader.complete(LoadResult::Value(Arc::new(answer.clone()), keep), now)
            }
            Err(error) => {
                let failure = Failure::of(error.classify());
                match failure.reason {
                    Some(Reason::Rejected) => leader.rejected(failure, now),
                    _ => leader.complete(LoadResult::Failed(failure), now),
                }
            }
        };
        match served {
            Some(served) => Ok(self.served(&served)),
            None => out,
        }
    }

    fn keep(&self, answer: &T) -> Keep {
        match &self.lifetime {
            _ if is_partial(answer) => Keep::Own,
            Some(lifetime) => Keep::Given(lifetime(answer)),
            None => Keep::Configured,
        }
    }

    fn instance() -> Instance {
        Instance::of_type::<T>()
    }

    fn shared(&self, failure: Failure, at: Moment) -> ResilienceError {
        failure.shared(self.name.clone(), Moment::now().since(at))
    }

    fn served(&self, served: &Served) -> T {
        if let Some(stale) = served.stale {
            self.log_stale(served.failure, stale);
        }
        copied(&served.value)
    }

    #[cold]
    fn log_stale(&self, failure: Failure, stale: Duration) {
        tracing::warn!(
            target: "resilience",
            service = self.name.as_str(),
            class = failure.class.name(),
            code = failure.code.map(tracing::field::display),
            stale_age_ms = u64::try_from(stale.as_millis()).unwrap_or(u64::MAX),
            "served stale value"
        );
    }
}

/// Waits for another caller's load, or until this caller is to lead one.
async fn wait_for(mut waiter: Waiter) -> Result<Leader, LoadOutcome> {
    let mut timer = pin!(Timer::new());
    match poll_fn(|cx| waiter.poll_until(Moment::FAR_FUTURE, timer.as_mut(), cx)).await {
        WaitEnd::Outcome(WaitOutcome::Leads(leader)) => Ok(leader),
        WaitEnd::Outcome(WaitOutcome::Completed(outcome)) => Err(outcome),
        WaitEnd::Outcome(WaitOutcome::Alone) | WaitEnd::DeadlinePassed | WaitEnd::NoTimer(_) => {
            unreachable!("it has no deadline, and its own load was not rejected")
        }
    }
}

impl<T> fmt::Debug for Cache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("name", &self.name)
            .field("config", self.store.config())
            .field("len", &self.store.len(Moment::now()))
            .finish_non_exhaustive()
    }
}
