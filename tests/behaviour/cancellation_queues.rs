//! A call dropped after any number of polls while it waits (limiter queue, cooldown, backoff, up to the deadline)
//! leaves no state.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, Service, ServiceKind, resilient};
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

const SECOND: Duration = Duration::from_secs(1);

fn service(registry: &Registry) -> Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

/// Polls at most so often, and lets so much time pass in between; `true`: it came to its end.
async fn poll_times<F: Future>(call: &mut Pin<Box<F>>, polls: usize, step: Duration) -> bool {
    for turn in 0..polls {
        if turn > 0 {
            advance(step).await;
        }
        if poll(call).is_ready() {
            return true;
        }
    }
    false
}

/// Plays a scene with one poll more each time, until the call in it comes to its end.
async fn dropped_everywhere(least: usize, scene: impl AsyncFn(&Registry, usize) -> bool) {
    for polls in 1..200 {
        let registry = Registry::new();
        if registry.scope(scene(&registry, polls)).await {
            assert!(polls >= least, "{polls} polls do not reach every await");
            return;
        }
    }
    panic!("it never ends");
}

/// What is counted is what was seen, nothing is held, and only retries that were made are paid.
fn adds_up(registry: &Registry, calls: u64, attempts: usize, when: &str) {
    let api = service(registry);
    let stats = api.stats();
    assert_eq!((stats.calls, stats.in_flight), (calls, 0), "{when}");
    assert_eq!(stats.attempts, attempts as u64, "{when}");
    let left = stats.retry_budget + stats.retries as f64 - 0.1 * stats.successes as f64;
    assert!(
        left <= 100.0 && stats.retry_budget >= 100.0 - stats.retries as f64,
        "{when}"
    );
    let breaker = api.circuit_breaker();
    if breaker.state() == CircuitState::HalfOpen {
        assert!(breaker.try_acquire().is_ok(), "{when}: probes");
    }
}

