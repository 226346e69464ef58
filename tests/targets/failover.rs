//! Where an attempt goes after a failure, and what a call is told when nobody is there.

use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, ResilienceError, TargetPool, resilient};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::place::{Answer, Answers, Denies, Hangs, Place, Refuses, Throttles, asked, pool, stats};

#[resilient(
    service = "chat",
    idempotent,
    timeout = "1s",
    retry(max_attempts = 3, base_delay = "10s", jitter = "none"),
    targets = pool,
    pick = "ordered"
)]
async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
    to.ask().await
}

#[tokio::test(start_paused = true)]
async fn retry_goes_to_another_target_at_once() {
    let registry = Registry::new();
    let places = pool([Refuses, Throttles(Some(60)), Answers(5)]);
    let began = Instant::now();
    registry
        .scope(async { assert_eq!(ask(&places).await.unwrap(), 2) })
        .await;
    assert_eq!(
        began.elapsed(),
        Duration::from_millis(5),
        "no backoff, no foreign Retry-After"
    );
    assert_eq!(asked(&places), [1, 1, 1]);
    let chat = stats(&registry, "chat");
    assert_eq!(
        (chat.calls, chat.attempts, chat.retries, chat.successes),
        (1, 3, 2, 1)
    );
    assert_eq!((chat.failures.transient, chat.failures.throttled), (1, 1));
    let [a, b, c] = ["chat/a", "chat/b", "chat/c"].map(|name| stats(&registry, name));
    assert_eq!((a.calls, a.failed, b.cooldowns, c.successes), (1, 1, 1, 1));
    assert_eq!(
        registry.stats().total_calls,
        1,
        "targets are not counted twice"
    );
}

#[tokio::test(start_paused = true)]
async fn timeout_is_followed_by_an_attempt_elsewhere() {
    let registry = Registry::new();
    let places = pool([Hangs, Answers(5)]);
    let began = Instant::now();
    registry
        .scope(async { assert_eq!(ask(&places).await.unwrap(), 1) })
        .await;
    assert_eq!(began.elapsed(), Duration::from_millis(1_005));
    assert_eq!(stats(&registry, "chat/a").timeouts, 1);
}

#[tokio::test(start_paused = true)]
async fn permanent_failure_is_not_tried_elsewhere() {
    let registry = Registry::new();
    let places = pool([Denies, Answers(5)]);
    registry
        .scope(async { ask(&places).await.unwrap_err() })
        .await;
    assert_eq!(asked(&places), [1, 0]);
}

#[tokio::test(start_paused = true)]
async fn when_all_have_failed_the_backoff_holds() {
    let registry = Registry::new();
    let places = pool([Refuses, Refuses]);
    let began = Instant::now();
    registry
        .scope(async { ask(&places).await.unwrap_err() })
        .await;
    assert_eq!(
        began.elapsed(),
        Duration::from_secs(20),
        "the second backoff"
    );
    assert_eq!(asked(&places), [2, 1]);
}

#[tokio::test(start_paused = true)]
async fn open_breaker_and_cooldown_are_passed_over() {
    #[resilient(
        service = "chat",
        retry = off,
        circuit_breaker(failure_threshold = 1, recovery_timeout = "30s"),
        targets = pool,
        pick = "ordered"
    )]
    async fn once(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Refuses, Throttles(Some(20)), Answers(0)]);
    registry
        .scope(async {
            assert!(
                once(&places).await.is_err(),
                "the first one opens its breaker"
            );
            assert!(
                once(&places).await.is_err(),
                "the second one asks for a pause"
            );
            assert_eq!(once(&places).await.unwrap(), 2);
        })
        .await;
    assert_eq!(asked(&places), [1, 1, 1]);
    let breaker = |name: &str| registry.get(name).unwrap().circuit_breaker().state();
    assert_eq!(breaker("chat/a"), CircuitState::Open);
    assert_eq!(breaker("chat/c"), CircuitState::Closed);
    assert_eq!(breaker("chat"), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn nobody_there_is_a_rejection_with_the_soonest_time() {
    #[resilient(
        service = "chat",
        retry = off,
        circuit_breaker(failure_threshold = 1, recovery_timeout = "30s"),
        targets = pool,
        pick = "ordered"
    )]
    async fn once(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Refuses, Throttles(Some(20))]);
    let error = registry
        .scope(async {
            once(&places).await.unwrap_err();
            once(&places).await.unwrap_err();
            once(&places).await.unwrap_err()
        })
        .await;
    let error = error.local();
    assert!(
        matches!(error, ResilienceError::RateLimitExceeded { .. }),
        "{error:?}"
    );
    assert_eq!(error.service().unwrap(), "chat");
    assert_eq!(
        (error.retry_after(), error.attempts()),
        (Some(Duration::from_secs(20)), 0)
    );
    assert_eq!(asked(&places), [1, 1]);
    assert_eq!(stats(&registry, "chat").rejections.total(), 1);
}

