//! What targets that hang, fail or wait cost, and that they are found again.

use std::time::Duration;

use resilience_runtime::{Registry, TargetPool, resilient};
use tokio::time::{Instant, sleep, timeout};

use crate::place::{Answer, Answers, Denies, Hangs, Place, Refuses, asked, pool};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn affinity_target_that_has_recovered_is_asked_again() {
    #[resilient(service = "s", idempotent, targets = pool, affinity = key)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>, key: u32) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Refuses, Answers(5), Answers(5)]);
    for key in 0..50 {
        registry.scope(ask(&places, key)).await.unwrap();
    }
    places.targets()[0].value().does(Answers(5));
    let before = asked(&places);
    for n in 0..24 * 3600 {
        registry.scope(ask(&places, n % 100)).await.unwrap();
        sleep(SECOND).await;
    }
    assert!(
        asked(&places)[0] > before[0],
        "a day later: {before:?} {:?}",
        asked(&places)
    );
}

#[tokio::test(start_paused = true)]
async fn target_that_hangs_until_callers_go_does_not_attract_calls() {
    #[resilient(service = "s", idempotent, timeout = "30s", targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Answers(5), Answers(5), Answers(5)]);
    for _ in 0..100 {
        registry.scope(ask(&places)).await.unwrap();
    }
    places.targets()[0].value().does(Hangs);
    let mut lost = 0;
    for _ in 0..1_000 {
        lost += u32::from(
            timeout(2 * SECOND, registry.scope(ask(&places)))
                .await
                .is_err(),
        );
    }
    assert!(
        lost < 100,
        "{lost} of 1000 calls were lost; a third would be a fair share"
    );
}
#[tokio::test(start_paused = true)]
async fn target_that_hangs_from_the_start_is_avoided_by_hedged_calls() {
    #[resilient(service = "s", idempotent, retry = off, retry_budget = off, targets = pool, hedge(delay = "100ms"))]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Hangs, Answers(5), Answers(5)]);
    for _ in 0..600 {
        registry.scope(ask(&places)).await.unwrap();
    }
    assert!(asked(&places)[0] < 60, "{:?}", asked(&places));
}

#[tokio::test(start_paused = true)]
async fn permanent_answers_end_a_row_of_failures() {
    #[resilient(service = "s", idempotent, retry = off, circuit_breaker(failure_threshold = 100), targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Refuses, Answers(5)]);
    for _ in 0..100 {
        let _ = registry.scope(ask(&places)).await;
    }
    places
        .targets()
        .iter()
        .for_each(|it| it.value().does(Denies));
    let before = asked(&places)[0];
    for _ in 0..5_000 {
        registry.scope(ask(&places)).await.unwrap_err();
    }
    assert!(
        asked(&places)[0] - before > 500,
        "{} of 5000 after it was back",
        asked(&places)[0] - before
    );
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_do_not_all_wait_at_one_target() {
    #[resilient(service = "s", retry = off, deadline = off, bulkhead(max_concurrent = 1, max_wait = "100s"), targets = pool, pick = "ordered")]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places: &'static TargetPool<Place> =
        Box::leak(Box::new(pool([Answers(1_000), Answers(1_000)])));
    let began = Instant::now();
    let calls: Vec<_> = (0..20)
        .map(|_| tokio::spawn(registry.scope(ask(places))))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(
        began.elapsed() <= 11 * SECOND,
        "{:?} {:?}",
        began.elapsed(),
        asked(places)
    );
}
