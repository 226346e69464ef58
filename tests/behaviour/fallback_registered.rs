//! Fallbacks that are registered at run time, for a service and a type of answer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use resilience_runtime::{
    BoxError, Registry, ResilienceError, ServiceKind, fallback::FailureCause,
    fallback::FallbackContext, resilient, telemetry::CorrelationId, with_correlation_id,
};

use crate::errors::ApiError;
use crate::remote::Remote;

#[resilient(
    service = "api",
    circuit_breaker = off,
    retry(max_attempts = 3, base_delay = "1ms"),
    fallback(registered)
)]
async fn answered(remote: &Remote) -> Result<u32, ApiError> {
    remote.answer()
}

#[resilient(service = "api", circuit_breaker = off, retry = off)]
async fn unwritten(remote: &Remote) -> Result<u32, ApiError> {
    remote.answer()
}

#[derive(Clone, Debug, PartialEq)]
struct Own(u32);

#[resilient(service = "api", circuit_breaker = off, retry = off, fallback(registered, call = last))]
async fn named(remote: &Remote) -> Result<Own, ApiError> {
    remote.answer().map(Own)
}

fn last(_: &Remote) -> Result<Own, ApiError> {
    Ok(Own(99))
}

#[tokio::test(start_paused = true)]
async fn registered_fallback_may_return_value_or_result() {
    let registry = Registry::new();
    registry.register_fallback::<u32>("api", |_| async { 1 });
    assert_eq!(
        registry.scope(answered(&Remote::failing())).await.unwrap(),
        1
    );
    registry.register_fallback::<u32>("api", |_| async { Ok::<u32, BoxError>(2) });
    assert_eq!(
        registry.scope(answered(&Remote::failing())).await.unwrap(),
        2
    );
    assert_eq!(
        registry.stats().total_fallbacks,
        2,
        "the function's own, and one registration that replaced the other"
    );
    let stats = registry.stats();
    assert_eq!(stats.fallbacks_served, 2);
    assert_eq!(stats.services[0].fallbacks.registered, 2);
}

#[tokio::test(start_paused = true)]
async fn registered_fallback_receives_the_call_context() {
    let seen: Arc<Mutex<Vec<FallbackContext>>> = Arc::default();
    let registry = Registry::new();
    let sink = Arc::clone(&seen);
    registry.register_fallback::<u32>("api", move |context| {
        sink.lock().unwrap().push(context);
        async { 1 }
    });
    registry.scope(answered(&Remote::failing())).await.unwrap();
    let context = seen.lock().unwrap().pop().unwrap();
    assert_eq!(context.service(), "api");
    assert_eq!(context.kind(), ServiceKind::Custom);
    assert!(context.function().ends_with("::answered"), "{context:?}");
    assert_eq!(context.cause(), FailureCause::Temporary);
    assert_eq!(context.attempts(), 3);
}

#[tokio::test(start_paused = true)]
async fn registered_fallback_answers_only_its_service_and_type_where_written() {
    let registry = Registry::new();
    registry.register_fallback::<u32>("other", |_| async { 1 });
    registry.register_fallback::<u64>("api", |_| async { 1 });
    let out = registry.scope(answered(&Remote::failing())).await;
    assert!(matches!(out, Err(ApiError::Transient)));
    registry.register_fallback::<u32>("api", |_| async { 1 });
    let out = registry.scope(unwritten(&Remote::failing())).await;
    assert!(matches!(out, Err(ApiError::Transient)));
}

#[tokio::test(start_paused = true)]
async fn registered_step_runs_in_written_order() {
    let registry = Registry::new();
    assert_eq!(
        registry.scope(named(&Remote::failing())).await.unwrap(),
        Own(99)
    );
    registry.register_fallback::<Own>("api", |_| async { Own(7) });
    assert_eq!(
        registry.scope(named(&Remote::failing())).await.unwrap(),
        Own(7)
    );
    registry.register_fallback::<Own>("api", |_| async { Err::<Own, BoxError>("no".into()) });
    assert_eq!(
        registry.scope(named(&Remote::failing())).await.unwrap(),
        Own(99)
    );
}

#[tokio::test(start_paused = true)]
async fn failed_registered_fallback_reports_both_errors() {
    let registry = Registry::new();
    registry.register_fallback::<u32>("api", |_| async { Err::<u32, BoxError>("no".into()) });
    let out = registry.scope(answered(&Remote::failing())).await;
    match out.unwrap_err().local() {
        ResilienceError::FallbackFailed {
            strategy,
            error,
            source,
            ..
        } => {
            assert_eq!(*strategy, "registered");
            assert_eq!(error.to_string(), "no");
            assert!(source.is::<ApiError>());
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(registry.stats().services[0].fallbacks.failed, 1);
}

#[tokio::test(start_paused = true)]
async fn registered_fallback_runs_outside_the_deadline() {
    #[resilient(service = "api", retry = off, deadline = "1s", fallback(registered))]
    async fn hang() -> Result<u32, ApiError> {
        std::future::pending().await
    }
    let registry = Registry::new();
    registry.register_fallback::<u32>("api", |context| async move {
        assert_eq!(context.cause(), FailureCause::Timeout);
        tokio::time::sleep(Duration::from_secs(60)).await;
        7
    });
    assert_eq!(registry.scope(hang()).await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn registered_fallback_keeps_the_correlation_id() {
    let registry = Registry::new();
    registry.register_fallback::<u32>("api", |_| async {
        assert_eq!(CorrelationId::current().unwrap().as_str(), "request-7");
        7
    });
    let call = with_correlation_id("request-7", answered_once());
    assert_eq!(registry.scope(call).await.unwrap(), 7);
}

#[resilient(service = "api", circuit_breaker = off, retry = off, fallback(registered))]
async fn answered_once() -> Result<u32, ApiError> {
    Err(ApiError::Permanent)
}

#[tokio::test(start_paused = true)]
async fn registered_fallback_is_not_called_after_success() {
    let registry = Registry::new();
    registry.register_fallback::<u32>("api", |_| async { no_answer() });
    assert!(registry.scope(answered(&Remote::healthy())).await.is_ok());
}

fn no_answer() -> u32 {
    panic!("called after a success")
}
