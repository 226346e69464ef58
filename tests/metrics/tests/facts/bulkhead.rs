//! The bulkhead.

use std::time::Duration;

use resilience_metrics_tests::Exporters;
use resilience_runtime::{Registry, resilient};
use tokio::time::sleep;

use super::Answer;

#[resilient(service = "api", registry = registry, bulkhead(max_concurrent = 2))]
async fn work(registry: &Registry, takes: Duration) -> Answer {
    sleep(takes).await;
    Ok(1)
}

#[resilient(
    service = "queue",
    registry = registry,
    bulkhead(max_concurrent = 2, max_wait = "1500ms")
)]
async fn queue(registry: &Registry, takes: Duration) -> Answer {
    sleep(takes).await;
    Ok(1)
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn third_call_is_rejected_by_a_bulkhead_of_two() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let third = async {
        sleep(Duration::from_millis(1)).await;
        assert_eq!(exporters.level("bulkhead_in_flight"), Some(2.0));
        exporters.happened(&[]);
        work(&registry, SECOND).await.unwrap_err();
        assert_eq!(exporters.level("bulkhead_in_flight"), Some(2.0));
        exporters.happened(&[
            ("calls_total{result=rejected}", 1),
            ("rejections_total{cause=bulkhead}", 1),
        ]);
    };
    let (first, second, ()) = tokio::join!(work(&registry, SECOND), work(&registry, SECOND), third);
    assert_eq!((first.unwrap(), second.unwrap()), (1, 1));
    assert_eq!(exporters.level("bulkhead_in_flight"), Some(0.0));
    assert_eq!(exporters.level("bulkhead_max_concurrent"), Some(2.0));
    exporters.happened(&[
        ("calls_total{result=success}", 2),
        ("attempts_total{result=success}", 2),
        ("call_duration_seconds_count", 2),
        ("attempt_duration_seconds_count", 2),
    ]);

    // Rejected calls took no time, and running ones are quick.
    for _ in 0..2 {
        work(&registry, Duration::ZERO).await.unwrap();
    }
    let durations = exporters.read().durations["resilience_attempt_duration_seconds"];
    assert_eq!(durations.count, 4);
    assert!((2.0..2.1).contains(&durations.seconds), "{durations:?}");
}

#[tokio::test(start_paused = true)]
async fn queued_call_runs_later_or_is_rejected() {
    let mut exporters = Exporters::of("queue");
    let registry = exporters.registry.clone();
    let work = || queue(&registry, SECOND);
    // Two at once, two after a second, and there is no place for the fifth within a second and a half.
    let (a, b, c, d, e) = tokio::join!(work(), work(), work(), work(), work());
    assert!([a, b, c, d].iter().all(Result::is_ok));
    assert!(e.is_err());
    exporters.happened(&[
        ("calls_total{result=success}", 4),
        ("calls_total{result=rejected}", 1),
        ("rejections_total{cause=bulkhead}", 1),
        ("attempts_total{result=success}", 4),
        ("call_duration_seconds_count", 4),
        ("attempt_duration_seconds_count", 4),
    ]);
    let durations = exporters.read().durations;
    let calls = durations["resilience_call_duration_seconds"].seconds;
    let attempts = durations["resilience_attempt_duration_seconds"].seconds;
    assert!(
        (6.0..6.1).contains(&calls),
        "with what they waited: {calls}"
    );
    assert!((4.0..4.1).contains(&attempts), "{attempts}");
}

#[resilient(
    service = "api",
    registry = registry,
    circuit_breaker(key = key),
    bulkhead(key = key, max_concurrent = 2)
)]
async fn by_key(registry: &Registry, key: u32, takes: Duration) -> Answer {
    sleep(takes).await;
    Ok(key)
}

#[tokio::test(start_paused = true)]
async fn keys_are_counted() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let meanwhile = async {
        sleep(Duration::from_millis(1)).await;
        assert_eq!(exporters.level("bulkhead_keys"), Some(2.0));
        assert_eq!(exporters.level("bulkhead_keys_in_flight"), Some(2.0));
        let api = registry.get("api").unwrap();
        api.circuit_breaker_for(&1_u32).force_open();
        for (state, count) in [("closed", 1.0), ("open", 1.0), ("half_open", 0.0)] {
            let level = format!("circuit_breaker_keys{{state={state}}}");
            assert_eq!(exporters.level(&level), Some(count), "{state}");
        }
    };
    let (first, second, ()) = tokio::join!(
        by_key(&registry, 1, SECOND),
        by_key(&registry, 2, SECOND),
        meanwhile
    );
    assert_eq!((first.unwrap(), second.unwrap()), (1, 2));
    assert_eq!(exporters.level("bulkhead_keys_in_flight"), Some(0.0));
}
