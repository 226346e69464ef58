//! Correlation ids, which connect the log entries of one call.

use resilience_runtime::{Registry, resilient, telemetry::CorrelationId, with_correlation_id};
use tracing_subscriber::filter::LevelFilter;

use crate::capture::{Capture, Captured};
use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    circuit_breaker = off,
    retry(max_attempts = 2, base_delay = "1ms", jitter = "none")
)]
async fn plain(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(
    service = "api",
    circuit_breaker = off,
    correlation_id = format_args!("user-{user}"),
    retry(max_attempts = 2, base_delay = "1ms", jitter = "none")
)]
async fn named(user: u32, remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "outer", circuit_breaker = off, retry = off)]
async fn outer(remote: &Remote) -> Answer {
    plain(remote).await
}

#[resilient(service = "outer", circuit_breaker = off, retry = off, correlation_id = "outer-1")]
async fn named_outer(remote: &Remote) -> Answer {
    plain(remote).await
}

fn ids(captured: &[Captured]) -> Vec<&str> {
    let mut ids: Vec<_> = captured
        .iter()
        .filter_map(|captured| captured.fields.get("correlation_id"))
        .map(String::as_str)
        .collect();
    ids.dedup();
    ids
}

#[tokio::test(start_paused = true)]
async fn each_call_has_its_own_correlation_id() {
    for level in [LevelFilter::TRACE, LevelFilter::WARN] {
        let (capture, _guard) = Capture::of(level);
        let registry = Registry::new();
        registry.scope(plain(&Remote::failing())).await.unwrap_err();
        let first = capture.ours();
        assert!(first.len() >= 2);
        assert_eq!(ids(&first).len(), 1, "{level}: {first:#?}");
        registry.scope(plain(&Remote::failing())).await.unwrap_err();
        assert_eq!(ids(&capture.ours()).len(), 2, "{level}");
    }
}

#[tokio::test(start_paused = true)]
async fn attribute_id_overrides_the_surrounding_id() {
    let (capture, _guard) = Capture::of(LevelFilter::TRACE);
    let remote = Remote::failing();
    let call = with_correlation_id("request-1", named(7, &remote));
    Registry::new().scope(call).await.unwrap_err();
    assert_eq!(ids(&capture.ours()), ["user-7"]);
}

#[tokio::test(start_paused = true)]
async fn surrounding_id_is_used_instead_of_a_new_one() {
    for level in [LevelFilter::TRACE, LevelFilter::WARN] {
        let (capture, _guard) = Capture::of(level);
        let remote = Remote::failing();
        let call = with_correlation_id("request-1", outer(&remote));
        Registry::new().scope(call).await.unwrap_err();
        assert_eq!(ids(&capture.ours()), ["request-1"], "{level}");
    }
}

#[tokio::test(start_paused = true)]
async fn nested_call_inherits_the_id() {
    let (capture, _guard) = Capture::of(LevelFilter::TRACE);
    let registry = Registry::new();
    registry.scope(outer(&Remote::failing())).await.unwrap_err();
    let captured = capture.ours();
    assert_eq!(capture.spans("resilience.call").len(), 2);
    assert_eq!(ids(&captured).len(), 1, "{captured:#?}");
}

#[tokio::test(start_paused = true)]
async fn nested_call_inherits_the_attribute_id_at_warn_level() {
    let (capture, _guard) = Capture::of(LevelFilter::WARN);
    let registry = Registry::new();
    let remote = Remote::failing();
    registry.scope(named_outer(&remote)).await.unwrap_err();
    assert_eq!(ids(&capture.ours()), ["outer-1"]);
}

#[tokio::test(start_paused = true)]
async fn body_can_read_the_correlation_id() {
    #[resilient(service = "api", correlation_id = "request-9")]
    async fn reads() -> Result<String, ApiError> {
        tokio::task::yield_now().await;
        Ok(CorrelationId::current().unwrap().to_string())
    }
    let (_capture, _guard) = Capture::of(LevelFilter::WARN);
    assert_eq!(Registry::new().scope(reads()).await.unwrap(), "request-9");
    assert_eq!(CorrelationId::current(), None);
}

#[tokio::test(start_paused = true)]
async fn fallbacks_run_under_the_correlation_id() {
    #[resilient(
        service = "api",
        retry = off,
        correlation_id = "request-9",
        fallback(call = seen)
    )]
    async fn by_function() -> Result<String, ApiError> {
        Err(ApiError::Permanent)
    }
    async fn seen() -> Result<String, ApiError> {
        tokio::task::yield_now().await;
        Ok(CorrelationId::current().unwrap().to_string())
    }
    #[resilient(service = "api", retry = off, correlation_id = "request-9", fallback(registered))]
    async fn by_registered() -> Result<String, ApiError> {
        Err(ApiError::Permanent)
    }
    let (_capture, _guard) = Capture::of(LevelFilter::WARN);
    let registry = Registry::new();
    registry.register_fallback::<String>("api", |_| async {
        tokio::task::yield_now().await;
        CorrelationId::current().unwrap().to_string()
    });
    assert_eq!(registry.scope(by_function()).await.unwrap(), "request-9");
    assert_eq!(registry.scope(by_registered()).await.unwrap(), "request-9");
}
