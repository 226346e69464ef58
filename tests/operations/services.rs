//! The JSON of `/services`, field by field, since clients rely on each.

use std::time::Duration;

use axum::http::StatusCode;
use resilience_runtime::{
    BoxError, Registry, ResilienceError, ServiceKind, ServiceSettings, Settings, TargetPool,
    Verdict, admin::admin_router, config::BulkheadSettings, config::CircuitBreakerSettings,
    config::RateLimitSettings, config::RetrySettings, health::HealthCheck,
    health::ServiceHealthChecker, llm_resilient, targets::Target,
};
use serde_json::{Value, json};

use crate::client::get;
use crate::remote::{Remote, immediate, monitor, seconds};

#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error("refused")]
    Refused,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

fn meaning(error: &ApiError) -> Verdict {
    match error {
        ApiError::Refused => Verdict::transient(),
        ApiError::Resilience(_) => Verdict::permanent(),
    }
}

#[llm_resilient(
    service = "openai",
    retry(max_attempts = 2, base_delay = "1s", jitter = "none"),
    bulkhead = off,
    timeout = "9s",
    fallback(value = 7),
    classify = meaning,
)]
async fn complete(answers: bool) -> Result<u32, ApiError> {
    tokio::time::sleep(Duration::from_millis(100)).await;
    if answers {
        Ok(1)
    } else {
        Err(ApiError::Refused)
    }
}

fn settings() -> ServiceSettings {
    ServiceSettings::default()
        .rate_limit(RateLimitSettings::default().requests_per_minute(10))
        .bulkhead(BulkheadSettings::default().max_concurrent(3))
        .circuit_breaker(CircuitBreakerSettings::default().failure_threshold(2))
}

/// What one of the objects is shown to be, and the names of its fields.
#[track_caller]
fn fields(value: &Value, names: &[&str]) {
    let mut found: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut names = names.to_vec();
    names.sort_unstable();
    // Some clients make serde_json keep the order in which they were written.
    found.sort_unstable();
    assert_eq!(found, names);
}

