//! The timeout limits one attempt: only the time of the body counts.

use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, ResilienceError, ServiceKind, resilient};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::Answer;

#[resilient(
    service = "api",
    retry = off,
    timeout = "2s",
    deadline = off,
    bulkhead(max_concurrent = 1, max_wait = "1m"),
    circuit_breaker(failure_threshold = 1)
)]
async fn work(time: Duration) -> Answer {
    sleep(time).await;
    Ok(1)
}

#[tokio::test(start_paused = true)]
async fn a_body_is_cut_at_the_limit_and_counts_as_a_failure() {
    let registry = Registry::new();
    let calls = async {
        let began = Instant::now();
        assert!(work(Duration::from_millis(1_999)).await.is_ok());
        match work(Duration::from_secs(3)).await {
            Err(ApiError::Resilience(ResilienceError::Timeout { service, after, .. })) => {
                assert_eq!(service, "api");
                assert_eq!(after, Duration::from_secs(2));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(began.elapsed(), Duration::from_millis(3_999));
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
        let stats = api.stats();
        assert_eq!((stats.timeouts, stats.failures.outcome_unknown), (1, 1));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_place_is_not_the_bodys_time() {
    #[resilient(service = "api", retry = off, timeout = off, deadline = off)]
    async fn hold(until: oneshot::Receiver<()>) -> Answer {
        until.await.unwrap();
        Ok(0)
    }
    let registry = Registry::new();
    let calls = async {
        assert!(work(Duration::ZERO).await.is_ok());
        let (tell, until) = oneshot::channel();
        let mut running = started(hold(until));
        let mut waiting = started(work(Duration::from_millis(1_500)));
        sleep(Duration::from_secs(30)).await;
        tell.send(()).unwrap();
        assert!(poll(&mut running).is_ready());
        let began = Instant::now();
        assert!(waiting.as_mut().await.is_ok());
        assert_eq!(began.elapsed(), Duration::from_millis(1_500));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn cut_body_is_dropped_before_the_error_is_returned() {
    struct Guard<'a>(&'a std::cell::Cell<bool>);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }
    #[resilient(service = "api", retry = off, timeout = "1s")]
    async fn hold(dropped: &std::cell::Cell<bool>) -> Answer {
        let _guard = Guard(dropped);
        std::future::pending().await
    }
    let dropped = std::cell::Cell::new(false);
    let out = Registry::new().scope(hold(&dropped)).await;
    assert!(out.unwrap_err().is_timeout());
    assert!(dropped.get());
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_a_body_may_take_for_ever() {
    #[resilient(service = "api", retry = off, timeout = off, deadline = off)]
    async fn long() -> Answer {
        sleep(Duration::from_secs(1_000_000)).await;
        Ok(1)
    }
    assert!(Registry::new().scope(long()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_ready_at_once_is_never_cut() {
    #[resilient(service = "api", retry = off, timeout = "1ns", deadline = "1ns")]
    async fn ready() -> Answer {
        Ok(1)
    }
    assert!(Registry::new().scope(ready()).await.is_ok());
}
