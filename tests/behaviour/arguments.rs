//! Arguments: what each attempt receives, and what is evaluated once.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience_runtime::{Registry, resilient};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

fn noted<T>(counter: &Cell<u32>, value: T) -> T {
    counter.set(counter.get() + 1);
    value
}

#[resilient(
    service = "api",
    circuit_breaker = off,
    retry(max_attempts = 3, base_delay = "1ms"),
    rate_limit(requests_per_second = 1_000_000, key = noted(keys, 1), cost = noted(costs, 1)),
    correlation_id = noted(ids, "id")
)]
async fn evaluated(
    remote: &Remote,
    keys: &Cell<u32>,
    costs: &Cell<u32>,
    ids: &Cell<u32>,
) -> Answer {
    assert_eq!((keys.get(), costs.get(), ids.get()), (1, 1, 1), "before it");
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn key_cost_and_correlation_id_are_evaluated_once() {
    let (keys, costs, ids) = (Cell::new(0), Cell::new(0), Cell::new(0));
    let remote = Remote::failing();
    let call = evaluated(&remote, &keys, &costs, &ids);
    Registry::new().scope(call).await.unwrap_err();
    assert_eq!(remote.asked(), 3);
    assert_eq!((keys.get(), costs.get(), ids.get()), (1, 1, 1));
}

/// An argument that counts its copies.
struct Counted(Arc<AtomicU32>);

impl Counted {
    fn new() -> (Self, Arc<AtomicU32>) {
        let copies = Arc::default();
        (Self(Arc::clone(&copies)), copies)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

#[tokio::test(start_paused = true)]
async fn owned_arguments_are_cloned_for_each_attempt_but_the_last() {
    #[resilient(service = "api", circuit_breaker = off, retry(max_attempts = 3, base_delay = "1ms"))]
    async fn owned(remote: &Remote, mut text: String, counted: Counted) -> Answer {
        text.push('!');
        assert_eq!(text, "hello!", "what an attempt changes is its own");
        drop(counted);
        remote.answer()
    }
    let (counted, copies) = Counted::new();
    let remote = Remote::failing();
    let call = owned(&remote, "hello".into(), counted);
    Registry::new().scope(call).await.unwrap_err();
    assert_eq!((remote.asked(), copies.load(Ordering::Relaxed)), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn borrowed_arguments_are_never_cloned() {
    struct NotClone(AtomicU32);
    #[resilient(
        service = "api",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "1ms"),
        borrow(shared, counted)
    )]
    async fn lent(remote: &Remote, shared: NotClone, counted: Counted) -> Answer {
        let _ = &counted;
        shared.0.fetch_add(1, Ordering::Relaxed);
        assert_eq!(
            shared.0.load(Ordering::Relaxed) as usize,
            remote.asked() + 1
        );
        remote.answer()
    }
    let (counted, copies) = Counted::new();
    let remote = Remote::failing();
    let call = lent(&remote, NotClone(AtomicU32::new(0)), counted);
    Registry::new().scope(call).await.unwrap_err();
    assert_eq!((remote.asked(), copies.load(Ordering::Relaxed)), (3, 0));
}

#[tokio::test(start_paused = true)]
async fn without_retries_arguments_are_moved() {
    struct NotClone;
    #[resilient(service = "api", retry = off)]
    async fn moved(remote: &Remote, only: NotClone, counted: Counted) -> Answer {
        drop((only, counted));
        remote.answer()
    }
    let (counted, copies) = Counted::new();
    let remote = Remote::healthy();
    let call = moved(&remote, NotClone, counted);
    Registry::new().scope(call).await.unwrap();
    assert_eq!(copies.load(Ordering::Relaxed), 0);
}

#[tokio::test(start_paused = true)]
async fn mutable_borrows_are_lent_to_every_attempt() {
    #[resilient(service = "api", circuit_breaker = off, retry(max_attempts = 3, base_delay = "1ms"))]
    async fn appended(remote: &Remote, log: &mut Vec<usize>) -> Answer {
        log.push(remote.asked());
        remote.answer()
    }
    let remote = Remote::scripted([Err(ApiError::Transient), Err(ApiError::Transient)]);
    let mut log = Vec::new();
    Registry::new()
        .scope(appended(&remote, &mut log))
        .await
        .unwrap();
    assert_eq!(log, [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn argument_used_by_fallback_is_cloned_once_without_retries() {
    #[resilient(service = "api", retry = off, fallback = backup)]
    async fn primary(remote: &Remote, counted: Counted) -> Answer {
        drop(counted);
        remote.answer()
    }
    fn backup(_: &Remote, counted: Counted) -> Answer {
        Ok(counted.0.load(Ordering::Relaxed))
    }
    let (counted, _) = Counted::new();
    let remote = Remote::always(|| Err(ApiError::Permanent));
    let call = primary(&remote, counted);
    assert_eq!(Registry::new().scope(call).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn correlation_id_is_formatted_only_for_subscribers() {
    struct Costly<'a>(&'a Cell<u32>);
    impl std::fmt::Display for Costly<'_> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.set(self.0.get() + 1);
            f.write_str("id")
        }
    }
    #[resilient(service = "api", circuit_breaker = off, correlation_id = Costly(shown))]
    async fn named(remote: &Remote, shown: &Cell<u32>) -> Answer {
        let _ = shown;
        remote.answer()
    }
    let registry = Registry::new();
    let remote = Remote::healthy();
    let shown = Cell::new(0);
    let call = || registry.scope(named(&remote, &shown));
    call().await.unwrap();
    assert_eq!(shown.get(), 0);
    let _events = registry.subscribe();
    call().await.unwrap();
    assert_eq!(shown.get(), 1);
}
