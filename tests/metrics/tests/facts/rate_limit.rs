//! The rate limit, and the cooldown of the server.

use std::time::Duration;

use resilience_metrics_tests::Exporters;
use resilience_runtime::{Registry, resilient};
use tokio::time::advance;

use super::{Answer, Trouble};

#[resilient(
    service = "api",
    registry = registry,
    retry = off,
    rate_limit(requests_per_second = 1, burst = 2)
)]
async fn ask(registry: &Registry, answer: &Answer) -> Answer {
    answer.clone()
}

#[tokio::test(start_paused = true)]
async fn third_call_is_rejected_by_a_limit_of_two() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    for left in [1.0, 0.0] {
        ask(&registry, &Ok(1)).await.unwrap();
        assert_eq!(exporters.level("rate_limit_remaining"), Some(left));
    }
    assert_eq!(exporters.level("rate_limit_limit"), Some(2.0));
    ask(&registry, &Ok(1)).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=success}", 2),
        ("calls_total{result=rejected}", 1),
        ("attempts_total{result=success}", 2),
        ("rejections_total{cause=rate_limit}", 1),
        ("call_duration_seconds_count", 2),
        ("attempt_duration_seconds_count", 2),
    ]);
    advance(Duration::from_secs(1)).await;
    assert_eq!(exporters.level("rate_limit_remaining"), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn cooldown_is_counted_and_rejects() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    ask(&registry, &Err(Trouble::TooMany)).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=throttled}", 1),
        ("cooldowns_total", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
    assert_eq!(exporters.level("rate_limit_remaining"), Some(0.0));
    ask(&registry, &Ok(1)).await.unwrap_err();
    exporters.happened(&[
        ("calls_total{result=rejected}", 1),
        ("rejections_total{cause=rate_limit}", 1),
    ]);
}

#[tokio::test(start_paused = true)]
async fn no_level_without_a_limit() {
    let mut exporters = Exporters::of("unlimited");
    exporters
        .registry
        .service("unlimited", resilience_runtime::ServiceKind::Custom)
        .unwrap();
    for level in [
        "rate_limit_remaining",
        "rate_limit_limit",
        "bulkhead_in_flight",
        "bulkhead_max_concurrent",
    ] {
        assert_eq!(exporters.level(level), None, "{level}");
    }
    assert_eq!(exporters.level("retry_budget_left"), Some(100.0));
}

#[resilient(
    service = "api",
    registry = registry,
    retry = off,
    rate_limit(requests_per_second = 1, burst = 2, mode = "shadow")
)]
async fn ask_in_shadow(registry: &Registry, answer: &Answer) -> Answer {
    answer.clone()
}

#[tokio::test(start_paused = true)]
async fn what_passes_in_shadow_is_counted_beside_its_call() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    for _ in 0..5 {
        ask_in_shadow(&registry, &Ok(1)).await.unwrap();
    }
    exporters.happened(&[
        ("calls_total{result=success}", 5),
        ("attempts_total{result=success}", 5),
        ("shadow_rejected_total{cause=rate_limit}", 3),
        ("call_duration_seconds_count", 5),
        ("attempt_duration_seconds_count", 5),
    ]);
}
