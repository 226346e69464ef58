//! The pauses of a call that comes back to targets: backoff, Retry-After, breakers.

use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use resilience_runtime::targets::Target;
use resilience_runtime::verdict::Verdict;
use resilience_runtime::{Registry, Settings, TargetPool, resilient};
use tokio::time::{Instant, advance, sleep};

use crate::errors::ApiError;
use crate::place::{Answer, Answers, Denies, Hangs, Place, Refuses, Throttles, asked, pool};

const SECOND: Duration = Duration::from_secs(1);

fn polled<F: Future + Unpin>(mut call: F) -> F {
    assert!(
        pin!(&mut call)
            .poll(&mut Context::from_waker(Waker::noop()))
            .is_pending()
    );
    call
}

#[tokio::test(start_paused = true)]
async fn backoff_holds_where_the_other_one_is_half_open_and_full() {
    #[resilient(service = "s", idempotent, timeout = "100s", deadline = off, retry(max_attempts = 4, base_delay = "10s", jitter = "none"),
        circuit_breaker(failure_threshold = 1, recovery_timeout = "5s", half_open_max_calls = 1), targets = pool, pick = "ordered")]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Refuses, Answers(0)]);
    registry.scope(ask(&places)).await.unwrap();
    advance(6 * SECOND).await;
    places.targets()[0].value().does(Hangs);
    let probe = polled(Box::pin(registry.scope(ask(&places))));
    places.targets()[1].value().does(Throttles(None));
    let began = Instant::now();
    registry.scope(ask(&places)).await.unwrap_err();
    assert!(
        began.elapsed() >= 10 * SECOND,
        "asked {:?} within {:?}",
        asked(&places),
        began.elapsed()
    );
    drop(probe);
}
#[tokio::test(start_paused = true)]
async fn backoff_holds_where_the_other_one_is_full() {
    #[resilient(service = "s", idempotent, retry(max_attempts = 4, base_delay = "10s", jitter = "none"), circuit_breaker = off,
        bulkhead(max_concurrent = 1, max_wait = "1s"), targets = pool, pick = "ordered")]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Hangs, Refuses]);
    let running = polled(Box::pin(registry.scope(ask(&places))));
    let began = Instant::now();
    registry.scope(ask(&places)).await.unwrap_err();
    assert!(
        began.elapsed() >= SECOND,
        "asked {:?} within {:?}",
        asked(&places),
        began.elapsed()
    );
    drop(running);
}
#[tokio::test(start_paused = true)]
async fn backoff_holds_where_the_others_are_misconfigured() {
    #[resilient(service = "chat", idempotent, retry(max_attempts = 4, base_delay = "10s", jitter = "none"), circuit_breaker = off, targets = pool, pick = "ordered")]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    registry
        .configure(Settings::from_vars([("TIMEOUT_CHAT_GPT_4", "5s")]).unwrap())
        .unwrap();
    let named = |name, does| Target::new(name, Place::new(0, does));
    let places = TargetPool::of([
        named("gpt/4", Answers(0)),
        named("gpt 4", Answers(0)),
        named("b", Refuses),
    ])
    .unwrap();
    let began = Instant::now();
    registry.scope(ask(&places)).await.unwrap_err();
    assert!(
        began.elapsed() >= 10 * SECOND,
        "asked {:?} within {:?}",
        asked(&places),
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn retry_after_holds_without_a_limiter() {
    #[resilient(service = "s", idempotent, rate_limit = off, retry(max_attempts = 2, base_delay = "1s", jitter = "none"), targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let began = Instant::now();
    Registry::new()
        .scope(ask(&pool([Throttles(Some(20))])))
        .await
        .unwrap_err();
    assert_eq!(began.elapsed(), 20 * SECOND);
}
#[tokio::test(start_paused = true)]
async fn retry_after_holds_in_shadow() {
    #[resilient(service = "s", idempotent, rate_limit(requests_per_minute = 1_000), retry(max_attempts = 2, base_delay = "1s", jitter = "none"), targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    registry
        .configure(Settings::from_vars([("RATE_LIMIT_S_MODE", "shadow")]).unwrap())
        .unwrap();
    let began = Instant::now();
    registry
        .scope(ask(&pool([Throttles(Some(20))])))
        .await
        .unwrap_err();
    assert_eq!(began.elapsed(), 20 * SECOND);
}
#[tokio::test(start_paused = true)]
async fn retry_after_holds_beyond_max_cooldown() {
    #[resilient(service = "s", idempotent, rate_limit(requests_per_minute = 1_000, max_cooldown = "5s"), retry(max_attempts = 2, base_delay = "1s", jitter = "none"), targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let began = Instant::now();
    Registry::new()
        .scope(ask(&pool([Throttles(Some(20))])))
        .await
        .unwrap_err();
    assert_eq!(began.elapsed(), 20 * SECOND);
}

#[tokio::test(start_paused = true)]
async fn retry_if_is_obeyed() {
    fn always(_: &ApiError) -> bool {
        true
    }
    #[resilient(service = "s", idempotent, retry(max_attempts = 3, base_delay = "1s", retry_if = always), targets = pool)]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let places = pool([Denies]);
    Registry::new().scope(ask(&places)).await.unwrap_err();
    assert_eq!(asked(&places), [3]);
}

#[tokio::test(start_paused = true)]
async fn hopeless_session_of_a_target_keeps_the_backoff() {
    fn lost(_: &ApiError) -> Verdict {
        Verdict::transient().needs_reconnect()
    }
    async fn again(_: &TargetPool<Place>, _: &Place, _: &u64) -> Result<(), ApiError> {
        Ok(())
    }
    #[resilient(service = "s", idempotent, retry(max_attempts = 2, base_delay = "20s", jitter = "none"), circuit_breaker = off, classify = lost, reconnect = again, targets = pool)]
    async fn twice(pool: &TargetPool<Place>, #[target] to: &Place, ms: u64) -> Answer {
        sleep(Duration::from_millis(ms)).await;
        to.ask().await
    }
    #[resilient(service = "s", idempotent, retry = off, circuit_breaker = off, classify = lost, reconnect = again, targets = pool)]
    async fn once(pool: &TargetPool<Place>, #[target] to: &Place, ms: u64) -> Answer {
        sleep(Duration::from_millis(ms)).await;
        to.ask().await
    }
    let registry = Registry::new();
    let places: &'static TargetPool<Place> = Box::leak(Box::new(pool([Refuses])));
    for _ in 0..3 {
        registry.scope(once(places, 0)).await.unwrap_err();
    }
    // The third renewal in vain; its body lasts.
    let third = tokio::spawn(registry.scope(once(places, 500)));
    sleep(Duration::from_millis(100)).await;
    let began = Instant::now();
    registry.scope(twice(places, 0)).await.unwrap_err();
    assert_eq!(began.elapsed(), 20 * SECOND, "as without targets");
    third.await.unwrap().unwrap_err();
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_breakers_that_are_all_open() {
    #[resilient(
        service = "s",
        idempotent,
        retry(max_attempts = 5, base_delay = "10ms"),
        retry_budget = off,
        circuit_breaker(failure_threshold = 1, recovery_timeout = "30s"),
        targets = pool
    )]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let registry = Registry::new();
    let places = pool([Refuses, Refuses]);
    let began = Instant::now();
    let error = registry.scope(ask(&places)).await.unwrap_err();
    assert!(
        matches!(error, ApiError::Transient),
        "the server's own error: {error:?}"
    );
    assert!(began.elapsed() < SECOND, "{:?}", began.elapsed());
    let error = registry.scope(ask(&places)).await.unwrap_err();
    let ApiError::Resilience(error) = error else {
        panic!("{error:?}");
    };
    assert!(error.retry_after().is_some_and(|wait| wait > 29 * SECOND));
    // One of them half-open again: the next call goes there.
    advance(30 * SECOND).await;
    places.targets()[1].value().does(Answers(0));
    assert!(registry.scope(ask(&places)).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn backoff_longer_than_what_is_left_of_an_open_breaker_is_waited() {
    #[resilient(
        service = "s",
        idempotent,
        retry(max_attempts = 2, base_delay = "10s", jitter = "none"),
        retry_budget = off,
        circuit_breaker(failure_threshold = 1, recovery_timeout = "3s"),
        targets = pool
    )]
    async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
        to.ask().await
    }
    let places = pool([Refuses]);
    Registry::new().scope(ask(&places)).await.unwrap_err();
    assert_eq!(asked(&places), [2]);
}
