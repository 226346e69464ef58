//! Keys, sessions, and what attempts reserved.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::rate_limit::Usage;
use resilience_runtime::{
    CallContext, Classify, Registry, ResilienceError, Service, ServiceKind, Verdict, resilient,
};

use crate::errors::ApiError;
use crate::server::{Answer, Answers, Fails, Hangs, Server, hedges, stats, tokens_left};

fn api(registry: &Registry) -> Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

#[tokio::test(start_paused = true)]
async fn breaker_and_bulkhead_of_the_key_decide() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        circuit_breaker(key = host, failure_threshold = 1),
        bulkhead(key = tenant, max_concurrent = 2),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server, host: &str, tenant: u32) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(500, 1), Hangs]);
    let call = async {
        let asked = ask(&server, "a", 7);
        let opened = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            api(&registry).circuit_breaker_for("a").force_open();
        };
        tokio::join!(asked, opened).0
    };
    assert_eq!(registry.scope(call).await.unwrap(), 1);
    assert_eq!(hedges(&registry), (0, 0, 0), "open for this key");

    let server = Server::new([Hangs, Answers(1, 2)]);
    assert_eq!(registry.scope(ask(&server, "b", 7)).await.unwrap(), 2);
    assert_eq!(hedges(&registry), (1, 1, 1), "another key's is closed");
    let in_flight = |tenant: u32| api(&registry).bulkhead_for(&tenant).unwrap().in_flight();
    assert_eq!(in_flight(7), 0);

    // A tenant that has one place left has none for a hedge.
    let server = Server::new([Answers(500, 1), Answers(500, 2), Hangs]);
    let both = async { tokio::join!(ask(&server, "b", 7), ask(&server, "c", 7)) };
    let (one, two) = registry.scope(both).await;
    assert_eq!((one.unwrap(), two.unwrap()), (1, 2));
    assert_eq!((hedges(&registry).0, in_flight(7)), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn limits_per_key_are_taken_with_those_of_the_service() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        rate_limit(requests_per_day = 5, per_key(key = tenant, requests_per_day = 2)),
        hedge(delay = "100ms", max_hedges = 3)
    )]
    async fn ask(server: &Server, tenant: &str) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(500, 1)]);
    assert_eq!(registry.scope(ask(&server, "ann")).await.unwrap(), 1);
    assert_eq!(server.asked_at(), [0, 100], "she has two");
    let server = Server::new([Answers(500, 1)]);
    assert_eq!(registry.scope(ask(&server, "bob")).await.unwrap(), 1);
    assert_eq!(server.asked_at(), [0, 100]);
    let server = Server::new([Answers(500, 1)]);
    assert_eq!(registry.scope(ask(&server, "eve")).await.unwrap(), 1);
    assert_eq!(server.asked_at(), [0], "the service's are used up");
}

#[tokio::test(start_paused = true)]
async fn each_attempt_settles_what_it_reserved() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        rate_limit(tokens_per_day = 10_000, key = "one", cost = 1_000, usage = |answer| *answer),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server, reports: bool) -> Answer {
        if reports {
            let context = CallContext::current().unwrap();
            context.report_usage(Usage::new(30, 4));
        }
        server.ask().await
    }
    let registry = Registry::new();
    // The loser's estimate is spent, the winner's is settled.
    let server = Server::new([Hangs, Answers(1, 200)]);
    registry.scope(ask(&server, false)).await.unwrap();
    assert_eq!(tokens_left(&registry), 10_000 - 1_000 - 200);
    // What surely was not executed comes back.
    let server = Server::new([Fails(150, ApiError::Transient), Answers(100, 300)]);
    registry.scope(ask(&server, false)).await.unwrap();
    assert_eq!(tokens_left(&registry), 8_800 - 300);
    // What may have been executed does not.
    let server = Server::new([Answers(200, 500), Fails(50, ApiError::Unknown)]);
    registry.scope(ask(&server, false)).await.unwrap();
    assert_eq!(tokens_left(&registry), 8_500 - 500 - 1_000);
    // Bodies that report what they used settle that, also the one that lost.
    let server = Server::new([Hangs, Answers(1, 900)]);
    registry.scope(ask(&server, true)).await.unwrap();
    assert_eq!(tokens_left(&registry), 7_000 - 34 - 34);
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_a_failure_settles_before_the_other_answers() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        classify_ok = |answer| (*answer < 10).then(Verdict::transient),
        rate_limit(tokens_per_day = 10_000, key = "one", cost = 1_000, usage = |answer| *answer),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(150, 5), Answers(100, 200)]);
    registry.scope(ask(&server)).await.unwrap();
    assert_eq!(tokens_left(&registry), 10_000 - 5 - 200);
}

#[derive(Debug, thiserror::Error)]
enum SessionError {
    #[error("session lost")]
    Lost,
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for SessionError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Lost => Verdict::session_lost(),
            Self::Api(error) => error.classify(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn session_that_is_lost_beside_is_renewed_before_the_next_attempt() {
    #[resilient(
        service = "api",
        idempotent,
        timeout = "10s",
        retry(max_attempts = 5, base_delay = "10ms", jitter = "none"),
        reconnect = connect,
        hedge(delay = "100ms", max_hedges = 2)
    )]
    async fn ask(server: &Server, renewals: &Cell<u32>) -> Result<u32, SessionError> {
        match server.ask().await {
            Err(ApiError::Permanent) => Err(SessionError::Lost),
            answer => Ok(answer?),
        }
    }
    async fn connect(_: &Server, renewals: &Cell<u32>) -> Result<(), SessionError> {
        renewals.set(renewals.get() + 1);
        Ok(())
    }
    let registry = Registry::new();
    let renewals = Cell::new(0);
    // The first one loses the session at 150 ms, so that no hedge starts at 200; the second one fails at 250.
    let server = Server::new([
        Fails(150, ApiError::Permanent),
        Fails(150, ApiError::Transient),
        Answers(5, 3),
    ]);
    let answer = registry.scope(ask(&server, &renewals)).await;
    assert_eq!((answer.unwrap(), renewals.get()), (3, 1));
    assert_eq!(server.asked_at().len(), 3);
    assert_eq!(hedges(&registry).0, 1);

    // An answer of the other one needs no new session.
    let server = Server::new([Fails(150, ApiError::Permanent), Answers(100, 2)]);
    let answer = registry.scope(ask(&server, &renewals)).await;
    assert_eq!((answer.unwrap(), renewals.get()), (2, 1));
    let server = Server::new([Answers(5, 4)]);
    let answer = registry.scope(ask(&server, &renewals)).await;
    assert_eq!(
        (answer.unwrap(), renewals.get()),
        (4, 2),
        "the next call does"
    );
}

#[tokio::test(start_paused = true)]
async fn what_took_effect_is_verified_once_after_the_race() {
    #[resilient(
        service = "api",
        idempotent,
        timeout = "300ms",
        retry(max_attempts = 3, base_delay = "10ms", jitter = "none"),
        verify = found,
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server, asked: &Cell<u32>) -> Answer {
        server.ask().await
    }
    async fn found(_: &Server, asked: &Cell<u32>) -> Result<Option<u32>, ApiError> {
        asked.set(asked.get() + 1);
        Ok(Some(7))
    }
    let registry = Registry::new();
    let asked = Cell::new(0);
    let answer = registry.scope(ask(&Server::new([]), &asked)).await;
    assert_eq!((answer.unwrap(), asked.get()), (7, 1));
    let stats = stats(&registry);
    assert_eq!(
        (stats.attempts, stats.successes, stats.in_flight),
        (2, 1, 0)
    );
}
