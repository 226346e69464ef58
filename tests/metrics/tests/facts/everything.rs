//! All patterns at once, several services, and data that is never exported.

use std::time::Duration;

use resilience_metrics_tests::Exporters;
use resilience_runtime::{
    BoxError, Registry, ResilienceError, ServiceKind, prometheus, resilient, with_correlation_id,
};

use super::{Answer, Script, Trouble};

#[resilient(
    service = "api",
    registry = registry,
    retry(max_attempts = 6),
    bulkhead(max_concurrent = 3),
    timeout = "1m",
    circuit_breaker(failure_threshold = 20),
    rate_limit(requests_per_second = 100, burst = 10),
    fallback(call = instead),
    deadline = "5m"
)]
async fn ask(registry: &Registry, script: &Script) -> Answer {
    script.next()
}

async fn instead(_: &Registry, _: &Script) -> Answer {
    Ok(2)
}

#[tokio::test(start_paused = true)]
async fn success_with_all_patterns_counts_only_success() {
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
    for (level, value) in [
        ("bulkhead_in_flight", 0.0),
        ("bulkhead_max_concurrent", 3.0),
        ("rate_limit_limit", 10.0),
        ("rate_limit_remaining", 9.0),
        ("retry_budget_left", 100.0),
        ("circuit_breaker_state{state=closed}", 1.0),
    ] {
        assert_eq!(exporters.level(level), Some(value), "{level}");
    }
}

#[tokio::test(start_paused = true)]
async fn early_call_counts_once_in_each_series() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let script = Script::new([
        Err(Trouble::Passing),
        Err(Trouble::TooMany),
        Err(Trouble::Lasting),
    ]);
    assert_eq!(ask(&registry, &script).await.unwrap(), 2);
    exporters.happened(&[
        ("calls_total{result=failure}", 1),
        ("attempts_total{result=transient}", 1),
        ("attempts_total{result=throttled}", 1),
        ("attempts_total{result=permanent}", 1),
        ("retries_total", 2),
        ("cooldowns_total", 1),
        ("fallbacks_total{strategy=call}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 3),
    ]);
}

#[tokio::test(start_paused = true)]
async fn services_have_separate_series() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let other = registry.service("other", ServiceKind::Database).unwrap();
    ask(&registry, &Script::passing(0, Ok(1))).await.unwrap();
    other.call(|| async { Ok::<_, BoxError>(1) }).await.unwrap();
    // Those of `other` are none of these.
    exporters.happened(&[
        ("calls_total{result=success}", 1),
        ("attempts_total{result=success}", 1),
        ("call_duration_seconds_count", 1),
        ("attempt_duration_seconds_count", 1),
    ]);
    let text = prometheus::text(&registry);
    for (service, kind) in [("api", "custom"), ("other", "database")] {
        let line = format!(r#"{{service="{service}",kind="{kind}",result="success"}} 1"#);
        assert!(text.contains(&line), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn meter_reports_earlier_calls_and_stops_when_dropped() {
    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    ask(&registry, &Script::passing(0, Ok(1))).await.unwrap();
    exporters.read();
    drop(exporters.meter.observation.take());
    ask(&registry, &Script::passing(0, Ok(1))).await.unwrap();
    let collected = exporters.meter.collect();
    let metrics = collected.scope_metrics().flat_map(|scope| scope.metrics());
    // A histogram that was recorded stays as it was; nothing is read any more.
    for metric in metrics {
        assert!(metric.name().ends_with(".duration"), "{}", metric.name());
        assert!(
            format!("{:?}", metric.data()).contains("count: 1"),
            "{metric:?}"
        );
    }
}

const CANARY: &str = "canary-3f9d";

/// Nothing that a user passes, gets or fails with is in what any exporter says.
#[tokio::test(start_paused = true)]
async fn user_data_is_never_exported() {
    #[derive(Clone, Debug, thiserror::Error)]
    #[error("{0}")]
    struct Telling(&'static str);

    #[resilient(
        service = "api",
        registry = registry,
        retry(max_attempts = 2, base_delay = "1ms"),
        rate_limit(requests_per_second = 100, key = prompt),
        fallback(cache(key = prompt, ttl = "1m"), call = instead),
        classify = |_| resilience_runtime::Verdict::transient(),
        correlation_id = prompt
    )]
    async fn tell(registry: &Registry, prompt: &str, fails: bool) -> Result<String, BoxError> {
        if fails {
            return Err(Telling(CANARY).into());
        }
        Ok(prompt.to_owned())
    }

    async fn instead(_: &Registry, prompt: &str, _: bool) -> Result<String, BoxError> {
        Err(format!("neither for {prompt}").into())
    }

    let mut exporters = Exporters::of("api");
    let registry = exporters.registry.clone();
    let other = format!("{CANARY}-too");
    let calls = async {
        tell(&registry, &other, true).await.unwrap_err();
        tell(&registry, CANARY, false).await.unwrap();
        tell(&registry, CANARY, true).await.unwrap();
        registry.get("api").unwrap().circuit_breaker().force_open();
        let rejected = tell(&registry, &other, false).await.unwrap_err();
        assert!(rejected.downcast_ref::<ResilienceError>().is_some());
        tokio::time::sleep(Duration::from_millis(1)).await;
    };
    with_correlation_id(CANARY, calls).await;
    let said = [
        prometheus::text(&registry),
        format!("{:?}", exporters.read()),
        format!("{:?}", exporters.meter.collect()),
    ];
    for said in said {
        assert!(said.contains("resilience"));
        assert!(!said.contains("canary"), "{said}");
        assert!(!said.contains("Telling"), "{said}");
    }
}
