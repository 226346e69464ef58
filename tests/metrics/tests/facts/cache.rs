//! The read-through cache: its own answers are not calls.

use std::time::Duration;

use resilience_metrics_tests::Exporters;
use resilience_runtime::{Registry, resilient};
use tokio::time::{advance, sleep};

use super::{Answer, Script, Trouble};

#[resilient(
    service = "api",
    registry = registry,
    retry = off,
    circuit_breaker = off,
    cache(key = key, ttl = "100s", refresh_ahead = 0.5, stale_if_error = "1h", negative_ttl = "10s")
)]
async fn read(registry: &Registry, key: u32, script: &Script) -> Answer {
    sleep(Duration::from_secs(1)).await;
    script.next()
}

const CALL: [(&str, u64); 4] = [
    ("calls_total{result=success}", 1),
    ("attempts_total{result=success}", 1),
    ("call_duration_seconds_count", 1),
    ("attempt_duration_seconds_count", 1),
];

#[tokio::test(start_paused = true)]
async fn each_cache_request_counts_by_result() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let up = Script::new([Ok(1)]);

    // Two at once share one call.
    let (one, other) = tokio::join!(read(&registry, 1, &up), read(&registry, 1, &up));
    assert_eq!((one.unwrap(), other.unwrap()), (1, 1));
    let shared = [
        ("cache_requests_total{result=miss}", 1),
        ("cache_requests_total{result=shared}", 1),
    ];
    exporters.happened(&[CALL.as_slice(), &shared].concat());

    read(&registry, 1, &up).await.unwrap();
    exporters.happened(&[("cache_requests_total{result=hit}", 1)]);

    advance(Duration::from_secs(60)).await;
    read(&registry, 1, &up).await.unwrap();
    let refresh = ("cache_requests_total{result=refresh}", 1);
    exporters.happened(&[&CALL[..], &[refresh]].concat());

    advance(Duration::from_secs(200)).await;
    let down = Script::new([Err(Trouble::Passing)]);
    read(&registry, 1, &down).await.unwrap();
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=transient}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
        ("cache_requests_total{result=miss}", 1),
        ("cache_requests_total{result=stale}", 1),
    ]);

    let gone = Script::new([Err(Trouble::NotFound)]);
    read(&registry, 2, &gone).await.unwrap_err();
    read(&registry, 2, &gone).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=permanent}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
        ("cache_requests_total{result=miss}", 1),
        ("cache_requests_total{result=negative}", 1),
    ]);
}
