//! Fallbacks: a call counts by the result of its body, and the fallback separately.

use resilience_metrics_tests::Exporters;
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
async fn fallback_function_counts_answers_and_failures() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let (up, down) = (Ok(1), Err(Trouble::Passing));

    ask(&registry, &up, &up).await.unwrap();
    exporters.happened(&[
        ("calls_total{result=success}", 1),
        ("attempts_total{result=success}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);

    ask(&registry, &down, &up).await.unwrap();
    exporters.happened(&[&FAILURE[..], &[("fallbacks_total{strategy=call}", 1)]].concat());

    ask(&registry, &down, &down).await.unwrap_err();
    exporters.happened(&[&FAILURE[..], &[("fallback_failures_total", 1)]].concat());

    ask(&registry, &Err(Trouble::Lasting), &up)
        .await
        .unwrap_err();
    exporters.happened(&[
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
async fn each_fallback_strategy_has_its_label() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let down = Err(Trouble::Passing);

    many(&registry, 1, &Ok(1)).await.unwrap();
    many(&registry, 1, &down).await.unwrap();
    exporters.happened(&[
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
    exporters.happened(&[FAILURE.as_slice(), &registered].concat());

    assert_eq!(valued(&registry, &down).await.unwrap(), 7);
    exporters.happened(&[&FAILURE[..], &[("fallbacks_total{strategy=value}", 1)]].concat());
}

#[tokio::test(start_paused = true)]
async fn fallback_answers_a_rejected_call() {
    let mut exporters = Exporters::of("full");
    let registry = exporters.registry.clone();

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
    exporters.happened(&[
        ("calls_total{result=success}", 1),
        ("calls_total{result=rejected}", 1),
        ("attempts_total{result=success}", 1),
        ("rejections_total{cause=rate_limit}", 1),
        ("fallbacks_total{strategy=value}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
}
