//! The rate limit, ours and the server's.

use std::time::Duration;

use resilience_metrics_tests::Outlets;
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
async fn two_pass_and_the_third_is_turned_away() {
    let mut outlets = Outlets::of("api");
    let registry = outlets.registry.clone();
    for left in [1.0, 0.0] {
        ask(&registry, &Ok(1)).await.unwrap();
        assert_eq!(outlets.level("rate_limit_remaining"), Some(left));
    }
    assert_eq!(outlets.level("rate_limit_limit"), Some(2.0));
    ask(&registry, &Ok(1)).await.unwrap_err();
    outlets.happened(&[
        ("calls_total{result=success}", 2),
        ("calls_total{result=rejected}", 1),
        ("attempts_total{result=success}", 2),
        ("rejections_total{cause=rate_limit}", 1),
        ("call_duration_seconds_count", 2),
        ("attempt_duration_seconds_count", 2),
    ]);
    advance(Duration::from_secs(1)).await;
    assert_eq!(outlets.level("rate_limit_remaining"), Some(1.0));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_to_be_left_alone() {
    let mut outlets = Outlets::of("api");
    let registry = outlets.registry.clone();
    ask(&registry, &Err(Trouble::TooMany)).await.unwrap_err();
    outlets.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=throttled}", 1),
        ("cooldowns_total", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
    assert_eq!(outlets.level("rate_limit_remaining"), Some(0.0));
    ask(&registry, &Ok(1)).await.unwrap_err();
    outlets.happened(&[
        ("calls_total{result=rejected}", 1),
        ("rejections_total{cause=rate_limit}", 1),
    ]);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_there_is_no_level() {
    let mut outlets = Outlets::of("unlimited");
    outlets
        .registry
        .service("unlimited", resilience_runtime::ServiceKind::Custom)
        .unwrap();
    for level in [
        "rate_limit_remaining",
        "rate_limit_limit",
        "bulkhead_in_flight",
        "bulkhead_max_concurrent",
    ] {
        assert_eq!(outlets.level(level), None, "{level}");
    }
    assert_eq!(outlets.level("retry_budget_left"), Some(100.0));
}
