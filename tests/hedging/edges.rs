//! Where the contract of hedges meets the other rules of a call.

use std::cell::Cell;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use resilience_runtime::telemetry::EventKind;
use resilience_runtime::{CallContext, Registry, ResilienceError, llm_resilient, resilient};
use tokio::time::{Instant, advance, sleep_until};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::server::{
    Answer, Answers, Fails, Hangs, Panics, Server, hedges, millis_since, stats, tokens_left,
};

const MILLI: Duration = Duration::from_millis(1);

#[tokio::test(start_paused = true)]
async fn deadline_has_the_failure_beside_as_its_source() {
    #[resilient(
        service = "api",
        idempotent,
        timeout = "300ms",
        deadline = "500ms",
        hedge(delay = "100ms", max_hedges = 2)
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let source_of = async |server: Server| {
        let error = Registry::new().scope(ask(&server)).await.unwrap_err();
        let ResilienceError::DeadlineExceeded { source, .. } = error.local() else {
            panic!("{error:?}");
        };
        source.as_ref().map(ToString::to_string)
    };
    let failed = Server::new([
        Fails(150, ApiError::Transient),
        Fails(120, ApiError::Unknown),
        Hangs,
    ]);
    assert_eq!(source_of(failed).await.as_deref(), Some("connection lost"));
    let timed_out = source_of(Server::new([Hangs, Hangs, Hangs])).await.unwrap();
    assert!(timed_out.contains("300ms"), "{timed_out}");
}

#[tokio::test(start_paused = true)]
async fn retries_obey_what_an_attempt_beside_was_asked_for() {
    #[resilient(
        service = "api",
        idempotent,
        timeout = "10s",
        rate_limit = off,
        retry(max_attempts = 4, base_delay = "1ms", jitter = "none"),
        hedge(delay = "100ms", max_hedges = 2)
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([
        Fails(120, ApiError::Throttled(Some(2_000 * MILLI))),
        Fails(230, ApiError::Transient),
        Answers(1, 3),
    ]);
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 3);
    assert_eq!(
        server.asked_at(),
        [0, 100, 2_120],
        "neither a hedge nor a retry comes before that"
    );
}

#[tokio::test(start_paused = true)]
async fn no_hedge_starts_after_max_elapsed() {
    #[resilient(
        service = "api",
        idempotent,
        timeout = "10s",
        retry(max_attempts = 9, max_elapsed = "250ms"),
        hedge(delay = "100ms", max_hedges = 5)
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(1_000, 1)]);
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 1);
    assert_eq!(server.asked_at(), [0, 100, 200]);
}

#[tokio::test(start_paused = true)]
async fn model_gets_no_further_request_after_a_timeout() {
    #[llm_resilient(service = "api", timeout = "250ms", deadline = off, retry(max_attempts = 9), hedge(delay = "100ms", max_hedges = 5))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([]);
    let error = registry.scope(ask(&server)).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(
        server.asked_at(),
        [0, 100, 200],
        "each answer is billed, also the one that arrives too late"
    );
}

#[tokio::test(start_paused = true)]
async fn loser_whose_body_was_not_polled_costs_no_token() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        rate_limit(requests_per_day = 100, key = "one"),
        bulkhead(max_concurrent = 9),
        hedge(delay = "100ms", max_hedges = 2)
    )]
    async fn ask(polls: &Cell<u32>, bodies: &Cell<u32>) -> Answer {
        if CallContext::current().unwrap().attempt() != 2 {
            bodies.set(bodies.get() + 1);
            return std::future::pending().await;
        }
        // Ready when it is polled for the second time in the poll in which the third attempt starts.
        let third = Instant::now() + 100 * MILLI;
        sleep_until(third).await;
        poll_fn(|_| match polls.replace(1) {
            0 => Poll::Pending,
            _ => Poll::Ready(Ok(2)),
        })
        .await
    }
    let registry = Registry::new();
    let (polls, bodies) = (Cell::new(0), Cell::new(0));
    let answer = registry.scope(ask(&polls, &bodies)).await;
    assert_eq!((answer.unwrap(), bodies.get()), (2, 1));
    let stats = stats(&registry);
    assert_eq!(
        (stats.hedges, stats.hedge_cancelled, stats.attempts),
        (2, 2, 3)
    );
    assert_eq!(stats.in_flight, 0);
    assert_eq!(tokens_left(&registry), 98);
}

#[tokio::test(start_paused = true)]
async fn hedges_that_may_not_start_at_once_do_not_keep_the_thread() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        bulkhead(max_concurrent = 1),
        hedge(delay = "0s", max_hedges = 4_000_000_000)
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(100, 1)]);
    let began = std::time::Instant::now();
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 1);
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(hedges(&registry), (0, 0, 0));
}

/// Counts its copies, and panics where it is told to.
struct Copied<'a> {
    copies: &'a Cell<u32>,
    panics_at: u32,
}

