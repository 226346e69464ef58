//! The deadline limits the whole call.

use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, ResilienceError, ServiceKind, resilient};
use tokio::time::{Instant, sleep};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    deadline = "10s",
    timeout = "6s",
    idempotent,
    circuit_breaker(failure_threshold = 2),
    retry(max_attempts = 5, base_delay = "1s", jitter = "none")
)]
async fn work(remote: &Remote, time: Duration) -> Answer {
    let answer = remote.answer();
    sleep(time).await;
    answer
}

#[tokio::test(start_paused = true)]
async fn deadline_cuts_the_attempt_and_counts_as_failure() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        let began = Instant::now();
        match work(&remote, Duration::from_secs(60)).await {
            Err(ApiError::Resilience(ResilienceError::DeadlineExceeded {
                service, after, ..
            })) => {
                assert_eq!(service, "api");
                assert_eq!(after, Duration::from_secs(10));
            }
            other => panic!("{other:?}"),
        }
        // A timeout after 6 s, a pause of 1 s, and 3 s of the second attempt.
        assert_eq!(began.elapsed(), Duration::from_secs(10));
        assert_eq!(remote.asked(), 2);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
        let stats = api.stats();
        assert_eq!((stats.timeouts, stats.deadlines), (1, 1));
        assert_eq!(stats.failures.outcome_unknown, 2);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn deadline_exceeded_is_never_retried() {
    #[resilient(
        service = "api",
        deadline = "5s",
        timeout = off,
        idempotent,
        retry(max_attempts = 5, base_delay = "1ms", jitter = "none")
    )]
    async fn hang(remote: &Remote) -> Answer {
        remote.answer()?;
        std::future::pending().await
    }
    let remote = Remote::healthy();
    let error = Registry::new().scope(hang(&remote)).await.unwrap_err();
    assert!(error.is_deadline());
    assert_eq!(remote.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn deadline_wins_over_a_timeout_at_the_same_time() {
    #[resilient(service = "api", retry = off, deadline = "5s", timeout = "5s")]
    async fn hang() -> Answer {
        std::future::pending().await
    }
    let error = Registry::new().scope(hang()).await.unwrap_err();
    assert!(error.is_deadline());
}

#[tokio::test(start_paused = true)]
async fn pauses_and_work_are_part_of_it() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::failing();
        let began = Instant::now();
        let error = work(&remote, Duration::from_secs(4)).await.unwrap_err();
        // 4 s, 1 s of pause, 4 s: at 9 s the next pause of 2 s would end too late.
        assert!(matches!(error, ApiError::Transient));
        assert_eq!(began.elapsed(), Duration::from_secs(9));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_deadline_below_a_second_is_exact() {
    #[resilient(service = "api", retry = off, deadline = "7ms")]
    async fn hang() -> Answer {
        std::future::pending().await
    }
    let began = Instant::now();
    let error = Registry::new().scope(hang()).await.unwrap_err();
    assert!(error.is_deadline());
    assert_eq!(began.elapsed(), Duration::from_millis(7));
}
