//! Breaker, then limiter, then bulkhead: the order of admission, and what a rejection releases.

use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{Registry, ResilienceError, Service, ServiceKind, resilient};
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_threshold = 1, recovery_timeout = "10s", half_open_max_calls = 1, success_threshold = 1),
    rate_limit(requests_per_hour = 2),
    bulkhead(max_concurrent = 1)
)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off, circuit_breaker = off, timeout = off, deadline = off)]
async fn hang() -> Answer {
    std::future::pending().await
}

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker = off,
    rate_limit = off,
    timeout = off,
    deadline = off
)]
async fn hang_without_a_token() -> Answer {
    std::future::pending().await
}

fn api(registry: &Registry) -> Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

fn is_limited(out: Answer) -> bool {
    matches!(
        out,
        Err(ApiError::Resilience(
            ResilienceError::RateLimitExceeded { .. }
        ))
    )
}

fn is_full(out: Answer) -> bool {
    matches!(
        out,
        Err(ApiError::Resilience(ResilienceError::BulkheadFull { .. }))
    )
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_spends_no_token() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask(&remote).await.unwrap();
        api(&registry).circuit_breaker().force_open();
        for _ in 0..10 {
            assert!(ask(&remote).await.unwrap_err().is_open_circuit());
        }
        api(&registry).circuit_breaker().force_closed();
        ask(&remote).await.unwrap();
        assert!(is_limited(ask(&remote).await));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn limiter_rejection_releases_the_breaker_permit() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy()).await.unwrap();
        ask(&Remote::failing()).await.unwrap_err();
        advance(Duration::from_secs(10)).await;
        for _ in 0..10 {
            assert!(is_limited(ask(&Remote::healthy()).await));
        }
        let breaker = api(&registry).circuit_breaker();
        assert!(breaker.try_acquire().is_ok(), "the probe's place is free");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn bulkhead_rejection_releases_permit_and_token() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::failing()).await.unwrap_err();
        advance(Duration::from_secs(10)).await;
        let running = started(hang_without_a_token());
        for _ in 0..10 {
            assert!(is_full(ask(&Remote::healthy()).await));
        }
        drop(running);
        let breaker = api(&registry).circuit_breaker();
        assert!(breaker.try_acquire().is_ok(), "the probe's place is free");
        ask(&Remote::healthy()).await.unwrap();
        assert!(is_limited(ask(&Remote::healthy()).await), "two tokens");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_runs_keeps_its_token_when_it_is_dropped() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy()).await.unwrap();
        drop(started(hang()));
        assert!(is_limited(ask(&Remote::healthy()).await));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn call_dropped_in_bulkhead_queue_returns_its_token() {
    #[resilient(service = "api", retry = off, bulkhead(max_concurrent = 1, max_wait = "1m"))]
    async fn patient(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        ask(&remote).await.unwrap();
        let running = started(hang_without_a_token());
        for _ in 0..10 {
            drop(started(patient(&remote)));
        }
        drop(running);
        ask(&remote).await.unwrap();
        assert!(is_limited(ask(&remote).await));
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "paced",
    retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    deadline = off,
    circuit_breaker(failure_threshold = 100),
    rate_limit(requests_per_minute = 6, burst = 1, max_wait = "30s")
)]
async fn paced(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn retry_waits_for_its_token_beyond_max_wait() {
    #[resilient(
        service = "api",
        retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
        circuit_breaker = off,
        deadline = off,
        rate_limit(requests_per_minute = 6, burst = 1)
    )]
    async fn impatient(remote: &Remote) -> Answer {
        remote.answer()
    }
    let remote = Remote::failing();
    let registry = Registry::new();
    let out = registry.scope(impatient(&remote)).await;
    assert!(matches!(out, Err(ApiError::Transient)));
    assert_eq!(remote.asked_at(), [0, 10, 20].map(Duration::from_secs));
    // The first one of a call does not.
    assert!(is_limited(registry.scope(impatient(&remote)).await));
}

#[tokio::test(start_paused = true)]
async fn each_attempt_takes_a_token_and_a_later_one_waits_for_it() {
    let remote = Remote::failing();
    Registry::new().scope(paced(&remote)).await.unwrap_err();
    let tokens = [0, 10, 20].map(Duration::from_secs);
    assert_eq!(remote.asked_at(), tokens);
}

#[tokio::test(start_paused = true)]
async fn breaker_is_checked_again_after_token_wait() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        paced(&remote).await.unwrap();
        let waiting = started(paced(&remote));
        let service = registry.service("paced", ServiceKind::Custom).unwrap();
        service.circuit_breaker().force_open();
        let began = Instant::now();
        assert!(waiting.await.unwrap_err().is_open_circuit());
        assert_eq!(began.elapsed(), Duration::from_secs(10));
        // The token went back.
        service.circuit_breaker().force_closed();
        paced(&remote).await.unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(10));
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "race",
    deadline = off,
    circuit_breaker = off,
    retry(max_attempts = 3, base_delay = "5s", multiplier = 1.0, jitter = "none"),
    rate_limit(requests_per_hour = 2)
)]
async fn race(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn rejection_after_backoff_is_returned() {
    let registry = Registry::new();
    let calls = async {
        let (failing, healthy) = (Remote::failing(), Remote::healthy());
        let mut pausing = started(race(&failing));
        advance(Duration::from_secs(1)).await;
        race(&healthy).await.unwrap();
        advance(Duration::from_secs(4)).await;
        match poll(&mut pausing) {
            std::task::Poll::Ready(out) => assert!(is_limited(out)),
            std::task::Poll::Pending => panic!("it sleeps on"),
        }
        assert_eq!(failing.asked(), 1);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_outlasts_max_elapsed_starts_no_new_attempt() {
    #[resilient(
        service = "crowded",
        circuit_breaker = off,
        retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none", max_elapsed = "5s"),
        bulkhead(max_concurrent = 1, max_wait = "30s")
    )]
    async fn crowded(remote: &Remote) -> Answer {
        remote.answer()
    }
    #[resilient(service = "crowded", retry = off, circuit_breaker = off)]
    async fn slow() -> Answer {
        tokio::time::sleep(Duration::from_secs(20)).await;
        Ok(0)
    }
    let registry = Registry::new();
    let calls = async {
        let failing = Remote::failing();
        let pausing = started(crowded(&failing));
        let began = Instant::now();
        let (out, slow) = tokio::join!(pausing, async {
            let out = slow().await;
            (out, Instant::now())
        });
        assert!(slow.0.is_ok());
        assert!(is_full(out));
        assert_eq!(failing.asked(), 1);
        assert_eq!(began.elapsed(), Duration::from_secs(20));
    };
    registry.scope(calls).await;
}
