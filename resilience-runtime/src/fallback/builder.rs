//! Fallbacks without a registry.

use std::fmt;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::last_good::{EntryKey, LastGood};
use crate::clock::Moment;
use crate::error::{BoxError, ResilienceError};
use crate::instance::Instance;
use crate::name::ServiceName;

/// Answers a call that failed, by steps that are tried in the order of the calls that added them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() {
/// use std::io;
/// use std::time::Duration;
/// use resilience_runtime::Fallback;
///
/// let fallback = Fallback::new()
///     .cache(Duration::from_secs(300))
///     .call(|| async { Err::<String, _>(io::Error::other("the other one is down too")) })
///     .value("try later".to_owned());
///
/// let answer = fallback.run("llm", || async { Err(io::Error::other("down")) }).await;
/// assert_eq!(answer.unwrap(), "try later");
/// # }
/// ```
pub struct Fallback<T, E> {
    steps: Vec<Step<T, E>>,
}

type Pending<T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send>>;

type Function<T, E> = Box<dyn Fn(&E) -> Pending<T, E> + Send + Sync>;

enum Step<T, E> {
    Cache(Cache<T>),
    Call(Function<T, E>),
    Value(Box<dyn Fn() -> T + Send + Sync>),
}

/// The cache of a step, with the operations that need bounds on `T`, which are known where the step is added.
struct Cache<T> {
    answers: Arc<LastGood>,
    put: fn(&LastGood, EntryKey, &T, Moment),
    get: fn(&LastGood, EntryKey, Moment) -> Option<T>,
}

/// The outcome of a fallback.
pub(crate) enum Answered<T, E> {
    By(&'static str, T),
    /// All steps failed: the error of the last function, and that of the call.
    Failed(E, E),
    /// No step had an answer: the error of the call.
    Not(E),
}

impl<T, E> Fallback<T, E> {
    /// Makes a fallback without steps.
    #[must_use]
    pub const fn new() -> Self {
        Self { steps: Vec::new() }
    }

    /// Adds a step that answers with the last good result, if it is at most `ttl` old.
    #[must_use]
    pub fn cache(self, ttl: Duration) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.cache_of(ttl, 1_000)
    }