impl Clone for Copied<'_> {
    fn clone(&self) -> Self {
        self.copies.set(self.copies.get() + 1);
        assert!(self.copies.get() != self.panics_at, "no copy");
        Self {
            copies: self.copies,
            panics_at: self.panics_at,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn panic_while_arguments_are_cloned_gives_everything_back() {
    #[resilient(
        service = "api",
        idempotent,
        retry_budget(capacity = 5, refill = 1),
        rate_limit(requests_per_day = 100, key = "one"),
        bulkhead(max_concurrent = 9),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server, copied: Copied<'_>) -> Answer {
        let _copied = copied;
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([]);
    let copies = Cell::new(0);
    let copied = Copied {
        copies: &copies,
        panics_at: 2,
    };
    let mut call = started(registry.scope(ask(&server, copied)));
    advance(100 * MILLI).await;
    let polled = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| poll(&mut call)));
    assert!(polled.is_err());
    drop(call);
    let stats = stats(&registry);
    assert_eq!((stats.hedges, stats.attempts, stats.abandoned), (0, 1, 1));
    assert_eq!((stats.in_flight, stats.retry_budget), (0, 5.0));
    assert_eq!(tokens_left(&registry), 99);
}

#[tokio::test(start_paused = true)]
async fn call_that_panics_ends_with_the_number_of_its_attempts() {
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms"))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let server = Arc::new(Server::new([Panics(150), Hangs]));
    let scoped = registry.clone();
    let call = tokio::spawn(async move { scoped.scope(ask(&server)).await });
    assert!(call.await.unwrap_err().is_panic());
    let mut ended = None;
    while let Some(event) = events.try_recv().unwrap() {
        if let EventKind::CallEnded { attempts, .. } = event.kind {
            ended = Some(attempts);
        }
    }
    assert_eq!(ended, Some(2));
}

#[test]
fn without_timers_nothing_is_hedged() {
    #[resilient(service = "api", idempotent, timeout = off, deadline = off, hedge(delay = "0s"))]
    async fn ask() -> Answer {
        tokio::task::yield_now().await;
        Ok(1)
    }
    #[resilient(service = "api", idempotent, hedge(delay = "1s"))]
    async fn limited() -> Answer {
        tokio::task::yield_now().await;
        Ok(1)
    }
    let registry = Registry::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    assert_eq!(runtime.block_on(registry.scope(ask())).unwrap(), 1);
    // As without `hedge`: the timeout needs a timer.
    let error = runtime.block_on(registry.scope(limited())).unwrap_err();
    assert!(matches!(error.local(), ResilienceError::InvalidConfig(_)));
    // Outside of any runtime.
    let mut call = Box::pin(registry.scope(ask()));
    assert!(poll(&mut call).is_pending());
    assert_eq!(hedges(&registry), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn clock_that_jumps_ends_the_attempt_that_runs() {
    #[resilient(service = "api", idempotent, retry = off, timeout = "1s", hedge(delay = "100ms", max_hedges = 3))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([]);
    let mut call = started(registry.scope(ask(&server)));
    advance(Duration::from_secs(3_600)).await;
    let Poll::Ready(Err(error)) = poll(&mut call) else {
        panic!("it is past its timeout");
    };
    assert!(error.is_timeout());
    assert_eq!((server.asked_at().len(), hedges(&registry)), (1, (0, 0, 0)));

    // With two that run, both are past it.
    let mut call = started(registry.scope(ask(&server)));
    advance(100 * MILLI).await;
    assert!(poll(&mut call).is_pending());
    advance(Duration::from_secs(3_600)).await;
    assert!(poll(&mut call).is_ready());
    assert_eq!(
        (stats(&registry).timeouts, hedges(&registry)),
        (3, (1, 0, 0))
    );
}

#[tokio::test(start_paused = true)]
async fn timeout_of_zero_ends_the_call_before_its_body() {
    #[resilient(service = "api", idempotent, timeout = timeout, hedge(delay = "0s"))]
    async fn ask(server: &Server, timeout: Duration) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(50, 1), Answers(10, 2)]);
    let error = registry.scope(ask(&server, Duration::ZERO)).await;
    assert!(error.unwrap_err().is_deadline());
    assert_eq!(server.asked_at().len(), 0);
    let answer = registry.scope(ask(&server, 1_000 * MILLI)).await;
    assert_eq!((answer.unwrap(), hedges(&registry)), (2, (1, 1, 1)));
}

#[tokio::test(start_paused = true)]
async fn computed_limits_of_time_bound_the_hedges() {
    #[resilient(service = "api", idempotent, retry = off, timeout = timeout, deadline = deadline, hedge(delay = "p95", max_hedges = 2))]
    async fn ask(server: &Server, timeout: Duration, deadline: Duration) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([]);
    let began = Instant::now();
    let error = registry.scope(ask(&server, 400 * MILLI, 250 * MILLI)).await;
    assert!(error.unwrap_err().is_deadline());
    assert_eq!(millis_since(began), 250);
    assert_eq!(
        server.asked_at(),
        [0, 100, 200],
        "a quarter of its own timeout"
    );
}
