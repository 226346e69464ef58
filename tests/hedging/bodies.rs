//! What bodies may do: wake themselves, panic when they are dropped, call again, run beside many others.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use resilience_runtime::hedge::{Hedge, HedgeConfig};
use resilience_runtime::{BoxError, Registry, Verdict, resilient};
use tokio::time::{Instant, advance};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::server::{Answer, Answers, Fails, Hangs, Server, hedges, millis_since, stats};

const MILLI: Duration = Duration::from_millis(1);

/// Panics when it is dropped before it is told that all is well.
struct Touchy<'a>(&'a Cell<bool>);

impl Drop for Touchy<'_> {
    fn drop(&mut self) {
        assert!(self.0.get(), "dropped");
    }
}

#[resilient(service = "api", idempotent, retry = off, timeout = "10s", bulkhead(max_concurrent = 4), hedge(delay = "100ms", max_hedges = 2))]
async fn touchy(server: &Server, first: &Cell<bool>, calm: &Cell<bool>) -> Answer {
    let _touchy = first.replace(false).then(|| Touchy(calm));
    server.ask().await
}

#[tokio::test(start_paused = true)]
async fn panic_while_a_loser_is_dropped_gives_everything_back() {
    let registry = Registry::new();
    let (first, calm) = (Cell::new(true), Cell::new(false));
    let server = Server::new([Hangs, Hangs, Answers(20, 3)]);
    let mut call = started(registry.scope(touchy(&server, &first, &calm)));
    for _ in 0..2 {
        advance(100 * MILLI).await;
        assert!(poll(&mut call).is_pending());
    }
    advance(20 * MILLI).await;
    let polled = catch_unwind(AssertUnwindSafe(|| poll(&mut call)));
    assert!(polled.is_err());
    drop(call);
    let stats = stats(&registry);
    assert_eq!((stats.in_flight, stats.calls, stats.abandoned), (0, 1, 1));
    assert_eq!((stats.attempts, server.dropped()), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn panic_while_a_failure_is_judged_gives_everything_back() {
    fn judge(error: &ApiError) -> Verdict {
        panic!("what is {error}?")
    }
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        bulkhead(max_concurrent = 4),
        classify = judge,
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    for script in [
        [Fails(120, ApiError::Transient), Hangs],
        [Hangs, Fails(20, ApiError::Transient)],
    ] {
        let registry = Registry::new();
        let server = Server::new(script);
        let mut call = started(registry.scope(ask(&server)));
        advance(100 * MILLI).await;
        assert!(poll(&mut call).is_pending());
        advance(20 * MILLI).await;
        let polled = catch_unwind(AssertUnwindSafe(|| poll(&mut call)));
        assert!(polled.is_err());
        drop(call);
        let stats = stats(&registry);
        assert_eq!((stats.in_flight, stats.calls, stats.abandoned), (0, 1, 1));
        assert_eq!((stats.attempts, server.dropped()), (2, 1));
    }
}

/// Calls the service once more when it is dropped.
struct CallsAgain<'a>(&'a Registry, &'a Cell<u32>);

impl Drop for CallsAgain<'_> {
    fn drop(&mut self) {
        #[resilient(service = "api", idempotent, retry = off, bulkhead(max_concurrent = 4))]
        async fn again() -> Answer {
            Ok(1)
        }
        let mut call = Box::pin(self.0.scope(again()));
        if poll(&mut call).is_ready() {
            self.1.set(self.1.get() + 1);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn loser_may_call_its_service_when_it_is_dropped() {
    #[resilient(service = "api", idempotent, retry = off, bulkhead(max_concurrent = 4), hedge(delay = "100ms"))]
    async fn ask(server: &Server, registry: &Registry, again: &Cell<u32>) -> Answer {
        let _again = CallsAgain(registry, again);
        server.ask().await
    }
    let registry = Registry::new();
    let again = Cell::new(0);
    let server = Server::new([Hangs, Answers(1, 2)]);
    let answer = registry.scope(ask(&server, &registry, &again)).await;
    assert_eq!((answer.unwrap(), again.get()), (2, 2));
    let stats = stats(&registry);
    assert_eq!((stats.calls, stats.successes, stats.in_flight), (3, 3, 0));
    assert_eq!((stats.attempts, stats.hedge_cancelled), (4, 1));
}

#[tokio::test(start_paused = true)]
async fn body_that_wakes_itself_does_not_keep_a_hedge_back() {
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "10ms"))]
    async fn ask(first: &Cell<bool>) -> Answer {
        if first.replace(false) {
            loop {
                // Time passes only where the task is idle, so the body lets it pass.
                tokio::task::yield_now().await;
                advance(MILLI).await;
            }
        }
        tokio::task::yield_now().await;
        Ok(2)
    }
    let registry = Registry::new();
    let first = Cell::new(true);
    assert_eq!(registry.scope(ask(&first)).await.unwrap(), 2);
    assert_eq!(hedges(&registry), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn hedge_inside_of_a_hedge_multiplies_as_written() {
    #[resilient(service = "inner", idempotent, retry = off, hedge(delay = "50ms"))]
    async fn inner(server: &Server) -> Answer {
        server.ask().await
    }
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms"))]
    async fn outer(server: &Server) -> Answer {
        inner(server).await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Hangs, Hangs, Answers(7, 4)]);
    let began = Instant::now();
    assert_eq!(registry.scope(outer(&server)).await.unwrap(), 4);
    assert_eq!(server.asked_at(), [0, 50, 100, 150]);
    assert_eq!(millis_since(began), 157);
    assert_eq!(hedges(&registry), (1, 1, 1));
    let inner = registry.get("inner").unwrap().stats();
    assert_eq!((inner.hedges, inner.hedge_wins, inner.calls), (2, 1, 2));
    assert_eq!((inner.abandoned, inner.attempts), (1, 4));
}

#[tokio::test(start_paused = true)]
async fn call_inside_of_both_attempts_borrows_the_place_of_its_own() {
    #[resilient(service = "api", idempotent, retry = off, bulkhead(max_concurrent = 2))]
    async fn inner(server: &Server) -> Answer {
        server.ask().await
    }
    #[resilient(service = "api", idempotent, retry = off, bulkhead(max_concurrent = 2), hedge(delay = "100ms"))]
    async fn outer(server: &Server) -> Answer {
        inner(server).await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(1, 2)]);
    assert_eq!(registry.scope(outer(&server)).await.unwrap(), 2);
    let stats = stats(&registry);
    assert_eq!((stats.in_flight, stats.rejections.total()), (0, 0));
    assert_eq!(
        (stats.hedges, stats.hedge_wins, stats.hedge_cancelled),
        (1, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn many_in_one_task_race_each_by_itself() {
    #[resilient(service = "api", idempotent, retry = off, bulkhead(max_concurrent = 100), hedge(delay = "100ms"))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    // Those that ask first hang, the hedges answer after each other.
    let answers = (0..20).map(|number| Answers(10 + number, 1));
    let script = (0..20).map(|_| Hangs).chain(answers);
    let server = Server::new(script);
    let began = Instant::now();
    let calls = (0..20).map(|_| Box::pin(ask(&server)));
    let mut calls: Vec<_> = calls.map(Some).collect();
    let all = std::future::poll_fn(|cx| {
        for call in &mut calls {
            if let Some(running) = call
                && running.as_mut().poll(cx).is_ready()
            {
                *call = None;
            }
        }
        if calls.iter().all(Option::is_none) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    });
    registry.scope(all).await;
    assert_eq!(millis_since(began), 129);
    assert_eq!(hedges(&registry), (20, 20, 20));
    assert_eq!((stats(&registry).in_flight, server.dropped()), (0, 20));
}

#[tokio::test(start_paused = true)]
async fn by_hand_bodies_may_panic_and_wake_themselves() {
    let hedge = Hedge::new(HedgeConfig::default().delay(100 * MILLI).max_hedges(3)).unwrap();
    let made = Cell::new(0);
    let attempt = || {
        made.set(made.get() + 1);
        let number = made.get();
        async move {
            match number {
                1 => std::future::pending().await,
                2 => {
                    tokio::task::yield_now().await;
                    panic!("the second one")
                }
                _ => Ok::<_, BoxError>(number),
            }
        }
    };
    let mut call = started(hedge.run(attempt));
    advance(100 * MILLI).await;
    let polled = catch_unwind(AssertUnwindSafe(|| {
        let _ = poll(&mut call);
        poll(&mut call)
    }));
    assert!(polled.is_err());
    drop(call);
    // It is as good as new.
    let answer = hedge.run(|| async { Ok::<_, BoxError>(5) }).await;
    assert_eq!(answer.unwrap(), 5);
    // Without a delay every attempt starts at once, and no more than may.
    let hedge = Hedge::new(HedgeConfig::default().delay(Duration::ZERO).max_hedges(3)).unwrap();
    let server = Server::new([Hangs, Hangs, Answers(30, 3), Hangs]);
    assert_eq!(hedge.run(|| server.ask()).await.unwrap(), 3);
    assert_eq!((server.asked_at(), server.dropped()), (vec![0; 4], 3));
    let hedge = Hedge::new(HedgeConfig::default().delay(Duration::ZERO).max_hedges(0)).unwrap();
    let server = Server::new([Answers(30, 3)]);
    assert_eq!(hedge.run(|| server.ask()).await.unwrap(), 3);
    assert_eq!(server.asked_at(), [0]);
}

#[test]
fn by_hand_nothing_is_hedged_without_timers() {
    let hedge = Hedge::new(HedgeConfig::default().delay(Duration::ZERO)).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let made = Cell::new(0);
    let answer = runtime.block_on(hedge.run(|| async {
        made.set(made.get() + 1);
        tokio::task::yield_now().await;
        Ok::<_, BoxError>(1)
    }));
    assert_eq!((answer.unwrap(), made.get()), (1, 1));
}