#[tokio::test(start_paused = true)]
async fn service_json_has_all_fields() {
    let registry = Registry::new();
    let configured = Settings::from_vars([("DEADLINE_OPENAI", "50s")]).unwrap();
    registry
        .configure(configured.service("openai", settings()))
        .unwrap();
    let monitor = monitor(immediate());
    let check = HealthCheck::new(Remote::failing()).critical(false);
    monitor.add_checker("openai", check).unwrap();
    monitor.check_now("openai").await;
    let routes = admin_router(&registry, &monitor);

    registry.scope(complete(true)).await.unwrap();
    assert_eq!(registry.scope(complete(false)).await.unwrap(), 7);
    assert_eq!(
        registry.scope(complete(false)).await.unwrap(),
        7,
        "rejected, and rescued"
    );
    seconds(2.0).await;

    let answer = get(&routes, "/services/openai").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("content-type"), "application/json");
    let mut openai = answer.json();
    fields(
        &openai,
        &[
            "name",
            "kind",
            "health",
            "circuit_breaker",
            "target",
            "rate_limit",
            "cooldown_seconds",
            "bulkhead",
            "retry_budget",
            "totals",
            "latency",
            "config",
        ],
    );
    let config = openai["config"].take();
    let latency = openai["latency"].take();
    assert_eq!(
        openai,
        json!({
            "name": "openai",
            "kind": "llm",
            "health": "unhealthy",
            "circuit_breaker": {
                "state": "open",
                "mode": "enforce",
                "in_state_seconds": 2.0,
                "opened": 1,
                "rejected": 1,
                "shadow_rejected": 0,
                "consecutive_failures": 2,
                "window": {"calls": 0, "failures": 0, "slow_calls": 0},
                "keys": null,
            },
            "target": null,
            "rate_limit": {
                "limit": 10,
                "period_seconds": 60.0,
                "strategy": "token_bucket",
                "mode": "enforce",
                "tokens_per_minute": null,
                "limits": [{
                    "name": "requests_per_minute",
                    "limit": 10,
                    "period_seconds": 60.0,
                    "strategy": "token_bucket",
                    "remaining": 7,
                }],
                "capacity": 10,
                "remaining": 7,
                "level": 0.7,
                "cooldown_seconds": 0.0,
            },
            "cooldown_seconds": 0.0,
            "bulkhead": {"max_concurrent": 3, "mode": "enforce", "in_flight": 0, "keys": null},
            "retry_budget": {"capacity": 100.0, "left": 99.0},
            "totals": {
                "calls": 3,
                "attempts": 3,
                "successes": 1,
                "failed": 1,
                "failures": {"transient": 2, "outcome_unknown": 0, "throttled": 0, "permanent": 0},
                "timeouts": 0,
                "deadlines": 0,
                "retries": 1,
                "hedges": 0,
                "hedge_wins": 0,
                "hedge_cancelled": 0,
                "cooldowns": 0,
                "rejections": {"circuit_breaker": 1, "rate_limit": 0, "bulkhead": 0, "targets": 0},
                "shadow_rejected": {"circuit_breaker": 0, "rate_limit": 0, "bulkhead": 0, "targets": 0},
                "invalid_config": 0,
                "abandoned": 0,
                "broken_streams": 0,
                "fallbacks": {"cache": 0, "call": 0, "value": 2, "registered": 0, "failed": 0},
                "cache": {
                    "hits": 0, "misses": 0, "shared": 0, "stale": 0, "negative": 0, "refreshes": 0,
                },
            },
            "latency": null,
            "config": null,
        })
    );

    fields(&latency, &["calls", "attempts"]);
    let names = [
        "count",
        "mean_seconds",
        "p50_seconds",
        "p90_seconds",
        "p95_seconds",
        "p99_seconds",
        "max_seconds",
    ];
    fields(&latency["calls"], &names);
    fields(&latency["attempts"], &names);
    // One of 100 ms, and one of twice that with a second in between; the third made no attempt.
    let calls = json!(latency["calls"]);
    assert_eq!(
        (&calls["count"], &calls["max_seconds"]),
        (&json!(2), &json!(1.2))
    );
    assert_eq!(calls["mean_seconds"], json!(0.65));
    assert_eq!(latency["attempts"]["count"], json!(3));
    // Estimated within a bucket that goes from 80 ms to 100 ms.
    let median = latency["attempts"]["p50_seconds"].as_f64().unwrap();
    assert!((0.08..=0.1).contains(&median), "{median}");

    fields(
        &config,
        &["enabled", "idempotent", "values", "functions", "invalid"],
    );
    assert_eq!(
        (
            &config["enabled"],
            &config["idempotent"],
            &config["invalid"]
        ),
        (&json!(true), &json!(true), &Value::Null)
    );
    let values = config["values"].as_array().unwrap();
    values
        .iter()
        .for_each(|value| fields(value, &["key", "value", "from"]));
    for (key, value, from) in [
        (
            "circuit_breaker.failure_threshold",
            "2",
            "settings of service `openai`",
        ),
        ("deadline", "50s", "environment variable `DEADLINE_OPENAI`"),
        (
            "rate_limit.requests_per_minute",
            "10",
            "settings of service `openai`",
        ),
        ("retry.max_attempts", "3", "preset of kind `llm`"),
    ] {
        let shown = json!({"key": key, "value": value, "from": from});
        assert!(values.contains(&shown), "{shown}: {values:?}");
    }
    let [function] = &config["functions"].as_array().unwrap()[..] else {
        panic!("{config}");
    };
    fields(
        function,
        &[
            "function",
            "place",
            "values",
            "off",
            "idempotent",
            "unretried_error",
            "invalid",
            "ignored",
        ],
    );
    let name = function["function"].as_str().unwrap();
    let place = function["place"].as_str().unwrap();
    assert!(name.ends_with("services::complete"), "{name}");
    assert!(place.contains("services.rs:"), "{place}");
    assert_eq!(function["off"], json!(["bulkhead"]));
    let timeout = json!({
        "key": "timeout",
        "value": "9s",
        "from": format!("attribute of {name} ({place})"),
    });
    let own = function["values"].as_array().unwrap();
    assert!(own.contains(&timeout), "{own:?}");
}

