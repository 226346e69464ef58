//! The store is away, slow, forgetful, or refuses.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use resilience_runtime::config::{OnStoreLoss, RateLimitSettings};
use resilience_runtime::fleet::{
    FleetConfig, FleetStore, Grant, GrantRequest, MemoryStore, StoreFuture,
};
use resilience_runtime::{BoxError, Registry, ServiceSettings, Settings, resilient};
use tokio::time::{Instant, sleep};

use crate::attribute::process;

const SECOND: Duration = Duration::from_secs(1);

#[resilient(
    service = "search",
    retry = off,
    rate_limit(requests_per_minute = 60, strategy = "sliding_window", max_wait = "0s", shared)
)]
async fn search() -> Result<(), BoxError> {
    Ok(())
}

/// Calls ten times a second for so long; returns how many passed.
async fn calls(registry: &Registry, lasts: Duration) -> usize {
    let began = Instant::now();
    let mut passed = 0;
    while began.elapsed() < lasts {
        passed += usize::from(registry.scope(search()).await.is_ok());
        sleep(Duration::from_millis(100)).await;
    }
    passed
}

fn with(store: &MemoryStore, by: OnStoreLoss) -> Registry {
    let registry = process(store);
    let limit = RateLimitSettings::new().on_store_loss(by);
    let settings = Settings::new().service("search", ServiceSettings::new().rate_limit(limit));
    registry.configure(settings).unwrap();
    registry
}

#[tokio::test(start_paused = true)]
async fn a_lost_store_leaves_a_share_nothing_or_all() {
    for (by, least, most) in [
        (OnStoreLoss::Share, 27, 31),
        (OnStoreLoss::Closed, 0, 1),
        (OnStoreLoss::Open, 58, 61),
    ] {
        let store = MemoryStore::new();
        let processes = [with(&store, by), with(&store, by)];
        for process in processes.iter().chain(&processes) {
            assert!(calls(process, SECOND).await >= 9);
        }
        // What was granted is over by then.
        sleep(2 * SECOND).await;
        store.fail_next(u64::MAX);
        calls(&processes[0], 61 * SECOND).await;
        let passed = calls(&processes[0], 60 * SECOND).await;
        assert!((least..=most).contains(&passed), "{by}: {passed}");
        // And it is shared again when the store is back.
        store.fail_next(0);
        sleep(130 * SECOND).await;
        let passed = calls(&processes[0], 60 * SECOND).await;
        assert!((55..=60).contains(&passed), "{by}: {passed}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_never_reached_the_store_is_closed_unless_it_knows_how_many_there_are() {
    let store = MemoryStore::new();
    store.fail_next(u64::MAX);
    assert_eq!(calls(&process(&store), 70 * SECOND).await, 0);
    let registry = Registry::new();
    let fleet = FleetConfig::new("shop-test").expected_processes(3);
    registry.join_fleet(store, fleet).unwrap();
    calls(&registry, 61 * SECOND).await;
    let passed = calls(&registry, 60 * SECOND).await;
    assert!((18..=20).contains(&passed), "{passed}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_store_holds_a_call_up_for_its_timeout_at_most() {
    let store = MemoryStore::new();
    let registry = with(&store, OnStoreLoss::Open);
    store.delay_answers(60 * SECOND);
    for number in 0..200 {
        let began = Instant::now();
        let _ = registry.scope(search()).await;
        let took = began.elapsed();
        assert!(took <= Duration::from_millis(105), "{number}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn lost_answers_burn_tokens_and_never_double_them() {
    let store = MemoryStore::new();
    let registry = with(&store, OnStoreLoss::Closed);
    let mut passed = 0;
    for _ in 0..6 {
        store.lose_answers(1);
        passed += calls(&registry, 10 * SECOND).await;
    }
    assert!((1..60).contains(&passed), "{passed}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_lost_its_data_begins_empty() {
    let store = MemoryStore::new();
    let registry = process(&store);
    assert_eq!(calls(&registry, 3 * SECOND).await, 30);
    store.forget();
    let passed = calls(&registry, 58 * SECOND).await;
    assert!(passed <= 10, "what was granted before: {passed}");
    let passed = calls(&registry, 60 * SECOND).await;
    assert!((50..=60).contains(&passed), "{passed}");
}

#[tokio::test(start_paused = true)]
async fn what_the_store_refuses_is_no_outage() {
    let store = MemoryStore::new();
    let registry = with(&store, OnStoreLoss::Open);
    store.refuse_next(u64::MAX);
    assert_eq!(calls(&registry, 5 * SECOND).await, 0);
    store.refuse_next(0);
    sleep(6 * SECOND).await;
    assert!(registry.scope(search()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_leave_tokens_to_others() {
    let store = MemoryStore::new();
    store.delay_answers(Duration::from_millis(50));
    let registry = process(&store);
    let mut passed = 0;
    for _ in 0..20 {
        // Dropped while the store is asked.
        let call = registry.scope(search());
        let answer = tokio::time::timeout(Duration::from_millis(10), call).await;
        passed += usize::from(answer.is_ok_and(|answer| answer.is_ok()));
        sleep(Duration::from_millis(100)).await;
    }
    assert!(passed < 20, "some are dropped");
    passed += calls(&registry, 50 * SECOND).await;
    assert!((55..=60).contains(&passed), "{passed}");
}

/// A store of somebody else, who counts the requests.
#[derive(Clone, Default)]
struct Counting(MemoryStore, Arc<AtomicUsize>);

impl FleetStore for Counting {
    fn grant(&self, request: GrantRequest) -> StoreFuture<'_, Grant> {
        self.1.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            if request.least.iter().all(|least| *least == 0) {
                return Ok(Grant::new(request.least, Duration::ZERO, 1));
            }
            self.0.grant(request).await
        })
    }
}

#[tokio::test(start_paused = true)]
async fn stores_can_be_written_by_others() {
    let store = Counting::default();
    let registry = Registry::new();
    let fleet = FleetConfig::new("shop-test");
    registry.join_fleet(store.clone(), fleet).unwrap();
    assert_eq!(calls(&registry, 10 * SECOND).await, 60);
    assert!(store.1.load(Ordering::Relaxed) >= 1);
}
