//! The cache by hand.

use std::fmt;
use std::future::{Future, poll_fn};
use std::hash::Hash;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::{Cacheable, End, Failure, Landing, Look, Served, Store, Turn, Value, Variant, copied};
use crate::clock::Moment;
use crate::config::{CacheConfig, ConfigError, ConfigSource};
use crate::error::ResilienceError;
use crate::name::ServiceName;
use crate::verdict::Classify;

/// A read-through cache: it gives a fresh answer at once, has a missing one loaded by one caller for all who
/// ask for it meanwhile, and gives an old one where a new one cannot be had.
///
/// * A fresh answer that is due for a refresh is loaded anew by the next caller, everybody else gets it at
///   once. Nothing runs in the background: a load is a future of its caller. If that is dropped, one of
///   those who wait goes on with a load of its own.
/// * After a failed load the old answer is given, if it is not too old and the error may pass; never after
///   a permanent one, and with [`Reason::Denied`] or [`NotFound`] it is forgotten. While such a failure lasts,
///   the next load is tried after 1 s, then 2 s, at most 60 s, and everybody gets the old answer meanwhile.
/// * Without an old answer, those who waited get [`ResilienceError::SharedFailure`], because errors cannot be
///   copied. With [`NotFound`] so does everybody for the next `negative_ttl`.
/// * Keys are kept as randomly keyed hashes. Neither they nor the answers are ever printed.
/// * When there is no room, the entry whose time is up first goes.
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
/// let not_asked = || async { Err::<String, BoxError>("nobody asks".into()) };
/// assert_eq!(names.get_or_load(&1, not_asked).await?, "Ada");
///
/// names.invalidate(&1);
/// assert!(names.get_or_load(&1, not_asked).await.is_err());
/// # Ok(()) }
/// ```
///
/// [`Reason::Denied`]: crate::verdict::Reason::Denied
/// [`NotFound`]: crate::verdict::Reason::NotFound
pub struct Cache<T> {
    name: ServiceName,
    store: Arc<Store>,
    answer: PhantomData<fn() -> T>,
}

impl<T: Cacheable> Cache<T> {
    /// An empty cache of what `name` answers.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(name: impl Into<ServiceName>, config: CacheConfig) -> Result<Self, ConfigError> {
        Ok(Self {
            name: name.into(),
            store: Arc::new(Store::new(config, &ConfigSource::Code)?),
            answer: PhantomData,
        })
    }

    /// Its configuration.
    #[must_use]
    pub fn config(&self) -> &CacheConfig {
        self.store.config()
    }

    /// The answer under `key`, from here or by `load`.
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
        let leader = match self.store.look(hash, Self::variant(), Moment::now()) {
            Look::Hit(value) => return Ok(copied(&value)),
            Look::Stale(served) => return Ok(self.served(&served)),
            Look::Absent(absence) => {
                return Err(self.shared(absence.failure, absence.since).into());
            }
            Look::Load(leader) | Look::Refresh(leader) => leader,
            Look::Wait(mut waiter) => match poll_fn(|cx| waiter.poll(cx)).await {
                Turn::Leads(leader) => leader,
                Turn::Landed(Landing::Answer(value)) => return Ok(copied(&value)),
                Turn::Landed(Landing::Served(served)) => return Ok(self.served(&served)),
                Turn::Landed(Landing::Failed(failure, at)) => {
                    return Err(self.shared(failure, at).into());
                }
            },
        };
        let out = load().await;
        let end = match &out {
            Ok(answer) => End::Good(Arc::new(answer.clone())),
            Err(error) => End::Failed(Failure::of(error.classify())),
        };
        match leader.land(end, Moment::now()) {
            Some(served) => Ok(self.served(&served)),
            None => out,
        }
    }

    /// The fresh answer under `key`, if there is one.
    #[must_use]
    pub fn get<K: Hash + ?Sized>(&self, key: &K) -> Option<T> {
        let hash = self.store.hash(key);
        let value = self.store.fresh(hash, Self::variant(), Moment::now())?;
        Some(copied(&value))
    }

    /// Keeps an answer that came from elsewhere. It also goes to those who wait for a load of `key`, whose
    /// own answer is then not kept.
    pub fn insert<K: Hash + ?Sized>(&self, key: &K, answer: T) {
        let (hash, value): (_, Value) = (self.store.hash(key), Arc::new(answer));
        self.store
            .insert(hash, Self::variant(), value, Moment::now());
    }

    /// Forgets what is under `key`. A load that is on its way still answers those who wait for it, but its
    /// answer is not kept.
    pub fn invalidate<K: Hash + ?Sized>(&self, key: &K) {
        self.store.invalidate(self.store.hash(key));
    }

    /// Forgets everything.
    pub fn invalidate_all(&self) {
        self.store.invalidate_all();
    }

    /// How many keys are remembered, those under which there is nothing included. Entries whose time is up
    /// count until something takes their place.
    #[must_use]
    pub fn len(&self) -> usize {
        self.store.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn variant() -> Variant {
        Variant::of::<T>("")
    }

    fn shared(&self, failure: Failure, at: Moment) -> ResilienceError {
        failure.shared(self.name.clone(), Moment::now().since(at))
    }

    fn served(&self, served: &Served) -> T {
        if let Some(stale) = served.stale {
            self.tell_stale(served.failure, stale);
        }
        copied(&served.value)
    }

    #[cold]
    fn tell_stale(&self, failure: Failure, stale: Duration) {
        tracing::warn!(
            target: "resilience",
            service = self.name.as_str(),
            class = failure.class.name(),
            code = failure.code.map(tracing::field::display),
            stale_age_ms = u64::try_from(stale.as_millis()).unwrap_or(u64::MAX),
            "answered with a stale answer"
        );
    }
}

impl<T> fmt::Debug for Cache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("name", &self.name)
            .field("config", self.store.config())
            .field("len", &self.store.len())
            .finish_non_exhaustive()
    }
}
