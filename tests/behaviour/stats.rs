//! Statistics that add up for every result of a call.

use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, ServiceKind, resilient, telemetry::ServiceStats};
use tokio::time::{advance, sleep};

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    idempotent,
    timeout = "1s",
    deadline = "30s",
    retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    circuit_breaker(failure_threshold = 1000),
    rate_limit(requests_per_hour = 1_000, max_wait = "1s"),
    bulkhead(max_concurrent = 1)
)]
async fn ask(remote: &Remote, time: Duration) -> Answer {
    sleep(time).await;
    remote.answer()
}

#[resilient(service = "api", retry = off, circuit_breaker = off, rate_limit = off, bulkhead = off)]
async fn bare(remote: &Remote, hang: bool) -> Answer {
    if hang {
        std::future::pending::<()>().await;
    }
    remote.answer()
}

#[resilient(
    service = "api",
    retry = off,
    fallback(cache(key = (), ttl = "1h"), value = 7)
)]
async fn rescued(remote: &Remote) -> Answer {
    remote.answer()
}

const NOW: Duration = Duration::ZERO;

fn stats(registry: &Registry) -> ServiceStats {
    let api = registry.service("api", ServiceKind::Custom);
    api.unwrap().stats()
}

#[tokio::test(start_paused = true)]
async fn every_way_to_end_is_counted_once() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy(), NOW).await.unwrap();
        ask(&Remote::scripted([Err(ApiError::Transient)]), NOW)
            .await
            .unwrap();
        ask(&Remote::scripted([Err(ApiError::Permanent)]), NOW)
            .await
            .unwrap_err();
        ask(&Remote::scripted([Err(ApiError::Throttled(None))]), NOW)
            .await
            .unwrap();
        ask(&Remote::always(|| Err(ApiError::Unknown)), NOW)
            .await
            .unwrap_err();
        let error = ask(&Remote::healthy(), Duration::from_secs(5)).await;
        assert!(error.unwrap_err().is_timeout());
        // Dropped in the body, then rejected by the bulkhead and by the breaker.
        let remote = Remote::healthy();
        let running = started(ask(&remote, Duration::from_millis(1)));
        ask(&Remote::healthy(), NOW).await.unwrap_err();
        drop(running);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        api.circuit_breaker().force_open();
        ask(&Remote::healthy(), NOW).await.unwrap_err();
        api.circuit_breaker().force_closed();
    };
    registry.scope(calls).await;

    let stats = stats(&registry);
    assert_eq!(stats.calls, 9);
    assert_eq!(stats.successes, 3);
    assert_eq!(
        (stats.rejections.bulkhead, stats.rejections.circuit_breaker),
        (1, 1)
    );
    assert_eq!(stats.rejections.total(), 2);
    assert_eq!(stats.abandoned, 1);
    assert_eq!(stats.timeouts, 3);
    assert_eq!(stats.failures.transient, 1);
    assert_eq!(stats.failures.permanent, 1);
    assert_eq!(stats.failures.throttled, 1);
    assert_eq!(stats.failures.outcome_unknown, 3 + 3);
    assert_eq!(stats.retries, 1 + 1 + 2 + 2);
    assert_eq!(
        stats.attempts,
        stats.successes + stats.failures.total() + stats.abandoned
    );
    assert_eq!(
        stats.attempts,
        stats.calls - stats.rejections.total() + stats.retries
    );
    assert_eq!(stats.in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn dropped_attempt_is_counted_once() {
    let registry = Registry::new();
    let calls = async {
        drop(started(bare(&Remote::healthy(), true)));
        let stats = stats(&registry);
        assert_eq!((stats.calls, stats.abandoned, stats.attempts), (1, 1, 1));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_retry_is_counted_when_it_is_made() {
    let registry = Registry::new();
    let calls = async {
        // Dropped in the pause before its second attempt.
        let remote = Remote::failing();
        let pausing = started(ask(&remote, NOW));
        drop(pausing);
        let stats = stats(&registry);
        assert_eq!((stats.attempts, stats.retries), (1, 0));
        assert_eq!((stats.calls, stats.abandoned), (1, 1));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn fallbacks_are_counted_by_strategy() {
    let registry = Registry::new();
    let calls = async {
        assert_eq!(rescued(&Remote::failing()).await.unwrap(), 7);
        assert_eq!(rescued(&Remote::healthy()).await.unwrap(), 0);
        assert_eq!(rescued(&Remote::failing()).await.unwrap(), 0);
        ask(&Remote::healthy(), NOW).await.unwrap();
    };
    registry.scope(calls).await;
    let fallbacks = stats(&registry).fallbacks;
    assert_eq!((fallbacks.value, fallbacks.cache), (1, 1));
    assert_eq!(fallbacks.total(), 2);
    let all = registry.stats();
    assert_eq!((all.total_fallbacks, all.fallbacks_served), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn a_registry_adds_its_services_up() {
    #[resilient(service = "other", retry = off, circuit_breaker(failure_threshold = 1))]
    async fn other(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::scripted([Err(ApiError::Transient)]), NOW)
            .await
            .unwrap();
        other(&Remote::failing()).await.unwrap_err();
        other(&Remote::healthy()).await.unwrap_err();
    };
    registry.scope(calls).await;
    let stats = registry.stats();
    assert_eq!((stats.total_services, stats.open_breakers), (2, 1));
    assert_eq!((stats.total_calls, stats.total_attempts), (3, 3));
    assert_eq!((stats.total_retries, stats.total_rejections), (1, 1));
    let names: Vec<_> = stats
        .services
        .iter()
        .map(|service| service.service.as_str())
        .collect();
    assert_eq!(names, ["api", "other"]);
    advance(Duration::from_secs(30)).await;
    assert_eq!(registry.stats().open_breakers, 0, "it takes a probe now");
}

#[tokio::test(start_paused = true)]
async fn statistics_and_configuration_become_json() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy(), NOW).await.unwrap();
        let _ = rescued(&Remote::failing()).await;
    };
    registry.scope(calls).await;
    let json = serde_json::to_value(registry.stats()).unwrap();
    assert_eq!(json["total_calls"], 2);
    let api = &json["services"][0];
    assert_eq!(api["service"], "api");
    assert_eq!(api["kind"], "custom");
    assert_eq!(api["fallbacks"]["value"], 1);
    assert_eq!(api["failures"]["transient"], 1);
    assert!(api["circuit"]["state"].is_string(), "{api}");
    let service = registry.service("api", ServiceKind::Custom).unwrap();
    let json = serde_json::to_value(service.config()).unwrap();
    assert_eq!(json["functions"].as_array().unwrap().len(), 2);
    assert_eq!(json["circuit"]["failure_threshold"], 1000);
    assert_eq!(service.circuit_breaker().state(), CircuitState::Closed);
}
