//! The public type.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::{advance, sleep};

use super::*;
use crate::cache::Cache;
use crate::error::ResilienceError;
use crate::verdict::{Class, Classify};

#[derive(Debug)]
enum Error {
    Down,
    Gone,
    Cache(ResilienceError),
}

impl From<ResilienceError> for Error {
    fn from(error: ResilienceError) -> Self {
        Self::Cache(error)
    }
}

impl Classify for Error {
    fn classify(&self) -> Verdict {
        match self {
            Self::Down => Verdict::transient(),
            Self::Gone => not_found(),
            Self::Cache(error) => error.classify(),
        }
    }
}

fn cache() -> Cache<u32> {
    Cache::new("api", CacheConfig::DEFAULT).expect("valid")
}

/// Counts how often it is asked; takes a second.
#[derive(Default)]
struct Remote(AtomicU32);

impl Remote {
    async fn ask(&self) -> Result<u32, Error> {
        let count = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        sleep(seconds(1)).await;
        Ok(count)
    }

    async fn fail(&self, error: Error) -> Result<u32, Error> {
        self.ask().await?;
        Err(error)
    }
}

#[tokio::test(start_paused = true)]
async fn callers_of_one_key_share_one_load() {
    let (cache, remote) = (cache(), Remote::default());
    let ask = |key| cache.get_or_load(key, || remote.ask());
    let (a, b, other) = tokio::join!(ask("a"), ask("a"), ask("b"));
    let [a, b, other] = [a, b, other].map(|out| out.expect("it answers"));
    assert_eq!((a, b), (1, 1));
    assert_eq!(other, 2);
    assert_eq!(ask("a").await.expect("kept"), 1);
    assert_eq!((cache.get("a"), cache.get("c")), (Some(1), None));
    assert_eq!((cache.len(), cache.is_empty()), (2, false));
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_with_those_who_wait() {
    let (cache, remote) = (cache(), Remote::default());
    let ask = || cache.get_or_load("a", || remote.fail(Error::Down));
    let (a, b) = tokio::join!(ask(), ask());
    assert!(matches!(a, Err(Error::Down)));
    let Err(Error::Cache(error)) = b else {
        panic!("it shares the failure");
    };
    assert!(
        matches!(&error, ResilienceError::SharedFailure { service, class, code, age }
            if service == "api" && *class == Class::Transient && code.is_none() && age.is_zero())
    );
    assert!(!error.is_rejection());
    assert_eq!(error.retry_after(), None);
    assert!(error.classify().is_permanent() && error.classify().is_ignored_by_breaker());
    assert_eq!(remote.0.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn an_absence_is_told_with_its_code_and_age() {
    let (cache, remote) = (cache(), Remote::default());
    let ask = || cache.get_or_load("a", || remote.fail(Error::Gone));
    assert!(matches!(ask().await, Err(Error::Gone)));
    advance(seconds(4)).await;
    let Err(Error::Cache(error)) = ask().await else {
        panic!("it is known");
    };
    assert_eq!(
        error.to_string(),
        "call to service `api` shares the end of another of the same key, which failed 4s ago \
         (permanent, http:404)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_inside_is_covered_up_by_the_old_answer() {
    let (cache, remote) = (cache(), Remote::default());
    cache
        .get_or_load("a", || remote.ask())
        .await
        .expect("it answers");
    advance(seconds(400)).await;
    let open = || async {
        Err(Error::Cache(ResilienceError::CircuitBreakerOpen {
            service: "api".into(),
            retry_after: Some(seconds(1)),
        }))
    };
    let out = cache.get_or_load("a", open).await;
    assert_eq!(out.expect("the old one"), 1);
    assert_eq!(cache.get("a"), None, "it is not fresh for that");
}

#[tokio::test(start_paused = true)]
async fn it_can_be_filled_and_emptied() {
    let (cache, remote) = (cache(), Remote::default());
    cache.insert("a", 9);
    cache.insert(&"b".to_owned(), 9);
    assert_eq!(cache.get_or_load("a", || remote.ask()).await.ok(), Some(9));
    cache.invalidate(&"a".to_owned());
    assert_eq!((cache.get("a"), cache.get("b")), (None, Some(9)));
    cache.invalidate_all();
    assert!(cache.is_empty());
}

#[test]
fn it_tells_what_it_runs_with() {
    let config = CacheConfig::DEFAULT.ttl(seconds(7));
    let cache = Cache::<u32>::new("api", config).expect("valid");
    assert_eq!(cache.config().ttl, seconds(7));
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_panics_is_followed() {
    let cache = Arc::new(cache());
    let panics = {
        let cache = Arc::clone(&cache);
        tokio::spawn(async move {
            let load = || async {
                sleep(seconds(1)).await;
                panic!("the load panics")
            };
            cache.get_or_load::<_, _, _, Error>("a", load).await
        })
    };
    tokio::task::yield_now().await;
    let remote = Remote::default();
    let follower = cache.get_or_load("a", || remote.ask()).await;
    assert_eq!(follower.expect("it loads itself"), 1);
    assert!(panics.await.is_err());
}

#[test]
fn what_cannot_run_is_said() {
    let config = CacheConfig::DEFAULT.max_entries(0);
    let error = Cache::<u32>::new("api", config).expect_err("no room at all");
    assert_eq!(
        error.to_string(),
        "`cache.max_entries` is `0` (given in code): must be at least 1"
    );
}
