//! The events of `/events`.

use std::time::Duration;

use axum::Router;
use resilience_runtime::{
    BoxError, Registry, Service, ServiceKind, ServiceSettings, Settings, Verdict,
    admin::AdminRouter, admin::admin_router, health::HealthCheck,
};
use serde_json::{Value, json};
use tokio::time::{Instant, advance};

use crate::client::open;
use crate::remote::{Behavior, Remote, immediate, monitor, seconds};

async fn calls(service: &Service, count: usize, took: Duration) {
    for _ in 0..count {
        let body = || async {
            advance(took).await;
            Ok::<_, BoxError>(())
        };
        service.call(body).await.unwrap();
    }
}

fn routes(registry: &Registry) -> Router {
    admin_router(registry, monitor(immediate()))
}

#[tokio::test(start_paused = true)]
async fn stream_starts_with_history_and_timeline() {
    let registry = Registry::new();
    let monitor = monitor(immediate());
    let routes = AdminRouter::new(&registry, &monitor)
        .app_version("1.2.3")
        .router();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    openai.circuit_breaker().force_open();
    // All of that happened while nobody read.
    let mut subscriber = open(&routes).await.unwrap();
    let (name, mut hello) = subscriber.next().await.unwrap();
    assert_eq!(name, "hello");
    let now = hello["at_ms"].as_u64().unwrap();
    let times: Vec<u64> = hello["timeline"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .map(|change| change["at_ms"].take().as_u64().unwrap())
        .collect();
    assert!(
        times.iter().all(|at| *at <= now && now - at < 60_000),
        "{times:?}"
    );
    hello["at_ms"].take();
    assert_eq!(
        hello,
        json!({
            "schema": 1,
            "at_ms": null,
            "app_version": "1.2.3",
            "interval_seconds": 1.0,
            "history": {},
            "timeline": [
                {
                    "at_ms": null, "type": "service", "service": "openai",
                    "from": null, "to": null, "retry_after_seconds": null,
                },
                {
                    "at_ms": null, "type": "circuit_breaker", "service": "openai",
                    "from": "closed", "to": "forced_open", "retry_after_seconds": null,
                },
            ],
            "control": false,
        })
    );
}

#[tokio::test(start_paused = true)]
async fn snapshot_reports_rates_every_second() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let monitor = monitor(immediate());
    let check = HealthCheck::new(Remote::new(Behavior::Degraded)).critical(false);
    monitor.add_checker("openai", check).unwrap();
    monitor.check_now("openai").await;
    let routes = admin_router(&registry, &monitor);
    calls(&openai, 50, Duration::ZERO).await;

    let began = Instant::now();
    let mut subscriber = open(&routes).await.unwrap();
    subscriber.until("hello").await;
    tokio::task::yield_now().await;
    calls(&openai, 4, Duration::from_millis(200)).await;
    let mut first = subscriber.until("snapshot").await;
    assert_eq!(began.elapsed(), Duration::from_secs(1));
    let at = first["at_ms"].take();
    let mut expected = json!({
        "at_ms": null,
        "health": {
            "status": "degraded",
            "checks": {"openai": {"status": "degraded", "critical": false}},
        },
        "services": [{
            "name": "openai",
            "kind": "llm",
            "health": "degraded",
            "circuit_breaker": {"state": "closed", "in_state_seconds": 1.0, "opened": 0},
            "target": null,
            "rate_limit": null,
            "cooldown_seconds": 0.0,
            "bulkhead": null,
            "retry_budget": {"capacity": 100.0, "left": 100.0},
            "sample": {
                "at_ms": at,
                "calls_per_second": 4.0,
                "successes_per_second": 4.0,
                "failures_per_second": 0.0,
                "rejections_per_second": 0.0,
                "retries_per_second": 0.0,
                "hedges_per_second": 0.0,
                "fallbacks_per_second": 0.0,
                "p50_seconds": 0.175,
                "p95_seconds": 0.2,
                "p99_seconds": 0.2,
            },
        }],
    });
    assert_eq!(first, expected);

    // Nothing came, so there is no latency to tell.
    let mut second = subscriber.until("snapshot").await;
    assert_eq!(began.elapsed(), Duration::from_secs(2));
    let at = second["at_ms"].take();
    let service = &mut expected["services"][0];
    service["circuit_breaker"]["in_state_seconds"] = json!(2.0);
    let sample = &mut service["sample"];
    sample["at_ms"] = at;
    for rate in ["calls_per_second", "successes_per_second"] {
        sample[rate] = json!(0.0);
    }
    for quantile in ["p50_seconds", "p95_seconds", "p99_seconds"] {
        sample[quantile] = Value::Null;
    }
    assert_eq!(second, expected);
}

