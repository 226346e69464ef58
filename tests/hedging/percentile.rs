//! A delay that follows the latency of the last calls.

use resilience_runtime::{Registry, resilient};

use crate::server::{Answer, Answers, Hangs, Server, hedges, stats};

#[resilient(service = "api", idempotent, retry = off, timeout = "2s", retry_budget = off, hedge(delay = "p95"))]
async fn ask(server: &Server) -> Answer {
    server.ask().await
}

async fn answered_after(registry: &Registry, millis: impl IntoIterator<Item = u64>) {
    for millis in millis {
        let server = Server::new([Answers(millis, 1)]);
        registry.scope(async { ask(&server).await.unwrap() }).await;
    }
}

/// After how many milliseconds the hedge comes.
async fn hedged_at(registry: &Registry) -> u64 {
    let server = Server::new([Hangs, Answers(1, 2)]);
    registry.scope(async { ask(&server).await.unwrap() }).await;
    server.asked_at()[1]
}

#[tokio::test(start_paused = true)]
async fn before_a_hundred_calls_it_is_a_quarter_of_the_timeout() {
    let registry = Registry::new();
    answered_after(&registry, (0..98).map(|_| 10)).await;
    assert_eq!(hedged_at(&registry).await, 500);
    answered_after(&registry, [10]).await;
    let at = hedged_at(&registry).await;
    assert!((10..=11).contains(&at), "{at}");
}

#[tokio::test(start_paused = true)]
async fn it_follows_the_last_thousand_calls() {
    let registry = Registry::new();
    answered_after(
        &registry,
        (1..=200).map(|call| if call % 20 == 0 { 400 } else { 100 }),
    )
    .await;
    assert_eq!(
        hedges(&registry).0,
        5,
        "the slow ones of the second hundred"
    );
    let at = hedged_at(&registry).await;
    assert!((100..=103).contains(&at), "{at}");
}

#[tokio::test(start_paused = true)]
async fn calls_of_equal_length_are_not_hedged() {
    let registry = Registry::new();
    answered_after(&registry, (0..300).map(|_| 80)).await;
    assert_eq!(hedges(&registry), (0, 0, 0));
    assert_eq!(stats(&registry).attempts, 300);
}

#[tokio::test(start_paused = true)]
async fn hedged_calls_count_from_their_first_attempt() {
    let registry = Registry::new();
    answered_after(&registry, (0..100).map(|_| 10)).await;
    // Each ends 6 ms after the hedge, 16 ms after the first attempt.
    for _ in 0..1_000 {
        let server = Server::new([Hangs, Answers(6, 2)]);
        registry.scope(async { ask(&server).await.unwrap() }).await;
    }
    let at = hedged_at(&registry).await;
    assert!(at > 16, "{at}: the answers of hedges alone took 6 ms");
}

#[tokio::test(start_paused = true)]
async fn services_and_registries_know_nothing_of_each_other() {
    #[resilient(service = "other", idempotent, retry = off, timeout = "2s", hedge(delay = "p95"))]
    async fn other(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    answered_after(&registry, (0..100).map(|_| 10)).await;
    let server = Server::new([Hangs, Answers(1, 2)]);
    registry
        .scope(async { other(&server).await.unwrap() })
        .await;
    assert_eq!(server.asked_at(), [0, 500]);
    assert_eq!(hedged_at(&Registry::new()).await, 500);
}
