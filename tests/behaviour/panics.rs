//! A panic in the body ends its call alone.

use resilience_runtime::{Registry, ResilienceError, ServiceKind, Verdict, resilient};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    circuit_breaker(failure_threshold = 1),
    bulkhead(max_concurrent = 1)
)]
async fn ask(registry: &Registry, panic: bool) -> Answer {
    let _ = registry;
    assert!(!panic, "the body panics");
    Ok(1)
}

async fn panics(registry: &Registry, call: impl Future<Output = ()> + Send + 'static) {
    let registry = registry.clone();
    let task = tokio::spawn(async move { registry.scope(call).await });
    assert!(task.await.unwrap_err().is_panic());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_panics_poisons_nothing() {
    let registry = Registry::new();
    for _ in 0..10 {
        let inside = registry.clone();
        panics(&registry, async move {
            let _ = ask(&inside, true).await;
        })
        .await;
    }
    assert!(registry.scope(ask(&registry, false)).await.is_ok());
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let stats = api.stats();
    assert_eq!(stats.abandoned, 10);
    assert_eq!((stats.calls, stats.attempts, stats.successes), (11, 11, 1));
    assert_eq!(registry.stats().total_services, 1);
}

#[tokio::test(start_paused = true)]
async fn a_classifier_that_panics_poisons_nothing() {
    fn touchy(error: &ApiError) -> Verdict {
        assert!(!matches!(error, ApiError::Unknown), "the classifier panics");
        Verdict::permanent()
    }
    #[resilient(service = "api", classify = touchy, bulkhead(max_concurrent = 1))]
    async fn ask(answer: fn() -> Answer) -> Answer {
        answer()
    }
    let registry = Registry::new();
    panics(&registry, async {
        let _ = ask(|| Err(ApiError::Unknown)).await;
    })
    .await;
    assert!(registry.scope(ask(|| Ok(1))).await.is_ok());
    assert!(
        registry
            .scope(ask(|| Err(ApiError::Permanent)))
            .await
            .is_err()
    );
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_panics_poisons_nothing() {
    fn no_value() -> u32 {
        panic!("the fallback panics")
    }
    #[resilient(
        service = "api",
        fallback(value = no_value()),
        bulkhead(max_concurrent = 1)
    )]
    async fn ask(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    panics(&registry, async {
        let remote = Remote::always(|| Err(ApiError::Permanent));
        let _ = ask(&remote).await;
    })
    .await;
    assert!(registry.scope(ask(&Remote::healthy())).await.is_ok());

    registry.register_fallback::<u32>("other", |context| async move {
        assert!(context.attempts() > 1, "the fallback panics");
        7
    });
    #[resilient(service = "other", circuit_breaker = off, retry(base_delay = "1ms"), fallback(registered))]
    async fn other(remote: &Remote) -> Result<u32, ApiError> {
        remote.answer()
    }
    panics(&registry, async {
        let remote = Remote::always(|| Err(ApiError::Permanent));
        let _ = other(&remote).await;
    })
    .await;
    let out = registry.scope(other(&Remote::failing())).await;
    assert_eq!(out.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_panics_poisons_nothing() {
    fn key(panic: bool) -> u32 {
        assert!(!panic, "the key panics");
        1
    }
    #[resilient(
        service = "api",
        rate_limit(requests_per_minute = 100, key = key(panic)),
        bulkhead(max_concurrent = 1)
    )]
    async fn ask(panic: bool) -> Result<bool, ResilienceError> {
        Ok(panic)
    }
    let registry = Registry::new();
    panics(&registry, async {
        let _ = ask(true).await;
    })
    .await;
    assert!(registry.scope(ask(false)).await.is_ok());
}
