//! A hedge needs what every attempt needs, and does not wait for it.

use std::time::Duration;

use resilience_runtime::verdict::ToolSafety;
use resilience_runtime::{CircuitState, Registry, ServiceKind, hint, resilient};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::server::{Answer, Answers, Fails, Hangs, Server, hedges, millis_since, stats};

const AFTER_DELAY: Duration = Duration::from_millis(100);

fn api(registry: &Registry) -> std::sync::Arc<resilience_runtime::Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

#[tokio::test(start_paused = true)]
async fn hedge_takes_a_token_of_its_own_and_does_not_wait_for_one() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        rate_limit(requests_per_hour = 3, max_wait = "1h"),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(150, 1), Hangs, Answers(150, 3), Hangs]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 1) })
        .await;
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 3) })
        .await;
    assert_eq!(
        server.asked_at(),
        [0, 100, 150],
        "two tokens, then the third"
    );
    assert_eq!(hedges(&registry), (1, 0, 1));
    assert_eq!(stats(&registry).rejections.total(), 0);
}

#[tokio::test(start_paused = true)]
async fn hedge_takes_a_place_of_its_own_and_does_not_wait_for_one() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        bulkhead(max_concurrent = 2, max_wait = "1h"),
        hedge(delay = "100ms", max_hedges = 2)
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(500, 1), Hangs]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 1) })
        .await;
    assert_eq!(server.asked_at(), [0, 100], "there is no third place");
    assert_eq!(
        (hedges(&registry), stats(&registry).in_flight),
        ((1, 0, 1), 0)
    );
}

#[tokio::test(start_paused = true)]
async fn hedge_costs_the_budget_one() {
    #[resilient(
        service = "api",
        idempotent,
        retry_budget(capacity = 2, refill = 0.001),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let scripts = (0..3).flat_map(|_| [Answers(150, 1), Hangs]);
    let server = Server::new(scripts.chain([Answers(150, 1)]));
    for _ in 0..3 {
        registry.scope(async { ask(&server).await.unwrap() }).await;
    }
    assert_eq!(hedges(&registry), (2, 0, 2), "the budget is empty");
    assert!(stats(&registry).retry_budget < 0.01);
}

#[tokio::test(start_paused = true)]
async fn hedge_that_gets_no_token_gives_the_budget_back() {
    #[resilient(
        service = "api",
        idempotent,
        retry_budget(capacity = 2, refill = 0.001),
        rate_limit(requests_per_hour = 1),
        bulkhead(max_concurrent = 5),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(150, 1)]);
    registry.scope(async { ask(&server).await.unwrap() }).await;
    let stats = stats(&registry);
    assert_eq!((stats.hedges, stats.in_flight), (0, 0));
    assert!(
        (stats.retry_budget - 2.0).abs() < 1e-9,
        "{}",
        stats.retry_budget
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_starts_beside_an_open_or_half_open_breaker() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        circuit_breaker(failure_threshold = 1, recovery_timeout = "1s", half_open_max_calls = 5),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(500, 1)]);
    let mut running = started(registry.scope(ask(&server)));
    api(&registry).circuit_breaker().force_open();
    assert_eq!(running.as_mut().await.unwrap(), 1);
    assert_eq!(hedges(&registry), (0, 0, 0), "it opened between");

    api(&registry).circuit_breaker().reset();
    let server = Server::new([Fails(0, ApiError::Transient), Answers(500, 2)]);
    registry
        .scope(async { ask(&server).await.unwrap_err() })
        .await;
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(
        api(&registry).circuit_breaker().state(),
        CircuitState::HalfOpen
    );
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 2) })
        .await;
    assert_eq!(hedges(&registry), (0, 0, 0), "the first one was a probe");
}