#[tokio::test(start_paused = true)]
async fn empty_pool_is_a_rejection() {
    let registry = Registry::new();
    let places = TargetPool::new();
    let error = registry
        .scope(async { ask(&places).await.unwrap_err() })
        .await;
    let error = error.local();
    assert!(matches!(error, ResilienceError::NoTarget { .. }) && error.is_rejection());
    assert_eq!(stats(&registry, "chat").rejections.targets, 1);
    places.set([("a", Place::new(7, Answers(0)))]).unwrap();
    registry
        .scope(async { assert_eq!(ask(&places).await.unwrap(), 7) })
        .await;
}

#[tokio::test(start_paused = true)]
async fn three_targets_survive_the_loss_of_two() {
    #[resilient(service = "chat", idempotent, targets = pool)]
    async fn complete(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Answers(10), Answers(10), Answers(10)]);
    let call = || async { registry.scope(complete(&places)).await };
    for _ in 0..50 {
        call().await.unwrap();
    }
    assert!(
        asked(&places).iter().all(|asked| *asked > 5),
        "{:?}",
        asked(&places)
    );
    for lost in [0, 2] {
        places.targets()[lost].value().does(Refuses);
        let before = stats(&registry, "chat").attempts;
        for _ in 0..100 {
            call().await.unwrap();
        }
        let more = stats(&registry, "chat").attempts - before - 100;
        assert!(more <= 10, "{more} attempts more than needed");
    }
}

#[tokio::test(start_paused = true)]
async fn budget_pays_for_each_change_of_target() {
    #[resilient(
        service = "chat",
        idempotent,
        retry_budget(capacity = 1, refill = 0.001),
        circuit_breaker = off,
        targets = pool,
        pick = "ordered"
    )]
    async fn complete(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Refuses, Answers(0)]);
    registry
        .scope(async { assert_eq!(complete(&places).await.unwrap(), 1) })
        .await;
    let error = registry
        .scope(async { complete(&places).await.unwrap_err() })
        .await;
    assert!(matches!(error, ApiError::Transient), "the budget is spent");
}

#[tokio::test(start_paused = true)]
async fn call_waits_at_the_target_where_that_takes_least() {
    #[resilient(
        service = "chat",
        retry = off,
        rate_limit(requests_per_minute = 60, burst = 1, max_wait = "1m"),
        targets = pool
    )]
    async fn once(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0)]);
    let began = Instant::now();
    for _ in 0..6 {
        registry.scope(async { once(&places).await.unwrap() }).await;
    }
    assert_eq!(began.elapsed(), Duration::from_secs(2), "two each second");
    assert_eq!(asked(&places), [3, 3]);
}

#[tokio::test(start_paused = true)]
async fn dropped_calls_leave_their_target() {
    let registry = Registry::new();
    let places = pool([Hangs]);
    for polls in 0..3 {
        let mut call = Box::pin(registry.scope(ask(&places)));
        for _ in 0..polls {
            let waker = std::task::Waker::noop();
            let _ = call
                .as_mut()
                .poll(&mut std::task::Context::from_waker(waker));
            tokio::time::advance(Duration::from_millis(10)).await;
        }
    }
    let chat = stats(&registry, "chat");
    assert_eq!((chat.abandoned, chat.attempts), (2, 2));
    assert_eq!(stats(&registry, "chat/a").attempts, 2);
}
