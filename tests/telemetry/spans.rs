//! Logs of a call: a span at DEBUG, and events for retries, rejections and fallbacks.

use std::time::Duration;

use resilience_runtime::{
    CircuitState, Registry, ServiceKind, ServiceSettings, Settings, config::RetrySettings,
    resilient,
};
use tokio::time::advance;
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use crate::capture::Capture;
use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    retry(max_attempts = 3, base_delay = "2s", multiplier = 1.0, jitter = "none"),
    circuit_breaker(failure_threshold = 3, recovery_timeout = "10s", success_threshold = 1),
    rate_limit(requests_per_second = 100),
    bulkhead(max_concurrent = 1, max_wait = "1s"),
    fallback(value = 7, on = "rejection")
)]
async fn ask(remote: &Remote) -> Answer {
    tracing::info!(target: "body", "inside");
    remote.answer()
}

#[resilient(service = "api", retry = off, circuit_breaker = off)]
async fn hang() -> Answer {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn call_opens_a_debug_span_around_its_body() {
    let (capture, _guard) = Capture::of(LevelFilter::TRACE);
    Registry::new()
        .scope(ask(&Remote::healthy()))
        .await
        .unwrap();
    let spans = capture.spans("resilience.call");
    assert_eq!(spans.len(), 1);
    assert_eq!(spans[0].level, Level::DEBUG);
    assert_eq!(spans[0].field("service"), "api");
    assert_eq!(spans[0].field("kind"), "custom");
    assert!(spans[0].field("function").ends_with("spans::ask"));
    assert!(!spans[0].field("correlation_id").is_empty());
    let captured = capture.all();
    let inside = captured
        .iter()
        .find(|captured| captured.target == "body")
        .unwrap();
    assert_eq!(inside.parents, ["resilience.call"]);
}

#[tokio::test(start_paused = true)]
async fn successful_call_logs_nothing_above_debug() {
    let (capture, _guard) = Capture::of(LevelFilter::INFO);
    Registry::new()
        .scope(ask(&Remote::healthy()))
        .await
        .unwrap();
    assert_eq!(capture.ours().len(), 0, "{:?}", capture.ours());
}

#[tokio::test(start_paused = true)]
async fn retry_and_failure_are_logged() {
    let (capture, _guard) = Capture::of(LevelFilter::INFO);
    let calls = ask_of(&[ApiError::Transient, ApiError::Unknown]);
    assert!(calls.await.is_err());
    let retries = capture.events("attempt failed, trying again");
    assert_eq!(retries.len(), 1);
    assert_eq!(retries[0].level, Level::WARN);
    assert_eq!(retries[0].field("service"), "api");
    assert_eq!(retries[0].field("attempt"), "1");
    assert_eq!(retries[0].field("delay_ms"), "2000");
    assert_eq!(retries[0].field("class"), "transient");
    assert!(retries[0].field("error_type").ends_with("ApiError"));
    let ends = capture.events("call failed");
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0].field("attempts"), "2");
    assert_eq!(ends[0].field("class"), "outcome_unknown");
    assert_eq!(
        retries[0].field("correlation_id"),
        ends[0].field("correlation_id")
    );
}

async fn ask_of(errors: &[ApiError]) -> Answer {
    let answers = errors.iter().map(|error| {
        Err(match error {
            ApiError::Transient => ApiError::Transient,
            ApiError::Unknown => ApiError::Unknown,
            _ => ApiError::Permanent,
        })
    });
    let remote = Remote::scripted(answers);
    Registry::new().scope(ask(&remote)).await
}

#[tokio::test(start_paused = true)]
async fn wait_rejection_and_fallback_are_logged() {
    let (capture, _guard) = Capture::of(LevelFilter::INFO);
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy()).await.unwrap();
        let _running = started(hang());
        assert_eq!(ask(&Remote::healthy()).await.unwrap(), 7);
    };
    registry.scope(calls).await;
    let waits = capture.events("call waits");
    assert_eq!(waits.len(), 1);
    assert_eq!(waits[0].level, Level::INFO);
    assert_eq!(waits[0].field("pattern"), "bulkhead");
    assert_eq!(waits[0].field("at_most_ms"), "1000");
    let rejections = capture.events("call rejected");
    assert_eq!(rejections.len(), 1);
    assert_eq!(rejections[0].field("cause"), "bulkhead");
    let fallbacks = capture.events("answered by fallback");
    assert_eq!(fallbacks.len(), 1);
    assert_eq!(fallbacks[0].field("strategy"), "value");
    assert_eq!(fallbacks[0].field("cause"), "rejection");
}

#[tokio::test(start_paused = true)]
async fn circuit_change_is_logged_once() {
    let (capture, _guard) = Capture::of(LevelFilter::INFO);
    let registry = Registry::new();
    let once = ServiceSettings::default().retry(RetrySettings::default().max_attempts(1));
    registry
        .configure(Settings::new().service("api", once))
        .unwrap();
    let calls = async {
        for _ in 0..3 {
            ask(&Remote::failing()).await.unwrap_err();
        }
        for _ in 0..5 {
            let _ = ask(&Remote::healthy()).await;
        }
        advance(Duration::from_secs(10)).await;
        ask(&Remote::healthy()).await.unwrap();
    };
    registry.scope(calls).await;
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    assert_eq!(api.circuit_breaker().state(), CircuitState::Closed);
    let mut changes = capture.ours();
    changes.retain(|captured| captured.name.contains("circuit"));
    let messages: Vec<_> = changes
        .iter()
        .map(|captured| captured.fields.clone())
        .collect();
    assert_eq!(changes.len(), 3, "open, half-open, closed: {messages:#?}");
    assert!(
        changes
            .iter()
            .all(|captured| captured.field("service") == "api")
    );
}
