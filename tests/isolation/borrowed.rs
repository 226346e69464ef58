//! A call does not wait for what the call round it holds: it borrows a probe's place and a place in the bulkhead.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, ResilienceError, ServiceKind, resilient};
use tokio::time::sleep;

use crate::server::{Answer, Failure, Says, Server};

const RECOVERY: Duration = Duration::from_secs(10);

#[resilient(
    service = "one",
    timeout = off,
    deadline = off,
    retry(max_attempts = 3, base_delay = "1ms", jitter = "none"),
    circuit_breaker(
        failure_threshold = 1,
        recovery_timeout = "10s",
        success_threshold = 1,
        half_open_max_calls = 1
    ),
    bulkhead(max_concurrent = 2)
)]
async fn inside(server: &Server) -> Answer {
    tokio::task::yield_now().await;
    server.answer()
}

#[resilient(service = "one", timeout = off, deadline = off, retry = off)]
async fn outside(server: &Server) -> Answer {
    inside(server).await?;
    inside(server).await
}

async fn half_open(registry: &Registry) {
    let failed = registry.scope(inside(&Server::new(Says::Down))).await;
    failed.unwrap_err();
    sleep(RECOVERY).await;
}

fn breaker(registry: &Registry) -> CircuitState {
    let service = registry.get("one").expect("it was called");
    service.circuit_breaker().state()
}

#[tokio::test(start_paused = true)]
async fn the_probe_of_the_outer_call_is_enough() {
    let registry = Registry::new();
    half_open(&registry).await;
    let server = Server::new(Says::Well);
    registry.scope(outside(&server)).await.unwrap();
    assert_eq!(server.asked.get(), 2);
    assert_eq!(breaker(&registry), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_failure_inside_a_probe_opens_again_and_ends_the_retries() {
    let registry = Registry::new();
    half_open(&registry).await;
    let server = Server::new(Says::Down);
    registry.scope(outside(&server)).await.unwrap_err();
    assert_eq!(server.asked.get(), 1);
    assert_eq!(breaker(&registry), CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn places_are_enough_for_as_many_outer_calls() {
    let registry = Registry::new();
    let server = Server::new(Says::Well);
    let both = async { tokio::join!(outside(&server), outside(&server)) };
    let (one, other) = registry.scope(both).await;
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    let bulkhead = registry.get("one").expect("it was called");
    assert_eq!(bulkhead.stats().in_flight, 0);
}

#[resilient(service = "one", timeout = off, deadline = off, retry = off)]
async fn two_at_once(server: &Server) -> Answer {
    let (one, other) = tokio::join!(inside(server), inside(server));
    one?;
    other
}

#[tokio::test(start_paused = true)]
async fn a_second_call_at_the_same_time_needs_a_place_of_its_own() {
    let registry = Registry::new();
    let server = Server::new(Says::Well);
    registry.scope(two_at_once(&server)).await.unwrap();
    let both = async { tokio::join!(two_at_once(&server), outside(&server)) };
    let (two, one) = registry.scope(both).await;
    // It has both places before the other one comes.
    assert!(two.is_ok() && one.is_err(), "{two:?} {one:?}");
}

/// Dropped at each poll, the inner call leaves what it borrowed to the next one.
#[tokio::test(start_paused = true)]
async fn what_a_dropped_call_borrowed_can_be_borrowed_again() {
    #[resilient(service = "one", timeout = off, deadline = off, retry = off)]
    async fn drops(server: &Server, after: u32) -> Answer {
        {
            let mut dropped = pin!(inside(server));
            for _ in 0..after {
                let polled = poll(dropped.as_mut());
                assert!(polled.is_pending() || after > 1);
                if polled.is_ready() {
                    break;
                }
            }
        }
        inside(server).await
    }
    for after in 0..3 {
        let registry = Registry::new();
        half_open(&registry).await;
        let server = Server::new(Says::Well);
        let in_the_way = async {
            let taken = keep(two_places_but_one());
            let answer = drops(&server, after).await;
            drop(taken);
            answer
        };
        // The circuit is half-open with one place, and the bulkhead has one place left.
        registry.scope(in_the_way).await.unwrap();
    }
}

#[resilient(
    service = "one",
    timeout = off,
    deadline = off,
    retry = off,
    circuit_breaker = off
)]
async fn two_places_but_one() -> Answer {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn another_key_borrows_nothing() {
    #[resilient(
        service = "keyed",
        retry = off,
        bulkhead(max_concurrent = 1),
        rate_limit(requests_per_minute = 100, key = user)
    )]
    async fn of_key(user: &str, next: &[&str]) -> Answer {
        match next.split_first() {
            Some((user, next)) => boxed(user, next).await,
            None => Ok(1),
        }
    }
    fn boxed<'a>(user: &'a str, next: &'a [&'a str]) -> Pin<Box<dyn Future<Output = Answer> + 'a>> {
        Box::pin(of_key(user, next))
    }
    let registry = Registry::new();
    registry.scope(of_key("a", &["a", "a"])).await.unwrap();
    let error = registry.scope(of_key("a", &["b"])).await.unwrap_err();
    assert!(
        matches!(
            error,
            Failure::Resilience(ResilienceError::BulkheadFull { .. })
        ),
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn by_hand_as_well() {
    let registry = Registry::new();
    half_open(&registry).await;
    let service = registry.service("one", ServiceKind::Custom).unwrap();
    let server = Server::new(Says::Well);
    let answer = service
        .call(|| async { service.call(|| async { server.answer() }).await })
        .await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(breaker(&registry), CircuitState::Closed);
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn keep<F: Future>(future: F) -> Pin<Box<F>> {
    let mut future = Box::pin(future);
    assert!(poll(future.as_mut()).is_pending());
    future
}
