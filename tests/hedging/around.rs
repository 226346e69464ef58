//! What is round hedged calls: caches, fallbacks, injected faults, configuration that changes, services that go.

use std::time::Duration;

use resilience_runtime::chaos::Fault;
use resilience_runtime::config::HedgeSettings;
use resilience_runtime::{Registry, ServiceSettings, Settings, Verdict, resilient};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::server::{Answer, Answers, Fails, Hangs, Server, hedges, stats};

const MILLI: Duration = Duration::from_millis(1);

#[resilient(service = "api", idempotent, retry = off, timeout = "10s", bulkhead(max_concurrent = 9), hedge(delay = "100ms"))]
async fn ask(server: &Server) -> Answer {
    server.ask().await
}

#[tokio::test(start_paused = true)]
async fn injected_fault_hits_either_attempt() {
    // A latency delays the first attempt alone, so the hedge answers.
    let registry = Registry::new();
    let slow = registry.inject("api", Fault::latency(5_000 * MILLI).times(1));
    let server = Server::new([Answers(1, 2)]);
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 2);
    assert_eq!((slow.hits(), hedges(&registry)), (1, (1, 1, 1)));

    // An error of the hedge leaves the first one running, one that is permanent ends the call.
    for (verdict, answers) in [(Verdict::transient(), true), (Verdict::permanent(), false)] {
        let registry = Registry::new();
        let failing = registry.inject("api", Fault::error(verdict).every(2));
        let server = Server::new([Answers(500, 1)]);
        let answer = registry.scope(ask(&server)).await;
        assert_eq!((answer.is_ok(), failing.hits()), (answers, 1));
        assert_eq!(server.asked_at().len(), 1, "the hedge's body did not run");
        let stats = stats(&registry);
        assert_eq!((stats.attempts, stats.in_flight), (2, 0));
    }

    // A reply that is lost, and a body that hangs.
    let registry = Registry::new();
    let _lost = registry.inject("api", Fault::lost_reply().times(1));
    let server = Server::new([Answers(150, 1), Answers(100, 2)]);
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 2);
    let registry = Registry::new();
    let _hangs = registry.inject("api", Fault::hang().times(1));
    let server = Server::new([Answers(5, 1)]);
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 1);
    assert_eq!(
        (server.asked_at(), hedges(&registry)),
        (vec![100], (1, 1, 1))
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_hedged_where_everything_is_off() {
    let registry = Registry::new();
    registry
        .configure(Settings::from_vars([("RESILIENCE_ENABLED", "false")]).unwrap())
        .unwrap();
    let server = Server::new([Answers(500, 1)]);
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 1);
    assert_eq!((server.asked_at(), hedges(&registry)), (vec![0], (0, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn running_call_keeps_its_configuration_and_its_service() {
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(100, 2)]);
    let mut call = started(registry.scope(ask(&server)));
    let none = ServiceSettings::new().hedge(HedgeSettings::new().max_hedges(0));
    registry
        .configure(Settings::new().service("api", none))
        .unwrap();
    tokio::time::advance(100 * MILLI).await;
    assert!(poll(&mut call).is_pending());
    assert_eq!(server.asked_at(), [0, 100], "it began with hedges");
    let service = registry.get("api").unwrap();
    assert!(registry.remove("api"));
    tokio::time::advance(100 * MILLI).await;
    assert!(poll(&mut call).is_ready());
    let stats = service.stats();
    assert_eq!((stats.hedges, stats.hedge_wins, stats.in_flight), (1, 1, 0));
    // The service that is made anew has the settings.
    let server = Server::new([Answers(500, 1)]);
    registry.scope(ask(&server)).await.unwrap();
    assert_eq!((server.asked_at(), hedges(&registry)), (vec![0], (0, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn attempts_by_a_variable_bound_the_hedges() {
    #[resilient(
        service = "api",
        idempotent,
        timeout = "10s",
        retry(max_attempts = 5),
        hedge(delay = "100ms", max_hedges = 4)
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    for (attempts, asked) in [("1", 1), ("2", 2), ("9", 5)] {
        let variables = Settings::from_vars([("RETRY_API_MAX_ATTEMPTS", attempts)]);
        registry.configure(variables.unwrap()).unwrap();
        let server = Server::new([Answers(1_000, 1)]);
        registry.scope(ask(&server)).await.unwrap();
        assert_eq!(server.asked_at().len(), asked);
    }
}

#[tokio::test(start_paused = true)]
async fn last_good_answer_is_that_of_the_winner_and_serves_when_both_fail() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        fallback(cache(key = 1, ttl = "1h")),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(1, 2)]);
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 2);
    let server = Server::new([
        Fails(150, ApiError::Transient),
        Fails(100, ApiError::Unknown),
    ]);
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 2);
    assert_eq!(stats(&registry).fallbacks.cache, 1);
}

#[tokio::test(start_paused = true)]
async fn refresh_ahead_is_hedged_while_the_fresh_answer_is_there() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        cache(key = 1, ttl = "10s", refresh_ahead = "5s"),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(1, 1), Hangs, Answers(1, 2)]);
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 1);
    tokio::time::advance(Duration::from_secs(7)).await;
    let refreshed = registry.scope(ask(&server)).await.unwrap();
    assert!([1, 2].contains(&refreshed));
    assert_eq!(registry.scope(ask(&server)).await.unwrap(), 2);
    assert_eq!((server.asked_at().len(), hedges(&registry)), (3, (1, 1, 1)));
}

#[tokio::test(start_paused = true)]
async fn dropped_in_a_select_it_leaves_nothing() {
    let registry = Registry::new();
    let server = Server::new([]);
    let call = registry.scope(ask(&server));
    tokio::select! {
        _ = call => panic!("it hangs"),
        () = tokio::time::sleep(150 * MILLI) => {}
    }
    let stats = stats(&registry);
    assert_eq!((stats.calls, stats.abandoned, stats.in_flight), (1, 1, 0));
    assert_eq!((stats.attempts, server.dropped()), (2, 2));
}
