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
    Evicted,
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
            Self::Evicted => not_found(),
            Self::Cache(error) => error.classify(),
        }
    }
}

fn cache() -> Cache<u32> {
    Cache::new("api", CacheConfig::DEFAULT).expect("valid")
}

/// Counts how often it is called; takes a second.
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
async fn concurrent_callers_share_one_load() {
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
async fn failure_is_shared_with_waiters() {
    let (cache, remote) = (cache(), Remote::default());
    let ask = || cache.get_or_load("a", || remote.fail(Error::Down));
    let (a, b) = tokio::join!(ask(), ask());
    assert!(matches!(a, Err(Error::Down)));
    let Err(Error::Cache(error)) = b else {
        panic!("it shares the failure");
    };
    assert!(
        matches!(&error, ResilienceError::SharedFailure { service, class, code, reason, age }
            if service == "api" && *class == Class::Transient && code.is_none() && reason.is_none() && age.is_zero())
    );
    assert!(!error.is_rejection());
    assert_eq!(error.retry_after(), None);
    assert!(error.classify().is_permanent() && error.classify().is_ignored_by_breaker());
    assert_eq!(remote.0.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn absence_returns_shared_failure_with_code_and_age() {
    let (cache, remote) = (cache(), Remote::default());
    let ask = || cache.get_or_load("a", || remote.fail(Error::Evicted));
    assert!(matches!(ask().await, Err(Error::Evicted)));
    advance(seconds(4)).await;
    let Err(Error::Cache(error)) = ask().await else {
        panic!("it is known");
    };
    assert_eq!(
        error.to_string(),
        "call to service `api` was not sent: a call whose answer it shares failed 4s ago \
         (permanent, http:404)"
    );
}

#[tokio::test(start_paused = true)]
async fn stale_value_is_served_while_a_circuit_is_open() {
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
            attempts: 0,
        }))
    };
    let out = cache.get_or_load("a", open).await;
    assert_eq!(out.expect("the old one"), 1);
    assert_eq!(cache.get("a"), None, "it is not fresh for that");
}

#[tokio::test(start_paused = true)]
async fn insert_and_invalidate_change_the_entries() {
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
fn config_and_debug_show_the_configuration() {
    let config = CacheConfig::DEFAULT.ttl(seconds(7));
    let cache = Cache::<u32>::new("api", config).expect("valid");
    assert_eq!(cache.config().ttl, seconds(7));
}

#[tokio::test(start_paused = true)]
async fn panicking_leader_is_replaced_by_a_waiter() {
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
fn new_rejects_invalid_config() {
    let config = CacheConfig::DEFAULT.max_entries(0);
    let error = Cache::<u32>::new("api", config).expect_err("no room at all");
    assert_eq!(
        error.to_string(),
        "`cache.max_entries` is `0` (given in code): must be at least 1"
    );
}

/// It is for the one who asked: the server waits for the same call with the answers.
#[cfg(feature = "rmcp")]
#[tokio::test(start_paused = true)]
async fn question_for_input_is_neither_kept_nor_shared() {
    use ::rmcp::model::{CallToolResponse, CallToolResult, InputRequiredResult};

    let rounds = AtomicU32::new(0);
    let call = || async {
        sleep(seconds(1)).await;
        let round = rounds.fetch_add(1, Ordering::SeqCst);
        let asks = InputRequiredResult::new(None, Some(round.to_string()));
        Ok::<_, Error>(CallToolResponse::from(asks))
    };
    for cache in [
        Cache::<CallToolResponse>::new("shop", CacheConfig::DEFAULT).expect("valid"),
        Cache::new("shop", CacheConfig::DEFAULT.private(true))
            .expect("valid")
            .lifetime(|_| 60),
    ] {
        let (one, two) = tokio::join!(cache.get_or_load("a", call), cache.get_or_load("a", call));
        let state = |answer: Result<CallToolResponse, Error>| match answer {
            Ok(CallToolResponse::InputRequired(asks)) => asks.request_state,
            _ => panic!("it was to ask"),
        };
        assert_ne!(state(one), state(two));
        assert!(cache.is_empty());
        cache.insert(
            "a",
            InputRequiredResult::new(None, Some("9".to_owned())).into(),
        );
        assert!(cache.is_empty());
        let done = CallToolResponse::from(CallToolResult::success(vec![]));
        cache.insert("a", done);
        assert_eq!(cache.len(), 1);
    }
}