#[tokio::test(start_paused = true)]
async fn call_dropped_in_limiter_queue_releases_everything() {
    #[resilient(
        service = "api",
        retry = off,
        deadline = "10m",
        rate_limit(requests_per_minute = 1, max_wait = "5m")
    )]
    async fn ask(remote: &Remote) -> Answer {
        remote.answer()
    }
    dropped_everywhere(13, async |registry, polls| {
        let remote = Remote::healthy();
        ask(&remote).await.unwrap();
        let (mine, began) = (Remote::healthy(), Instant::now());
        let mut ahead = started(ask(&remote));
        let mut call = Box::pin(ask(&mine));
        let mut behind = None;
        let mut ended = false;
        let mut first = None;
        for turn in 0..polls {
            if turn > 0 {
                advance(10 * SECOND).await;
            }
            if first.is_none() && poll(&mut ahead).is_ready() {
                first = Some(began.elapsed());
            }
            ended = poll(&mut call).is_ready();
            behind.get_or_insert_with(|| started(ask(&remote)));
            if ended {
                break;
            }
        }
        drop(call);
        let when = format!("{polls} polls");
        if first.is_none() {
            ahead.await.unwrap();
            first = Some(began.elapsed());
        }
        assert_eq!(first, Some(60 * SECOND), "{when}");
        behind.unwrap().await.unwrap();
        let turns = if ended { 3 } else { 2 };
        assert_eq!(
            began.elapsed(),
            turns * 60 * SECOND,
            "{when}: who stood behind"
        );
        adds_up(registry, 4, remote.asked() + mine.asked(), &when);
        ended
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn call_dropped_during_cooldown_releases_everything() {
    #[resilient(service = "api", retry = off, rate_limit(max_wait = "1m"), bulkhead(max_concurrent = 1))]
    async fn ask(remote: &Remote) -> Answer {
        remote.answer()
    }
    dropped_everywhere(7, async |registry, polls| {
        let busy = Remote::scripted([Err(ApiError::Throttled(Some(30 * SECOND)))]);
        ask(&busy).await.unwrap_err();
        let began = Instant::now();
        let mine = Remote::healthy();
        let mut call = Box::pin(ask(&mine));
        let ended = poll_times(&mut call, polls, 5 * SECOND).await;
        drop(call);
        let when = format!("{polls} polls");
        // Who comes after the one that left waits for the end of the cooldown and no longer.
        let next = Remote::healthy();
        ask(&next).await.unwrap();
        let waited = began.elapsed();
        assert!(
            waited >= 30 * SECOND && waited <= 36 * SECOND,
            "{when}: {waited:?}"
        );
        adds_up(registry, 3, 2 + mine.asked(), &when);
        ended
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn call_dropped_in_backoff_or_attempt_releases_everything() {
    #[resilient(
        service = "api",
        deadline = "10m",
        retry(max_attempts = 4, base_delay = "5s", multiplier = 1.0, jitter = "none"),
        circuit_breaker(
            failure_threshold = 100,
            recovery_timeout = "1s",
            success_threshold = 2,
            half_open_max_calls = 1
        ),
        rate_limit(requests_per_hour = 20),
        bulkhead(max_concurrent = 1)
    )]
    async fn ask(remote: &Remote) -> Answer {
        tokio::task::yield_now().await;
        remote.answer()
    }
    #[resilient(service = "api", retry = off, circuit_breaker = off)]
    async fn token(remote: &Remote) -> Answer {
        remote.answer()
    }
    for half_open in [false, true] {
        dropped_everywhere(8, async |registry, polls| {
            ask(&Remote::healthy()).await.unwrap();
            if half_open {
                let breaker = service(registry).circuit_breaker();
                while breaker.state() == CircuitState::Closed {
                    breaker.try_acquire().unwrap().failure();
                }
                advance(SECOND).await;
            }
            let busy = || Err(ApiError::Throttled(None));
            let mine = Remote::scripted([busy(), busy(), busy()]);
            let mut call = Box::pin(ask(&mine));
            let ended = poll_times(&mut call, polls, Duration::from_millis(2_500)).await;
            drop(call);
            let when = format!("half-open {half_open}, {polls} polls");
            // Of the body that was dropped before it asked nothing but the statistics know.
            let attempts = service(registry).stats().attempts;
            assert!(attempts - 1 - mine.asked() as u64 <= 1, "{when}");
            adds_up(registry, 2, attempts as usize, &when);
            let mut left = 0;
            while token(&Remote::healthy()).await.is_ok() {
                left += 1;
            }
            assert_eq!(left, 20 - attempts, "{when}: tokens");
            ended
        })
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn call_dropped_at_the_deadline_releases_everything() {
    #[resilient(
        service = "api",
        idempotent,
        timeout = "2s",
        deadline = "5s",
        retry(max_attempts = 9, base_delay = "1s", multiplier = 1.0, jitter = "none"),
        circuit_breaker(failure_threshold = 100),
        bulkhead(max_concurrent = 1)
    )]
    async fn ask(remote: &Remote) -> Answer {
        let _ = remote.answer();
        std::future::pending().await
    }
    // Every timer of the call fires at one of these polls, the deadline at the last.
    dropped_everywhere(11, async |registry, polls| {
        let mine = Remote::healthy();
        let mut call = Box::pin(ask(&mine));
        let ended = poll_times(&mut call, polls, SECOND / 2).await;
        if !ended {
            // The time is up, but the call is not polled any more.
            advance(SECOND / 2).await;
        }
        drop(call);
        let when = format!("{polls} polls");
        adds_up(registry, 1, mine.asked(), &when);
        let stats = service(registry).stats();
        assert_eq!(stats.abandoned, u64::from(!ended), "{when}");
        assert_eq!(stats.deadlines, u64::from(ended), "{when}");
        ended
    })
    .await;
}