#[tokio::test(start_paused = true)]
async fn breaker_in_shadow_holds_no_hedge_back() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        circuit_breaker(failure_threshold = 1, mode = "shadow"),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Fails(0, ApiError::Transient), Hangs, Answers(1, 2)]);
    registry
        .scope(async { ask(&server).await.unwrap_err() })
        .await;
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 2) })
        .await;
    assert_eq!(hedges(&registry), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_starts_in_a_cooldown() {
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms"))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([
        Answers(500, 1),
        Fails(50, ApiError::Throttled(Some(Duration::from_secs(5)))),
    ]);
    let mut first = started(registry.scope(ask(&server)));
    tokio::time::advance(Duration::from_millis(20)).await;
    registry
        .scope(async { ask(&server).await.unwrap_err() })
        .await;
    let began = Instant::now();
    assert_eq!(first.as_mut().await.unwrap(), 1);
    assert_eq!(millis_since(began), 430);
    assert_eq!(hedges(&registry), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_starts_past_the_deadline() {
    #[resilient(service = "api", idempotent, timeout = off, deadline = "100ms", hedge(delay = "100ms"))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs]);
    let error = registry
        .scope(async { ask(&server).await.unwrap_err() })
        .await;
    assert!(error.is_deadline());
    assert_eq!((server.asked_at(), hedges(&registry)), (vec![0], (0, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn hook_decides_call_by_call_whether_it_may_be_repeated() {
    fn safety(_: &Server, is_read: &bool) -> ToolSafety {
        if *is_read {
            ToolSafety::default().read_only(true)
        } else {
            ToolSafety::default()
        }
    }
    #[resilient(service = "api", retry = off, safety = safety, hedge(delay = "100ms"))]
    async fn ask(server: &Server, is_read: bool) -> Answer {
        let _ = is_read;
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(500, 1), Hangs, Answers(1, 3)]);
    registry
        .scope(async { assert_eq!(ask(&server, false).await.unwrap(), 1) })
        .await;
    assert_eq!(hedges(&registry), (0, 0, 0));
    registry
        .scope(async { assert_eq!(ask(&server, true).await.unwrap(), 3) })
        .await;
    assert_eq!(hedges(&registry), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn loser_counts_as_slow_but_not_as_failed() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        circuit_breaker(
            failure_threshold = 1,
            slow_call_duration = "100ms",
            slow_call_rate = 0.5,
            window = 10,
            minimum_calls = 4,
            abandoned = "failure"
        ),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(1, 1), Hangs, Answers(1, 1)]);
    registry.scope(async { ask(&server).await.unwrap() }).await;
    let breaker = stats(&registry).circuit;
    assert_eq!(
        (breaker.calls, breaker.slow_calls, breaker.failures),
        (2, 1, 0)
    );
    assert_eq!(breaker.state, CircuitState::Closed);
    registry.scope(async { ask(&server).await.unwrap() }).await;
    assert_eq!(stats(&registry).circuit.state, CircuitState::Open);
}

#[tokio::test(start_paused = true)]
async fn what_a_loser_reported_of_the_server_counts() {
    #[resilient(service = "api", idempotent, retry = off, rate_limit(requests_per_hour = 100), hedge(delay = "100ms"))]
    async fn ask(server: &Server, first: &std::cell::Cell<bool>) -> Answer {
        if first.replace(false) {
            hint::retry_after(Duration::from_secs(30));
        }
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(1, 2)]);
    let first = std::cell::Cell::new(true);
    registry
        .scope(async { ask(&server, &first).await.unwrap() })
        .await;
    assert_eq!(stats(&registry).cooldowns, 1);
}

#[tokio::test(start_paused = true)]
async fn caller_that_does_not_poll_loses_nothing() {
    #[resilient(service = "api", idempotent, retry = off, bulkhead(max_concurrent = 2), hedge(delay = "100ms"))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(50, 2)]);
    let mut asked = started(registry.scope(ask(&server)));
    tokio::time::advance(10 * AFTER_DELAY).await;
    assert!(poll(&mut asked).is_pending(), "the hedge begins late");
    tokio::time::advance(10 * AFTER_DELAY).await;
    assert!(poll(&mut asked).is_ready());
    assert_eq!(stats(&registry).in_flight, 0);
}
