//! However a call ends, by `?`, return, panic or drop at any await, it releases everything.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, Service, ServiceKind, resilient};
use tokio::time::advance;

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

/// Everything is on, and there is one place of each: whatever is lost is missed at once.
#[resilient(
    service = "api",
    idempotent,
    timeout = "30s",
    deadline = "10m",
    retry(max_attempts = 4, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    circuit_breaker(failure_threshold = 100, recovery_timeout = "1s", success_threshold = 1, half_open_max_calls = 1),
    rate_limit(requests_per_hour = 30, max_wait = "1m"),
    bulkhead(max_concurrent = 1, max_wait = "1m"),
    fallback(call = backup)
)]
async fn full_stack(steps: &Remote, how: End) -> Answer {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    match how {
        End::AsScripted => steps.answer(),
        End::Question => {
            steps.answer()?;
            Ok(1)
        }
        End::Panic => panic!("the body panics"),
        End::Hang => std::future::pending().await,
    }
}

/// Asks the limiter alone.
#[resilient(service = "api", retry = off, circuit_breaker = off, bulkhead = off)]
async fn token() -> Answer {
    Ok(0)
}

#[derive(Clone, Copy, Debug)]
enum End {
    AsScripted,
    Question,
    Panic,
    Hang,
}

async fn backup(_: &Remote, _: End) -> Answer {
    tokio::task::yield_now().await;
    Ok(42)
}

fn service(registry: &Registry) -> Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

/// Puts the circuit into the half-open state with its only place free.
async fn half_open(registry: &Registry) {
    let breaker = service(registry).circuit_breaker();
    while breaker.state() == CircuitState::Closed {
        breaker.try_acquire().unwrap().failure();
    }
    advance(Duration::from_secs(1)).await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
}

fn nothing_is_held(registry: &Registry, when: &str) {
    let api = service(registry);
    assert_eq!(api.stats().in_flight, 0, "{when}: bulkhead");
    let breaker = api.circuit_breaker();
    assert!(breaker.try_acquire().is_ok(), "{when}: breaker");
}

/// Polls at most `polls` times, letting paused time run in between; `true`: it came to its end.
async fn poll_times<F: Future>(call: &mut Pin<Box<F>>, polls: usize) -> bool {
    for _ in 0..polls {
        if poll(call).is_ready() {
            return true;
        }
        advance(Duration::from_millis(250)).await;
    }
    false
}

#[tokio::test(start_paused = true)]
async fn call_dropped_after_any_poll_releases_everything() {
    for state in [CircuitState::Closed, CircuitState::HalfOpen] {
        let mut finished = false;
        let mut polls = 0;
        while !finished {
            polls += 1;
            assert!(polls < 200, "it never ends");
            let registry = Registry::new();
            let scope = registry.clone();
            let calls = async {
                // The first call makes the configuration known.
                full_stack(&Remote::healthy(), End::AsScripted)
                    .await
                    .unwrap();
                if state == CircuitState::HalfOpen {
                    half_open(&registry).await;
                }
                let remote = Remote::scripted([
                    Err(ApiError::Throttled(None)),
                    Err(ApiError::Throttled(None)),
                    Err(ApiError::Permanent),
                ]);
                let mut call = Box::pin(full_stack(&remote, End::AsScripted));
                let ended = poll_times(&mut call, polls).await;
                drop(call);
                let when = format!("{state:?}, {polls} polls");
                nothing_is_held(&registry, &when);
                let stats = service(&registry).stats();
                assert_eq!(stats.calls, 2, "it ended, this way or that");
                let mut left = 0;
                while token().await.is_ok() {
                    left += 1;
                }
                assert_eq!(left, 30 - stats.attempts, "{when}: tokens");
                ended
            };
            finished = scope.scope(calls).await;
        }
        assert!(polls > 10, "{polls} polls do not reach every await");
    }
}

#[tokio::test(start_paused = true)]
async fn call_dropped_in_bulkhead_queue_releases_everything() {
    for polls in 0..4 {
        let registry = Registry::new();
        let calls = async {
            let remote = Remote::healthy();
            full_stack(&remote, End::AsScripted).await.unwrap();
            let running = started(full_stack(&remote, End::Hang));
            let mut waiting = Box::pin(full_stack(&remote, End::AsScripted));
            assert!(!poll_times(&mut waiting, polls).await);
            drop(waiting);
            assert_eq!(service(&registry).stats().in_flight, 1);
            drop(running);
            nothing_is_held(&registry, &format!("{polls} polls"));
        };
        registry.scope(calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn permit_of_a_dropped_waiter_goes_to_the_next() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        full_stack(&remote, End::AsScripted).await.unwrap();
        let running = started(full_stack(&remote, End::Hang));
        let first = started(full_stack(&remote, End::AsScripted));
        let second = started(full_stack(&remote, End::AsScripted));
        // The place is the first one's now, which does not live to take it.
        drop(running);
        drop(first);
        assert_eq!(second.await.unwrap(), 0);
        nothing_is_held(&registry, "in the end");
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn question_mark_and_return_release_everything() {
    let registry = Registry::new();
    let calls = async {
        for how in [End::AsScripted, End::Question] {
            let remote = Remote::scripted([Err(ApiError::Transient), Err(ApiError::Permanent)]);
            assert_eq!(full_stack(&remote, how).await.unwrap(), 42);
            assert_eq!(remote.asked(), 2);
            nothing_is_held(&registry, &format!("{how:?}"));
        }
    };
    registry.scope(calls).await;
}

/// Catches what a poll throws.
struct Caught<F>(Pin<Box<F>>);

impl<F: Future> Future for Caught<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let future = self.0.as_mut();
        match std::panic::catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
            Ok(polled) => polled.map(Some),
            Err(_) => Poll::Ready(None),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_releases_everything() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::healthy();
        full_stack(&remote, End::AsScripted).await.unwrap();
        half_open(&registry).await;
        for turn in 0..20 {
            let call = Caught(Box::pin(full_stack(&remote, End::Panic)));
            assert!(call.await.is_none());
            nothing_is_held(&registry, &format!("panic {turn}"));
        }
        let remote = Remote::healthy();
        assert_eq!(full_stack(&remote, End::AsScripted).await.unwrap(), 0);
        assert_eq!(
            service(&registry).circuit_breaker().state(),
            CircuitState::Closed
        );
    };
    registry.scope(calls).await;
}
