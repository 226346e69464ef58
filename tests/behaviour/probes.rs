//! Half-open: how many probes run, and that each permit is released.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, ResilienceError, ServiceKind, resilient};
use tokio::time::advance;

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_threshold = 1, recovery_timeout = "10s", success_threshold = 1, half_open_max_calls = 1)
)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off)]
async fn hang() -> Answer {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_probe_frees_its_place() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::failing()).await.unwrap_err();
        advance(Duration::from_secs(10)).await;
        for _ in 0..100 {
            let probe = started(hang());
            let full = ask(&Remote::healthy()).await.unwrap_err();
            assert!(full.is_open_circuit());
            drop(probe);
        }
        assert!(ask(&Remote::healthy()).await.is_ok());
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn rejection_without_free_probe_has_the_recovery_timeout() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::failing()).await.unwrap_err();
        advance(Duration::from_secs(10)).await;
        let _probe = started(hang());
        match ask(&Remote::healthy()).await {
            Err(ApiError::Resilience(ResilienceError::CircuitBreakerOpen {
                service,
                retry_after,
                ..
            })) => {
                assert_eq!(service, "api");
                assert_eq!(retry_after, Some(Duration::from_secs(10)));
            }
            other => panic!("{other:?}"),
        }
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn throttled_probe_releases_its_permit_without_outcome() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::failing()).await.unwrap_err();
        advance(Duration::from_secs(10)).await;
        let throttled = Remote::always(|| Err(ApiError::Throttled(None)));
        for _ in 0..10 {
            assert!(matches!(
                ask(&throttled).await,
                Err(ApiError::Throttled(None))
            ));
        }
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert_eq!(api.circuit_breaker().state(), CircuitState::HalfOpen);
        assert!(ask(&Remote::healthy()).await.is_ok());
        assert_eq!(api.circuit_breaker().state(), CircuitState::Closed);
    };
    registry.scope(calls).await;
}

#[derive(Default)]
struct Crowd {
    inside: AtomicUsize,
    most: AtomicUsize,
    admitted: AtomicUsize,
}

#[resilient(
    service = "crowd",
    registry = registry,
    retry = off,
    circuit_breaker(
        failure_threshold = 1,
        recovery_timeout = "1ns",
        success_threshold = 1_000_000,
        half_open_max_calls = 3
    )
)]
async fn join(registry: &Registry, crowd: &Crowd, fail: bool) -> Answer {
    crowd.admitted.fetch_add(1, Ordering::Relaxed);
    let inside = crowd.inside.fetch_add(1, Ordering::SeqCst) + 1;
    crowd.most.fetch_max(inside, Ordering::SeqCst);
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    crowd.inside.fetch_sub(1, Ordering::SeqCst);
    if fail {
        return Err(ApiError::Transient);
    }
    Ok(0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_never_run_more_probes_at_once_than_allowed() {
    let registry = Registry::new();
    let crowd = Arc::new(Crowd::default());
    join(&registry, &crowd, true).await.unwrap_err();
    let callers: Vec<_> = (0..16)
        .map(|_| {
            let (registry, crowd) = (registry.clone(), Arc::clone(&crowd));
            tokio::spawn(async move {
                for _ in 0..500 {
                    let _ = join(&registry, &crowd, false).await;
                    tokio::task::yield_now().await;
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
    let most = crowd.most.load(Ordering::SeqCst);
    assert!((1..=3).contains(&most), "{most} at once");
    assert!(crowd.admitted.load(Ordering::Relaxed) > 100);
    let service = registry.service("crowd", ServiceKind::Custom).unwrap();
    assert!(service.stats().rejections.circuit_breaker > 0);
}