#[tokio::test(start_paused = true)]
async fn services_json_has_all_services_and_totals() {
    let registry = Registry::new();
    let routes = admin_router(&registry, monitor(immediate()));
    let nothing = get(&routes, "/services").await.json();
    assert_eq!(nothing["services"], json!([]));
    for (name, kind) in [
        ("vault", ServiceKind::Secret),
        ("orders", ServiceKind::Database),
    ] {
        let service = registry.service(name, kind).unwrap();
        service
            .call(|| async { Ok::<_, BoxError>(()) })
            .await
            .unwrap();
    }
    registry
        .get("vault")
        .unwrap()
        .circuit_breaker()
        .force_open();
    let mut all = get(&routes, "/services").await.json();
    fields(
        &all,
        &["schema", "at_ms", "app_version", "totals", "services"],
    );
    assert_eq!(
        (&all["schema"], &all["app_version"]),
        (&json!(1), &Value::Null)
    );
    assert!(
        all["at_ms"].as_u64().unwrap() > 1_600_000_000_000,
        "{}",
        all["at_ms"]
    );
    assert_eq!(
        all["totals"].take(),
        json!({
            "services": 2,
            "open_breakers": 1,
            "fallbacks": 0,
            "calls": 2,
            "attempts": 2,
            "retries": 0,
            "rejections": 0,
            "fallbacks_served": 0,
        })
    );
    let services = all["services"].as_array().unwrap();
    let names: Vec<_> = services.iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["orders", "vault"]);
    for service in services {
        let path = format!("/services/{}", service["name"].as_str().unwrap());
        assert_eq!(*service, get(&routes, &path).await.json());
        // What is not there is null, not a number.
        assert_eq!(
            (
                &service["health"],
                &service["rate_limit"],
                &service["bulkhead"]
            ),
            (&Value::Null, &Value::Null, &Value::Null)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn service_json_has_token_limit_and_cooldown() {
    let registry = Registry::new();
    let tokens = ServiceSettings::default()
        .rate_limit(RateLimitSettings::default().tokens_per_minute(1_000));
    let once = ServiceSettings::default().retry(RetrySettings::default().max_attempts(1));
    registry
        .configure(
            Settings::new()
                .service("gpt", tokens)
                .kind(ServiceKind::Custom, once),
        )
        .unwrap();
    let routes = admin_router(&registry, monitor(immediate()));
    for name in ["gpt", "unlimited"] {
        let service = registry.service(name, ServiceKind::Custom).unwrap();
        let throttled = |_: &BoxError| Verdict::throttled(Some(Duration::from_secs(20)));
        let failed = service
            .call_with(throttled, || async { Err::<(), BoxError>("busy".into()) })
            .await;
        failed.unwrap_err();
    }
    seconds(5.0).await;
    let gpt = get(&routes, "/services/gpt").await.json();
    assert_eq!(
        gpt["rate_limit"],
        json!({
            "limit": null,
            "period_seconds": 60.0,
            "strategy": "token_bucket",
            "mode": "enforce",
            "tokens_per_minute": 1000,
            "limits": [{
                "name": "tokens_per_minute",
                "limit": 1000,
                "period_seconds": 60.0,
                "strategy": "token_bucket",
                "remaining": 1000,
            }],
            "capacity": 1000,
            "remaining": 0,
            "level": 0.0,
            "cooldown_seconds": 15.0,
        })
    );
    assert_eq!(gpt["totals"]["cooldowns"], json!(1));
    let unlimited = get(&routes, "/services/unlimited").await.json();
    assert_eq!(unlimited["rate_limit"], Value::Null);
    assert_eq!(unlimited["cooldown_seconds"], json!(15.0));
}

#[tokio::test(start_paused = true)]
async fn declared_services_are_shown_before_their_first_call() {
    resilience_runtime::service! {
        static OPENAI: Llm = "openai" { rate_limit(requests_per_minute = 500), circuit_breaker(failure_threshold = 9) }
        static ORDERS: Database = "orders";
    }
    let registry = Registry::new();
    registry.declare(&[&OPENAI, &ORDERS]).unwrap();
    let monitor = monitor(immediate());
    for service in registry.services() {
        let checker = ServiceHealthChecker::new(&service);
        monitor
            .add_checker(service.name().as_str(), checker)
            .unwrap();
        monitor.check_now(service.name()).await;
    }
    let routes = admin_router(&registry, &monitor);

    let all = get(&routes, "/services").await.json();
    assert_eq!(
        (&all["totals"]["services"], &all["totals"]["calls"]),
        (&json!(2), &json!(0))
    );
    let openai = &all["services"][0];
    assert_eq!(
        (&openai["name"], &openai["kind"]),
        (&json!("openai"), &json!("llm"))
    );
    assert_eq!(openai["circuit_breaker"]["state"], "closed");
    assert_eq!(openai["health"], "healthy");
    assert_eq!(openai["rate_limit"]["limit"], 500);
    let values = openai["config"]["values"].as_array().unwrap();
    let threshold = values
        .iter()
        .find(|it| it["key"] == "circuit_breaker.failure_threshold");
    let from = threshold.unwrap()["from"].as_str().unwrap();
    assert!(
        from.starts_with("declaration `operations::services::"),
        "{from}"
    );

    let metrics = get(&routes, "/metrics").await.text;
    for line in [
        r#"resilience_calls_total{service="orders",kind="database",result="success"} 0"#,
        r#"resilience_circuit_breaker_state{service="openai",kind="llm",state="closed"} 1"#,
        r#"resilience_health_check_status{check="openai",status="healthy"} 1"#,
    ] {
        assert!(metrics.lines().any(|it| it == line), "{line}\n{metrics}");
    }
}

#[tokio::test(start_paused = true)]
async fn target_is_told_with_its_pool() {
    #[resilience_runtime::resilient(service = "chat", targets = pool)]
    async fn ask(#[target] to: &u64, pool: &TargetPool<u64>) -> Result<u64, BoxError> {
        tokio::time::sleep(Duration::from_millis(*to)).await;
        Ok(*to)
    }
    let registry = Registry::new();
    let pool = TargetPool::of([Target::new("azure-eu", 250).weight(2.0)]).unwrap();
    registry.scope(ask(&pool)).await.unwrap();
    let routes = admin_router(&registry, monitor(immediate()));
    let answer = get(&routes, "/services/chat%2Fazure-eu").await;
    let target = answer.json()["target"].take();
    let expected = json!({"pool": "chat", "latency_seconds": 0.25, "in_flight": 0, "weight": 2.0});
    assert_eq!(target, expected);
}