#[tokio::test(start_paused = true)]
async fn each_call_result_counts_in_its_rate() {
    let registry = Registry::new();
    let settings = ServiceSettings::default().retry(
        resilience_runtime::config::RetrySettings::default()
            .max_attempts(2)
            .base_delay(Duration::from_millis(1)),
    );
    registry
        .configure(Settings::new().service("api", settings))
        .unwrap();
    let routes = routes(&registry);
    let mut subscriber = open(&routes).await.unwrap();
    subscriber.until("hello").await;
    tokio::task::yield_now().await;
    // It was not there before: all of it is of this second.
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let verdict = |_: &BoxError| Verdict::transient();
    let failed = api
        .call_with(verdict, || async { Err::<(), BoxError>("no".into()) })
        .await;
    failed.unwrap_err();
    calls(&api, 1, Duration::ZERO).await;
    api.circuit_breaker().force_open();
    for _ in 0..3 {
        let rejected = api.call(|| async { Ok::<_, BoxError>(()) }).await;
        rejected.unwrap_err();
    }
    let snapshot = subscriber.until("snapshot").await;
    let sample = &snapshot["services"][0]["sample"];
    let rate = |name: &str| sample[format!("{name}_per_second")].as_f64().unwrap();
    assert_eq!(rate("calls"), 5.0);
    assert_eq!((rate("successes"), rate("failures")), (1.0, 1.0));
    assert_eq!((rate("rejections"), rate("retries")), (3.0, 1.0));
}

#[tokio::test(start_paused = true)]
async fn changes_are_sent_at_once() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let monitor = monitor(immediate());
    let database = Remote::healthy();
    monitor.add_checker("database", database.clone()).unwrap();
    monitor.check_now("database").await;
    let routes = admin_router(&registry, &monitor);
    let mut subscriber = open(&routes).await.unwrap();
    subscriber.until("hello").await;
    seconds(0.3).await;
    let began = Instant::now();
    let change = |kind: &str, service: &str, from: Value, to: Value| {
        json!({
            "at_ms": null, "type": kind, "service": service,
            "from": from, "to": to, "retry_after_seconds": null,
        })
    };
    let mut next = async || {
        let mut data = subscriber.until("change").await;
        assert!(data["at_ms"].take().is_u64());
        data
    };

    openai.circuit_breaker().force_open();
    let shown = change(
        "circuit_breaker",
        "openai",
        json!("closed"),
        json!("forced_open"),
    );
    assert_eq!(next().await, shown);
    openai.circuit_breaker().reset();
    let shown = change(
        "circuit_breaker",
        "openai",
        json!("forced_open"),
        json!("closed"),
    );
    assert_eq!(next().await, shown);

    database.set(Behavior::Failing);
    monitor.check_now("database").await;
    let shown = change("health", "database", json!("healthy"), json!("unhealthy"));
    assert_eq!(next().await, shown);
    monitor.remove_checker("database");
    assert_eq!(
        next().await,
        change("health", "database", json!("unhealthy"), Value::Null)
    );
    // A check that knows nothing yet is no news, what it finds is.
    monitor.add_checker("queue", Remote::healthy()).unwrap();
    monitor.check_now("queue").await;
    let mut shown = next().await;
    assert_eq!(shown["to"], json!("healthy"));
    shown["from"].take();
    assert_eq!(
        shown,
        change("health", "queue", Value::Null, json!("healthy"))
    );

    let verdict = |_: &BoxError| Verdict::throttled(Some(Duration::from_secs(20)));
    let once = ServiceSettings::default()
        .retry(resilience_runtime::config::RetrySettings::default().max_attempts(1));
    registry
        .configure(Settings::new().service("openai", once))
        .unwrap();
    assert_eq!(
        next().await,
        change("configured", "openai", Value::Null, Value::Null)
    );
    let busy = openai
        .call_with(verdict, || async { Err::<(), BoxError>("busy".into()) })
        .await;
    busy.unwrap_err();
    let mut parked = change("cooldown", "openai", Value::Null, Value::Null);
    parked["retry_after_seconds"] = json!(20.0);
    assert_eq!(next().await, parked);
    registry.service("vault", ServiceKind::Secret).unwrap();
    assert_eq!(
        next().await,
        change("service", "vault", Value::Null, Value::Null)
    );
    assert_eq!(
        began.elapsed(),
        Duration::ZERO,
        "no change waited for a second to end"
    );
}

