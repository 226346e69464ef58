//! `Fallback` without the macro, alone and with a service.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_runtime::{Fallback, Registry, ResilienceError, ServiceKind};
use tokio::time::advance;

use crate::errors::ApiError;

#[tokio::test(start_paused = true)]
async fn the_last_good_answer_is_kept_by_key_and_for_its_time() {
    let fallback = Fallback::<u32, ApiError>::new().cache(Duration::from_secs(5));
    let down = || async { Err(ApiError::Transient) };
    let good = fallback.run_keyed("api", "a", || async { Ok(1) });
    assert_eq!(good.await.unwrap(), 1);
    assert_eq!(fallback.run_keyed("api", "a", down).await.unwrap(), 1);
    assert!(fallback.run_keyed("api", "b", down).await.is_err());
    advance(Duration::from_millis(5_001)).await;
    assert!(fallback.run_keyed("api", "a", down).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn fallback_functions_run_in_order_and_last_error_is_returned() {
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let fallback = Fallback::<u32, io::Error>::new()
        .call(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Err(io::Error::other("first")) }
        })
        .call_with_error(|error| {
            let kind = error.kind();
            async move { Err(io::Error::new(kind, "second")) }
        });
    let out = fallback
        .run("api", || async { Err(io::ErrorKind::NotFound.into()) })
        .await;
    let error = out.unwrap_err();
    let inner = error.get_ref().unwrap().downcast_ref::<ResilienceError>();
    match inner.unwrap() {
        ResilienceError::FallbackFailed { error, source, .. } => {
            assert_eq!(error.to_string(), "second");
            let source = source.downcast_ref::<io::Error>().unwrap();
            assert_eq!(source.kind(), io::ErrorKind::NotFound);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn with_a_service_the_verdict_decides_on_the_cache() {
    let api = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let fallback = Fallback::<u32, ApiError>::new().cache(Duration::from_secs(3_600));
    let guarded = api.fallback(&fallback);
    guarded.call(|| async { Ok(1) }).await.unwrap();
    let out = guarded.call(|| async { Err(ApiError::Unknown) }).await;
    assert_eq!(out.unwrap(), 1);
    let out = guarded.call(|| async { Err(ApiError::Permanent) }).await;
    assert!(matches!(out, Err(ApiError::Permanent)));
    api.circuit_breaker().force_open();
    let out = guarded.call(|| async { Ok(2) }).await;
    assert_eq!(out.unwrap(), 1);
    assert_eq!(api.stats().fallbacks.cache, 2);
}

#[tokio::test(start_paused = true)]
async fn with_a_service_each_failure_is_counted() {
    let api = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let fallback = Fallback::<u32, ApiError>::new()
        .call(|| async { Err(ApiError::Transient) })
        .call(|| async { Err(ApiError::Unknown) })
        .value(7);
    let out = api
        .fallback(&fallback)
        .call(|| async { Err(ApiError::Permanent) })
        .await;
    assert_eq!(out.unwrap(), 7);
    let fallbacks = api.stats().fallbacks;
    assert_eq!((fallbacks.failed, fallbacks.value), (2, 1));
}
