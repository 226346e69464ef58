//! Fallbacks: a call counts as what its body came to, and the fallback beside it.

use resilience_metrics_tests::Outlets;
use resilience_runtime::{Registry, resilient};

use super::{Answer, Trouble};

const FAILURE: [(&str, u64); 4] = [
    ("calls_total{result=failure}", 1),
    ("attempts_total{result=transient}", 1),
    ("call_duration_seconds_count", 1),
    ("attempt_duration_seconds_count", 1),
];

#[resilient(
    service = "api",
    registry = registry,
    retry = off,
    circuit_breaker = off,
    fallback(call = instead, on = "transient")
)]
async fn ask(registry: &Registry, answer: &Answer, other: &Answer) -> Answer {
    let _ = other;
    answer.clone()
}

async fn instead(_: &Registry, _: &Answer, other: &Answer) -> Answer {
    other.clone()
}

#[tokio::test(start_paused = true)]
async fn a_function_that_is_asked_where_it_may_help() {
    let mut outlets = Outlets::of("api");
    let registry = outlets.registry.clone();
    let (up, down) = (Ok(1), Err(Trouble::Passing));

    ask(&registry, &up, &up).await.unwrap();
    outlets.happened(&[
        ("calls_total{result=success}", 1),
        ("attempts_total{result=success}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);

    ask(&registry, &down, &up).await.unwrap();
    outlets.happened(&[&FAILURE[..], &[("fallbacks_total{strategy=call}", 1)]].concat());

    ask(&registry, &down, &down).await.unwrap_err();
    outlets.happened(&[&FAILURE[..], &[("fallback_failures_total", 1)]].concat());

    ask(&registry, &Err(Trouble::Lasting), &up)
        .await
        .unwrap_err();
    outlets.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=permanent}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
}

#[resilient(
    service = "api",
    registry = registry,
    retry = off,
    circuit_breaker = off,
    fallback(cache(key = user, ttl = "1m"), call = none, registered)
)]
async fn many(registry: &Registry, user: u32, answer: &Answer) -> Answer {
    let _ = user;
    answer.clone()
}

async fn none(_: &Registry, _: u32, _: &Answer) -> Answer {
    Err(Trouble::Passing)
}

#[resilient(
    service = "api",
    registry = registry,
    retry = off,
    circuit_breaker = off,
    fallback(value = 7)
)]
async fn valued(registry: &Registry, answer: &Answer) -> Answer {
    answer.clone()
}

#[tokio::test(start_paused = true)]
async fn each_strategy_under_its_own_name() {
    let mut outlets = Outlets::of("api");
    let registry = outlets.registry.clone();
    let down = Err(Trouble::Passing);

    many(&registry, 1, &Ok(1)).await.unwrap();
    many(&registry, 1, &down).await.unwrap();
    outlets.happened(&[
        ("calls_total{result=success}", 1),
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=success}", 1),
        ("attempts_total{result=transient}", 1),
        ("fallbacks_total{strategy=cache}", 1),
        ("call_duration_seconds_count", 2),
        ("attempt_duration_seconds_count", 2),
    ]);

    registry.register_fallback::<u32>("api", |_| async { 3 });
    assert_eq!(many(&registry, 2, &down).await.unwrap(), 3);
    let registered = [
        ("fallback_failures_total", 1),
        ("fallbacks_total{strategy=registered}", 1),
    ];
    outlets.happened(&[FAILURE.as_slice(), &registered].concat());

    assert_eq!(valued(&registry, &down).await.unwrap(), 7);
    outlets.happened(&[&FAILURE[..], &[("fallbacks_total{strategy=value}", 1)]].concat());
}

#[tokio::test(start_paused = true)]
async fn what_was_turned_away_is_answered_as_well() {
    let mut outlets = Outlets::of("full");
    let registry = outlets.registry.clone();

    #[resilient(
        service = "full",
        registry = registry,
        rate_limit(requests_per_hour = 1, burst = 1),
        fallback(value = 7, on = "rejection")
    )]
    async fn ask(registry: &Registry) -> Answer {
        Ok(1)
    }

    assert_eq!(ask(&registry).await.unwrap(), 1);
    assert_eq!(ask(&registry).await.unwrap(), 7);
    outlets.happened(&[
        ("calls_total{result=success}", 1),
        ("calls_total{result=rejected}", 1),
        ("attempts_total{result=success}", 1),
        ("rejections_total{cause=rate_limit}", 1),
        ("fallbacks_total{strategy=value}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
}