    /// Adds a step as [`cache`](Self::cache) does, for at most `max_entries` keys (see [`run_keyed`](Self::run_keyed)).
    #[must_use]
    pub fn cache_of(mut self, ttl: Duration, max_entries: usize) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.steps.push(Step::Cache(Cache {
            answers: Arc::new(LastGood::new(ttl, Some(max_entries))),
            put: |answers, key, value, now| answers.put(key, value, now),
            get: |answers, key, now| answers.get(key, now),
        }));
        self
    }

    /// Adds a step that calls this function.
    #[must_use]
    pub fn call<F, Fut>(self, function: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.call_with_error(move |_| function())
    }

    /// Adds a step that calls this function with the error of the call.
    #[must_use]
    pub fn call_with_error<F, Fut>(mut self, function: F) -> Self
    where
        F: Fn(&E) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
    {
        self.steps
            .push(Step::Call(Box::new(move |error| Box::pin(function(error)))));
        self
    }

    /// Adds a step that answers with a copy of this value.
    #[must_use]
    pub fn value(self, value: T) -> Self
    where
        T: Clone + Send + Sync + 'static,
    {
        self.value_with(move || value.clone())
    }

    /// Adds a step that answers with the value that this function makes.
    #[must_use]
    pub fn value_with(mut self, make: impl Fn() -> T + Send + Sync + 'static) -> Self {
        self.steps.push(Step::Value(Box::new(make)));
        self
    }

    /// Runs `call`, and on failure the steps, whatever the error is. So a cache step answers also after an error that means
    /// denied or not found: [`invalidate`](Self::invalidate) it then, or use
    /// [`Service::fallback`](crate::Service::fallback), which goes by the verdict.
    ///
    /// # Errors
    /// The call's own error where no step had an answer, [`ResilienceError::FallbackFailed`] where a fallback function
    /// failed as well.
    pub async fn run<F, Fut>(&self, service: impl Into<ServiceName>, call: F) -> Result<T, E>
    where
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<ResilienceError> + Into<BoxError>,
    {
        self.run_keyed(service, &(), call).await
    }

    /// Runs `call` as [`run`](Self::run) does, with the key of the cache step.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_keyed<K, F, Fut>(
        &self,
        service: impl Into<ServiceName>,
        key: &K,
        call: F,
    ) -> Result<T, E>
    where
        K: Hash + ?Sized,
        F: FnOnce() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: From<ResilienceError> + Into<BoxError>,
    {
        let service = service.into();
        let keys = self.keys(key);
        match call().await {
            Ok(value) => {
                self.remember(&keys, &value);
                Ok(value)
            }
            Err(error) => match self.answer(&keys, error, true, &mut 0).await {
                Answered::By(_, value) => Ok(value),
                Answered::Not(error) => Err(error),
                Answered::Failed(error, source) => Err(ResilienceError::FallbackFailed {
                    service,
                    strategy: "call",
                    error: error.into(),
                    source: source.into(),
                    attempts: 0,
                }
                .into()),
            },
        }
    }

    /// Removes the last good results of `key` from the cache steps, and returns how many that were.
    pub fn invalidate<K: Hash + ?Sized>(&self, key: &K) -> usize {
        let now = Moment::now();
        let removed = |cache: &Cache<T>| cache.answers.invalidate(key, now);
        self.caches().map(removed).sum()
    }

    /// Removes all last good results from the cache steps, and returns how many that were.
    pub fn invalidate_all(&self) -> usize {
        let now = Moment::now();
        let removed = |cache: &Cache<T>| cache.answers.invalidate_all(now);
        self.caches().map(removed).sum()
    }

    /// Returns the key, as each cache hashes it. To be called when the call begins.
    pub(crate) fn keys<K: Hash + ?Sized>(&self, key: &K) -> Vec<EntryKey> {
        let instance = Instance::of_type::<T>();
        let hashed = |cache: &Cache<T>| cache.answers.key(key, instance);
        self.caches().map(hashed).collect()
    }

    /// Removes the last good results of these keys: they were revoked.
    pub(crate) fn forget(&self, keys: &[EntryKey]) {
        for (cache, key) in self.caches().zip(keys) {
            cache.answers.remove(*key);
        }
    }

    fn caches(&self) -> impl Iterator<Item = &Cache<T>> {
        self.steps.iter().filter_map(|step| match step {
            Step::Cache(cache) => Some(cache),
            _ => None,
        })
    }

    pub(crate) fn remember(&self, keys: &[EntryKey], value: &T) {
        for (cache, key) in self.caches().zip(keys) {
            (cache.put)(&cache.answers, *key, value, Moment::now());
        }
    }

    /// Tries the steps in order. `temporary`: whether a cache step may answer. `failed` counts the functions that failed
    /// themselves.
    pub(crate) async fn answer(
        &self,
        keys: &[EntryKey],
        error: E,
        temporary: bool,
        failed: &mut u32,
    ) -> Answered<T, E> {
        let mut keys = keys.iter();
        let mut last = None;
        for step in &self.steps {
            match step {
                Step::Cache(cache) => {
                    let key = keys.next().copied().unwrap_or_default();
                    if temporary
                        && let Some(value) = (cache.get)(&cache.answers, key, Moment::now())
                    {
                        return Answered::By("cache", value);
                    }
                }
                Step::Call(function) => {
                    let answer = function(&error);
                    match answer.await {
                        Ok(value) => return Answered::By("call", value),
                        Err(error) => {
                            *failed += 1;
                            last = Some(error);
                        }
                    }
                }
                Step::Value(make) => return Answered::By("value", make()),
            }
        }
        match last {
            Some(last) => Answered::Failed(last, error),
            None => Answered::Not(error),
        }
    }
}

impl<T, E> Default for Fallback<T, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T, E> fmt::Debug for Fallback<T, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.steps.iter().map(|step| match step {
                Step::Cache(_) => "cache",
                Step::Call(_) => "call",
                Step::Value(_) => "value",
            }))
            .finish()
    }
}
