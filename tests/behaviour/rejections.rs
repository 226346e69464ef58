//! Local rejections are not retried, are no failures and are not charged to the budget.

use std::time::Duration;

use resilience_runtime::{Registry, ResilienceError, ServiceKind, resilient};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    idempotent,
    retry(max_attempts = 5, base_delay = "1s", jitter = "none"),
    circuit_breaker(failure_threshold = 1, recovery_timeout = "1h"),
    bulkhead(max_concurrent = 1)
)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off)]
async fn hang() -> Answer {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_is_not_retried_counted_or_charged() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy()).await.unwrap();
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        api.circuit_breaker().force_open();
        let remote = Remote::healthy();
        let began = Instant::now();
        assert!(ask(&remote).await.unwrap_err().is_open_circuit());
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(remote.asked(), 0);
        let stats = api.stats();
        assert_eq!(
            (stats.calls, stats.attempts, stats.retries),
            (2, 1, 0),
            "{stats:?}"
        );
        assert_eq!(stats.rejections.circuit_breaker, 1);
        assert_eq!(stats.failures.total(), 0);
        assert_eq!(stats.retry_budget, 100.0);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_full_bulkhead_is_not_retried_counted_or_charged() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy()).await.unwrap();
        let _running = started(hang());
        let remote = Remote::healthy();
        let began = Instant::now();
        for _ in 0..3 {
            assert!(matches!(
                ask(&remote).await,
                Err(ApiError::Resilience(ResilienceError::BulkheadFull { .. }))
            ));
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(remote.asked(), 0);
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let stats = api.stats();
        assert_eq!(stats.rejections.bulkhead, 3);
        assert_eq!((stats.attempts, stats.retries), (1, 0));
        assert_eq!(stats.retry_budget, 100.0);
        // One failure would have opened it.
        assert_eq!(stats.circuit.opened, 0);
        assert_eq!(stats.circuit.consecutive_failures, 0);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_used_up_limit_is_not_retried_counted_or_charged() {
    #[resilient(
        service = "limited",
        idempotent,
        retry(max_attempts = 5, base_delay = "1s", jitter = "none"),
        circuit_breaker(failure_threshold = 1),
        rate_limit(requests_per_minute = 1)
    )]
    async fn limited(remote: &Remote) -> Answer {
        remote.answer()
    }
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        limited(&remote).await.unwrap();
        let began = Instant::now();
        for _ in 0..3 {
            let error = limited(&remote).await.unwrap_err();
            assert_eq!(error.local().retry_after(), Some(Duration::from_secs(60)));
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!(remote.asked(), 1);
    };
    registry.scope(calls).await;
    let limited = registry.service("limited", ServiceKind::Custom).unwrap();
    let stats = limited.stats();
    assert_eq!(stats.rejections.rate_limit, 3);
    assert_eq!((stats.attempts, stats.retries), (1, 0));
    assert_eq!(stats.retry_budget, 100.0);
    assert_eq!((stats.circuit.opened, stats.failures.total()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_retry_that_is_not_made_after_all_is_not_charged() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy()).await.unwrap();
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let refused = || Remote::scripted([Err(ApiError::Throttled(None))]);
        let left = || api.stats().retry_budget;

        // The circuit opens during the pause.
        let remote = refused();
        let call = started(ask(&remote));
        assert_eq!(left(), 99.0, "it is paid for before the pause");
        api.circuit_breaker().force_open();
        assert!(call.await.unwrap_err().is_open_circuit());
        assert_eq!((remote.asked(), left()), (1, 100.0));
        api.circuit_breaker().force_closed();

        // The caller goes away during the pause.
        let remote = refused();
        let call = started(ask(&remote));
        assert_eq!(left(), 99.0);
        drop(call);
        assert_eq!(left(), 100.0);

        // One that is made is charged, however it ends.
        let remote = Remote::scripted([Err(ApiError::Throttled(None)), Err(ApiError::Permanent)]);
        ask(&remote).await.unwrap_err();
        assert_eq!((remote.asked(), left()), (2, 99.0));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn rejections_say_so_and_when_to_come_back() {
    let registry = Registry::new();
    let calls = async {
        let failing = Remote::failing();
        ask(&failing).await.unwrap_err();
        assert_eq!(
            failing.asked(),
            1,
            "the circuit is open for longer than the pause, so nothing is slept"
        );
        tokio::time::advance(Duration::from_secs(600)).await;
        let error = ask(&failing).await.unwrap_err();
        let local = error.local();
        assert!(local.is_rejection());
        assert_eq!(local.retry_after(), Some(Duration::from_secs(3_000)));
        assert_eq!(local.service().unwrap(), "api");
    };
    registry.scope(calls).await;
}

/// Each error says how many attempts there were, whatever ended the call.
#[tokio::test(start_paused = true)]
async fn error_counts_the_attempts_of_its_call() {
    use resilience_runtime::{RateLimitConfig, RateLimiter};

    #[resilient(
        service = "api",
        retry(max_attempts = 3, base_delay = "1s", jitter = "none"),
        circuit_breaker(failure_threshold = 4, recovery_timeout = "60s"),
        timeout = "5s",
        deadline = total,
        idempotent
    )]
    async fn hangs(total: Duration) -> Answer {
        std::future::pending().await
    }
    let registry = Registry::new();
    let attempts = async |seconds| {
        let error = registry.scope(hangs(Duration::from_secs(seconds))).await;
        let error = error.unwrap_err();
        (error.local().attempts(), error)
    };
    let (count, error) = attempts(0).await;
    assert!(count == 0 && error.is_deadline(), "{error}");
    let (count, error) = attempts(8).await;
    assert!(count == 2 && error.is_deadline(), "{error}");
    registry
        .get("api")
        .unwrap()
        .circuit_breaker()
        .force_closed();
    let (count, error) = attempts(100).await;
    assert!(count == 3 && error.is_timeout(), "{error}");
    let (count, error) = attempts(100).await;
    assert!(count == 1 && error.is_timeout(), "{error}");
    let (count, error) = attempts(100).await;
    assert!(count == 0 && error.is_open_circuit(), "{error}");
    assert!(format!("{:?}", error.local()).contains("attempts: 0"));

    let limiter = RateLimiter::new("by hand", RateLimitConfig::per_minute(1)).unwrap();
    let two = limiter.acquire("key", 2, Duration::ZERO).await;
    assert_eq!(two.unwrap_err().attempts(), 0);
}
