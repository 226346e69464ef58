//! Callers of a cache that are dropped, at every point at which they can be.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use resilience_runtime::{Registry, Service, ServiceKind, resilient};
use tokio::time::{advance, sleep};

use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    retry = off,
    circuit_breaker = off,
    bulkhead(max_concurrent = 1),
    fallback = backup,
    cache(key = ())
)]
async fn ask(remote: &Remote, panics: bool) -> Answer {
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    assert!(!panics, "the body panics");
    remote.answer()
}

async fn backup(_: &Remote, _: bool) -> Answer {
    tokio::task::yield_now().await;
    Ok(42)
}

fn service(registry: &Registry) -> Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

/// Everything is as if nothing had been asked: the next call runs and is kept.
async fn nothing_is_left(registry: &Registry, when: &str) {
    assert_eq!(service(registry).stats().in_flight, 0, "{when}");
    let remote = Remote::scripted([Ok(1)]);
    service(registry).invalidate_all();
    assert_eq!(ask(&remote, false).await.unwrap(), 1, "{when}");
    assert_eq!(ask(&remote, false).await.unwrap(), 1, "{when}");
    assert_eq!(remote.asked(), 1, "{when}");
}

#[tokio::test(start_paused = true)]
async fn dropped_leader_is_followed_by_a_waiter() {
    // In the body, and from the fourth on in the fallback.
    for polls in 1..=4 {
        let registry = Registry::new();
        let calls = async {
            let remote = Remote::failing();
            let mut leader = started(ask(&remote, false));
            let healthy = Remote::scripted([Ok(7)]);
            let mut first = started(ask(&healthy, false));
            let second = started(ask(&healthy, false));
            for _ in 1..polls {
                assert!(poll(&mut leader).is_pending());
            }
            drop(leader);
            assert_eq!(healthy.asked(), 0);
            assert!(poll(&mut first).is_pending(), "it runs its own body");
            assert_eq!(service(&registry).stats().in_flight, 1);
            let (first, second) = tokio::join!(first, second);
            assert_eq!((first.unwrap(), second.unwrap()), (7, 7));
            assert_eq!(healthy.asked(), 1);
            let stats = service(&registry).stats();
            let abandoned = u64::from(polls < 4);
            assert_eq!((stats.calls, stats.abandoned), (2, abandoned), "{polls}");
            assert_eq!((stats.cache.misses, stats.cache.shared), (2, 1));
            nothing_is_left(&registry, "after the leader").await;
        };
        registry.scope(calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_panics_is_followed() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::scripted([Ok(7)]);
        let mut leader = started(ask(&remote, true));
        let follower = started(ask(&remote, false));
        let panicked = (0..5).any(|_| {
            std::panic::catch_unwind(AssertUnwindSafe(|| poll(&mut leader).is_ready())).is_err()
        });
        assert!(panicked);
        assert_eq!(follower.await.unwrap(), 7);
        drop(leader);
        nothing_is_left(&registry, "after a panic").await;
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn dropped_waiter_leaves_no_state() {
    for polls in 1..=4 {
        let registry = Registry::new();
        let calls = async {
            let remote = Remote::scripted([Ok(7)]);
            let mut leader = started(ask(&remote, false));
            let mut waiter = started(ask(&remote, false));
            for _ in 1..polls {
                assert!(poll(&mut waiter).is_pending());
            }
            drop(waiter);
            while poll(&mut leader).is_pending() {}
            let stats = service(&registry).stats();
            assert_eq!(
                (stats.calls, stats.abandoned, stats.cache.shared),
                (1, 0, 0)
            );
            nothing_is_left(&registry, "after a waiter").await;
        };
        registry.scope(calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_new_leader_wakes_the_next_waiter() {
    // Dropped before it knows, and after each poll of its own call.
    for polls in 0..5 {
        let registry = Registry::new();
        let calls = async {
            let remote = Remote::scripted([Ok(7)]);
            let leader = started(ask(&remote, false));
            let mut first = started(ask(&remote, false));
            let second = started(ask(&remote, false));
            drop(leader);
            let mut answered = false;
            for _ in 0..polls {
                if let Poll::Ready(out) = poll(&mut first) {
                    assert_eq!(out.unwrap(), 7);
                    answered = true;
                    break;
                }
            }
            drop(first);
            assert_eq!(second.await.unwrap(), 7, "{polls}");
            assert_eq!(remote.asked(), 1);
            assert_eq!(answered, polls == 4);
            nothing_is_left(&registry, "after a follower").await;
        };
        registry.scope(calls).await;
    }
}

#[tokio::test(start_paused = true)]
async fn new_leader_has_a_full_timeout_and_its_own_deadline() {
    #[resilient(
        service = "api",
        retry = off,
        timeout = "5s",
        deadline = "12s",
        cache(key = ())
    )]
    async fn ask(time: Duration) -> Answer {
        sleep(time).await;
        Ok(1)
    }
    for (time, answers) in [(3, true), (6, false)] {
        let calls = async {
            let leader = started(ask(Duration::from_secs(100)));
            let follower = started(ask(Duration::from_secs(time)));
            advance(Duration::from_secs(4)).await;
            drop(leader);
            let out = follower.await;
            assert_eq!(out.is_ok(), answers);
            assert!(answers || out.unwrap_err().is_timeout());
        };
        Registry::new().scope(calls).await;
    }
    let calls = async {
        let leader = started(ask(Duration::from_secs(100)));
        let follower = started(ask(Duration::from_secs(3)));
        advance(Duration::from_secs(10)).await;
        drop(leader);
        assert!(follower.await.unwrap_err().is_deadline());
    };
    Registry::new().scope(calls).await;
}
