//! Correlation ids, which connect the log entries of one call.

use resilience_runtime::{
    Registry, ServiceKind, admin::admin_router, resilient, telemetry::CallRecorder,
    telemetry::CorrelationId, with_correlation_id,
};
use tracing_subscriber::filter::LevelFilter;

use crate::capture::{Capture, CaptureGuard, Captured};
use crate::client::{get, open};
use crate::errors::ApiError;
use crate::health_remote::{immediate, monitor};
use crate::remote::{Answer, Remote};
use crate::secrets::Output;

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

/// Forges a line, a colour and the direction of a text, and is too long.
fn forged() -> String {
    let start = "r-7\r\nERROR forged\u{1b}[2J\u{9b}31m\u{2028}\u{2029}\u{202e}\u{2066}";
    format!("{start}{}", "ä".repeat(1_000_000))
}

fn cleaned() -> String {
    let start = "r-7ERROR forged[2J31m";
    format!("{start}{}", "ä".repeat((128 - start.len()) / 2))
}

#[resilient(
    service = "api",
    retry(max_attempts = 2, base_delay = "1ms"),
    correlation_id = forged()
)]
async fn by_attribute(remote: &Remote) -> Answer {
    remote.answer()
}

/// By the attribute, by what is around it, and by hand.
async fn call_with_a_forged_id(registry: &Registry) {
    let remote = Remote::failing();
    registry.scope(by_attribute(&remote)).await.unwrap_err();
    let around = with_correlation_id(forged(), plain(&remote));
    registry.scope(around).await.unwrap_err();
    let by_hand = registry.service("by-hand", ServiceKind::Custom).unwrap();
    let failing = by_hand.call(|| async { Err::<(), _>(ApiError::Permanent) });
    with_correlation_id(forged(), failing).await.unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn spans_and_logs_get_the_clean_id() {
    for level in [LevelFilter::TRACE, LevelFilter::WARN] {
        let (capture, _guard) = Capture::of(level);
        call_with_a_forged_id(&Registry::new()).await;
        assert_eq!(ids(&capture.ours()), [&*cleaned()], "{level}");
        assert_eq!(
            capture.spans("resilience.call").is_empty(),
            level == LevelFilter::WARN
        );
    }
}

#[tokio::test(start_paused = true)]
async fn text_log_has_no_forged_line() {
    let output = Output::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::FULL)
        .with_ansi(false)
        .with_writer(output.clone())
        .finish();
    let _guard = CaptureGuard::with(subscriber);
    call_with_a_forged_id(&Registry::new()).await;
    let text = output.text();
    assert!(text.contains(&cleaned()), "{text}");
    for line in text.lines() {
        assert!(
            !line.starts_with("ERROR forged") && line.len() < 1_000,
            "{line}"
        );
        assert!(!line.contains(['\u{1b}', '\u{9b}', '\u{2028}', '\u{2029}', '\u{202e}']));
    }
}

#[tokio::test(start_paused = true)]
async fn subscribers_and_recorders_get_the_clean_id() {
    let (_capture, _guard) = Capture::of(LevelFilter::OFF);
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let recorder = CallRecorder::new(&registry);
    call_with_a_forged_id(&registry).await;
    let mut seen = 0;
    while let Some(event) = events.try_recv().unwrap() {
        if let Some(id) = &event.correlation_id {
            assert_eq!(id.as_str(), cleaned());
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen}");
    for service in ["api", "by-hand"] {
        let call = recorder.last_call(service);
        assert_eq!(call.correlation_id.as_str(), cleaned());
        let shown = format!("{call} {call:?}");
        assert!(shown.len() < 1_000, "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn routes_do_not_show_what_an_id_forges() {
    let (_capture, _guard) = Capture::of(LevelFilter::OFF);
    let registry = Registry::new();
    let routes = admin_router(&registry, monitor(immediate()));
    let mut reader = open(&routes).await.unwrap();
    call_with_a_forged_id(&registry).await;
    let mut text = String::new();
    for path in ["/services", "/metrics", "/health"] {
        text += &get(&routes, path).await.text;
    }
    text += &reader.until("hello").await.to_string();
    text += &reader.until("snapshot").await.to_string();
    assert!(text.contains("by-hand"), "{text}");
    assert!(!text.contains("forged"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn code_inside_sees_the_clean_id() {
    let seen = with_correlation_id(forged(), async { CorrelationId::current() }).await;
    assert_eq!(seen.unwrap().as_str(), cleaned());
}