#[tokio::test(start_paused = true)]
async fn history_and_timeline_are_bounded() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let routes = routes(&registry);
    let mut subscriber = open(&routes).await.unwrap();
    for round in 0..130 {
        subscriber.until("snapshot").await;
        if round < 110 {
            openai.circuit_breaker().force_open();
            openai.circuit_breaker().force_closed();
        }
    }
    let hello = open(&routes).await.unwrap().until("hello").await;
    let history = hello["history"]["openai"].as_array().unwrap();
    assert_eq!(history.len(), 120);
    let times: Vec<_> = history
        .iter()
        .map(|it| it["at_ms"].as_u64().unwrap())
        .collect();
    assert!(times.is_sorted(), "the oldest first");
    let timeline = hello["timeline"].as_array().unwrap();
    assert_eq!(timeline.len(), 200);
    assert_eq!(timeline[199]["to"], json!("closed"), "the newest last");
    assert_eq!(timeline[198]["to"], json!("forced_open"));
}

#[tokio::test(start_paused = true)]
async fn paused_sampling_discards_the_interval() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let routes = routes(&registry);
    let mut subscriber = open(&routes).await.unwrap();
    subscriber.until("snapshot").await;
    drop(subscriber);
    calls(&openai, 100, Duration::from_secs(1)).await;

    let mut subscriber = open(&routes).await.unwrap();
    let hello = subscriber.until("hello").await;
    assert_eq!(
        hello["history"]["openai"].as_array().unwrap().len(),
        1,
        "nobody looked"
    );
    let snapshot = subscriber.until("snapshot").await;
    let sample = &snapshot["services"][0]["sample"];
    assert_eq!(sample["calls_per_second"], json!(0.0), "{sample}");

    // Who loads the page anew misses nothing.
    drop(subscriber);
    calls(&openai, 3, Duration::from_millis(100)).await;
    let mut subscriber = open(&routes).await.unwrap();
    let snapshot = subscriber.until("snapshot").await;
    let sample = &snapshot["services"][0]["sample"];
    assert_eq!(sample["calls_per_second"], json!(3.0), "{sample}");
}

#[tokio::test(start_paused = true)]
async fn rates_use_the_elapsed_time() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let routes = routes(&registry);
    let mut subscriber = open(&routes).await.unwrap();
    subscriber.until("hello").await;
    tokio::task::yield_now().await;
    calls(&openai, 5, Duration::ZERO).await;
    // Nobody could look in time.
    advance(Duration::from_millis(2_500)).await;
    let rate = |snapshot: &Value| snapshot["services"][0]["sample"]["calls_per_second"].clone();
    assert_eq!(rate(&subscriber.until("snapshot").await), json!(2.0));
    let late = Instant::now();
    calls(&openai, 3, Duration::ZERO).await;
    assert_eq!(rate(&subscriber.until("snapshot").await), json!(3.0));
    assert_eq!(
        late.elapsed(),
        Duration::from_secs(1),
        "what was late is not made up for"
    );
}
