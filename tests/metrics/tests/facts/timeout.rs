//! Timeouts, deadlines and dropped calls.

use std::time::Duration;

use resilience_metrics_tests::Exporters;
use resilience_runtime::{Registry, resilient};
use tokio::time::{sleep, timeout};

use super::{Answer, Script, Trouble};

#[resilient(service = "api", registry = registry, circuit_breaker = off, retry = off, timeout = "500ms")]
async fn work(registry: &Registry, takes: Duration) -> Answer {
    sleep(takes).await;
    Ok(1)
}

#[resilient(
    service = "api",
    registry = registry,
    circuit_breaker = off,
    timeout = "500ms",
    idempotent,
    retry(base_delay = "1s", jitter = "none")
)]
async fn slow_once(registry: &Registry, script: &Script) -> Answer {
    if script.next().is_err() {
        sleep(Duration::from_secs(2)).await;
    }
    Ok(1)
}

#[resilient(
    service = "api",
    registry = registry,
    circuit_breaker = off,
    timeout = off,
    deadline = "1s",
    retry(base_delay = "10ms")
)]
async fn until(registry: &Registry, script: &Script, takes: Duration) -> Answer {
    let answer = script.next();
    if answer.is_ok() {
        sleep(takes).await;
    }
    answer
}

const LONG: Duration = Duration::from_secs(2);
const SHORT: Duration = Duration::from_millis(100);

#[tokio::test(start_paused = true)]
async fn timeouts_are_counted() {
    let mut exporters = Exporters::of("api");
    for takes in [LONG, LONG, SHORT] {
        work(&exporters.registry, takes).await.ok();
    }
    exporters.happened(&[
        ("calls_total{result=success}", 1),
        ("calls_total{result=failure}", 2),
        ("attempts_total{result=success}", 1),
        ("attempts_total{result=outcome_unknown}", 2),
        ("timeouts_total", 2),
        ("call_duration_seconds_count", 3),
        ("attempt_duration_seconds_count", 3),
    ]);
}

#[tokio::test(start_paused = true)]
async fn timed_out_attempt_has_the_duration_of_its_timeout() {
    let mut exporters = Exporters::of("api");
    for takes in [Duration::from_millis(300), LONG] {
        work(&exporters.registry, takes).await.ok();
    }
    for name in ["call", "attempt"] {
        let durations = exporters.read().durations[&format!("resilience_{name}_duration_seconds")];
        assert_eq!(durations.count, 2);
        let expected = 0.3..0.81;
        assert!(expected.contains(&durations.seconds), "{durations:?}");
        assert!(durations.seconds > 0.799);
    }
}

#[tokio::test(start_paused = true)]
async fn timed_out_attempt_is_retried_if_idempotent() {
    let mut exporters = Exporters::of("api");
    let script = Script::passing(1, Ok(1));
    slow_once(&exporters.registry, &script).await.unwrap();
    exporters.happened(&[
        ("calls_total{result=success}", 1),
        ("attempts_total{result=success}", 1),
        ("attempts_total{result=outcome_unknown}", 1),
        ("timeouts_total", 1),
        ("retries_total", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 2),
    ]);
    let calls = exporters.read().durations["resilience_call_duration_seconds"];
    assert!(
        calls.seconds >= 1.5,
        "the pause is part of the call: {calls:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn deadline_ends_the_call() {
    let mut exporters = Exporters::of("api");
    let script = Script::passing(1, Ok(1));
    until(&exporters.registry, &script, LONG).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=deadline}", 1),
        ("attempts_total{result=transient}", 1),
        ("attempts_total{result=outcome_unknown}", 1),
        ("retries_total", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 2),
    ]);
}

#[tokio::test(start_paused = true)]
async fn no_retry_beyond_the_deadline() {
    let mut exporters = Exporters::of("api");
    let script = Script::new([Err(Trouble::TooMany)]);
    until(&exporters.registry, &script, LONG).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=throttled}", 1),
        ("cooldowns_total", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
}

#[tokio::test(start_paused = true)]
async fn dropped_call_counts_as_abandoned() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    // While its body runs, and while it pauses.
    let running = timeout(SHORT, work(&registry, LONG));
    running.await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=abandoned}", 1),
        ("attempts_total{result=abandoned}", 1),
    ]);
    let script = Script::new([Err(Trouble::Passing)]);
    let pausing = timeout(SHORT, slow_again(&registry, &script));
    pausing.await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=abandoned}", 1),
        ("attempts_total{result=transient}", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
}

#[resilient(
    service = "api",
    registry = registry,
    circuit_breaker = off,
    rate_limit = off,
    retry(base_delay = "5s", jitter = "none")
)]
async fn slow_again(registry: &Registry, script: &Script) -> Answer {
    script.next()
}

#[test]
fn body_without_a_timer_counts_as_not_timed() {
    let mut exporters = Exporters::of("untimed");

    #[resilient(service = "untimed", registry = registry, retry = off, timeout = "1s")]
    async fn waits(registry: &Registry) -> Answer {
        std::future::pending().await
    }

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    runtime.block_on(waits(&exporters.registry)).unwrap_err();
    exporters.happened(&[
        ("calls_total{result=invalid_config}", 1),
        ("attempts_total{result=not_timed}", 1),
    ]);
}
