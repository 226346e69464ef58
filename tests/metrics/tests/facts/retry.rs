//! Attempts after the first.

use std::time::Duration;

use resilience_metrics_tests::Exporters;
use resilience_runtime::{Registry, resilient};

use super::{Answer, Script, Trouble};

#[resilient(service = "api", registry = registry, circuit_breaker = off, retry(max_attempts = 6))]
async fn ask(registry: &Registry, script: &Script) -> Answer {
    script.next()
}

#[resilient(service = "api", registry = registry, circuit_breaker = off, retry(max_attempts = 6))]
async fn ask_too(registry: &Registry, script: &Script) -> Answer {
    script.next()
}

#[resilient(service = "api", registry = registry, circuit_breaker = off, retry(max_attempts = 1))]
async fn once(registry: &Registry, script: &Script) -> Answer {
    script.next()
}

#[resilient(
    service = "api",
    registry = registry,
    circuit_breaker = off,
    retry(max_attempts = 1_000, max_elapsed = "1s", base_delay = "1ms", multiplier = 1.0, jitter = "none")
)]
async fn for_a_second(registry: &Registry, takes: Duration) -> Answer {
    tokio::time::sleep(takes).await;
    Err(Trouble::Passing)
}

#[tokio::test(start_paused = true)]
async fn immediate_success() {
    let mut exporters = Exporters::of("api");
    ask(&exporters.registry, &Script::passing(0, Ok(1)))
        .await
        .unwrap();
    exporters.happened(&[
        ("calls_total{result=success}", 1),
        ("attempts_total{result=success}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
}

#[tokio::test(start_paused = true)]
async fn success_after_three_retries() {
    let mut exporters = Exporters::of("api");
    ask(&exporters.registry, &Script::passing(3, Ok(1)))
        .await
        .unwrap();
    exporters.happened(&[
        ("calls_total{result=success}", 1),
        ("attempts_total{result=success}", 1),
        ("attempts_total{result=transient}", 3),
        ("retries_total", 3),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 4),
    ]);
    // A retry costs 1, a success pays 0.1 back.
    assert_eq!(exporters.level("retry_budget_left"), Some(97.1));
    assert_eq!(exporters.level("retry_budget_capacity"), Some(100.0));
}

#[tokio::test(start_paused = true)]
async fn permanent_error_is_not_retried() {
    let mut exporters = Exporters::of("api");
    let script = Script::new([Err(Trouble::Lasting)]);
    ask(&exporters.registry, &script).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=permanent}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
}

#[tokio::test(start_paused = true)]
async fn permanent_error_after_three_retries() {
    let mut exporters = Exporters::of("api");
    let script = Script::passing(3, Err(Trouble::Lasting));
    ask(&exporters.registry, &script).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=transient}", 3),
        ("attempts_total{result=permanent}", 1),
        ("retries_total", 3),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 4),
    ]);
}

#[tokio::test(start_paused = true)]
async fn two_calls_exhaust_their_attempts() {
    let mut exporters = Exporters::of("api");
    for _ in 0..2 {
        let script = Script::passing(20, Ok(1));
        ask(&exporters.registry, &script).await.unwrap_err();
    }
    exporters.happened(&[
        ("calls_total{result=failure}", 2),
        ("attempts_total{result=transient}", 12),
        ("retries_total", 10),
        ("call_duration_seconds_count", 2),
        ("attempt_duration_seconds_count", 12),
    ]);
}

#[tokio::test(start_paused = true)]
async fn single_attempt_is_not_retried() {
    let mut exporters = Exporters::of("api");
    let script = Script::passing(1, Ok(1));
    once(&exporters.registry, &script).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=transient}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
}

#[tokio::test(start_paused = true)]
async fn max_elapsed_ends_a_call_after_retries() {
    let mut exporters = Exporters::of("api");
    let takes = Duration::from_millis(99);
    for_a_second(&exporters.registry, takes).await.unwrap_err();
    // One every 100 ms, and the last begins when the second is over.
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=transient}", 11),
        ("retries_total", 10),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 11),
    ]);
}

#[tokio::test(start_paused = true)]
async fn max_elapsed_prevents_the_first_retry() {
    let mut exporters = Exporters::of("api");
    let takes = Duration::from_millis(1_500);
    for_a_second(&exporters.registry, takes).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=transient}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
}

#[tokio::test(start_paused = true)]
async fn functions_of_one_service_share_series() {
    let mut exporters = Exporters::of("api");
    ask(&exporters.registry, &Script::passing(1, Ok(1)))
        .await
        .unwrap();
    ask_too(&exporters.registry, &Script::passing(2, Ok(1)))
        .await
        .unwrap();
    exporters.happened(&[
        ("calls_total{result=success}", 2),
        ("attempts_total{result=success}", 2),
        ("attempts_total{result=transient}", 3),
        ("retries_total", 3),
        ("call_duration_seconds_count", 2),
        ("attempt_duration_seconds_count", 5),
    ]);
}

#[tokio::test(start_paused = true)]
async fn empty_retry_budget_ends_the_call_as_failure() {
    let mut exporters = Exporters::of("poor");

    #[resilient(
        service = "poor",
        registry = registry,
        circuit_breaker = off,
        retry_budget(capacity = 2.0, refill = 0.5)
    )]
    async fn ask(registry: &Registry, script: &Script) -> Answer {
        script.next()
    }

    for _ in 0..2 {
        ask(&exporters.registry, &Script::passing(2, Ok(1)))
            .await
            .ok();
    }
    // The first call spends 2 and gets a half back, so there is none for the second.
    exporters.happened(&[
        ("calls_total{result=success}", 1),
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=success}", 1),
        ("attempts_total{result=transient}", 3),
        ("retries_total", 2),
        ("call_duration_seconds_count", 2),
        ("attempt_duration_seconds_count", 4),
    ]);
    assert_eq!(exporters.level("retry_budget_left"), Some(0.5));
    assert_eq!(exporters.level("retry_budget_capacity"), Some(2.0));
}
