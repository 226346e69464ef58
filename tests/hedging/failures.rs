//! Attempts that fail beside others.

use resilience_runtime::telemetry::EventKind;
use resilience_runtime::{Registry, ResilienceError, Verdict, resilient};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::server::{Answer, Answers, Fails, Hangs, Panics, Server, hedges, millis_since, stats};

#[resilient(
    service = "api",
    idempotent,
    timeout = "10s",
    retry(max_attempts = 4, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    hedge(delay = "100ms")
)]
async fn ask(server: &Server) -> Answer {
    server.ask().await
}

#[tokio::test(start_paused = true)]
async fn transient_failure_leaves_the_other_attempt_running() {
    for script in [
        [Fails(150, ApiError::Transient), Answers(200, 2)],
        [Answers(300, 1), Fails(50, ApiError::Transient)],
    ] {
        let registry = Registry::new();
        let server = Server::new(script);
        let began = Instant::now();
        registry.scope(async { ask(&server).await.unwrap() }).await;
        assert_eq!(millis_since(began), 300);
        assert_eq!(server.asked_at(), [0, 100]);
        let stats = stats(&registry);
        assert_eq!((stats.attempts, stats.failures.transient), (2, 1));
        assert_eq!((stats.hedge_cancelled, stats.retries), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn permanent_failure_ends_the_call() {
    for script in [
        [Fails(150, ApiError::Permanent), Hangs],
        [Hangs, Fails(50, ApiError::Permanent)],
    ] {
        let registry = Registry::new();
        let server = Server::new(script);
        let began = Instant::now();
        let error = registry
            .scope(async { ask(&server).await.unwrap_err() })
            .await;
        assert!(matches!(error, ApiError::Permanent), "{error:?}");
        assert_eq!(millis_since(began), 150);
        let stats = stats(&registry);
        assert_eq!((stats.failures.permanent, stats.hedge_cancelled), (1, 1));
        assert_eq!((stats.hedge_wins, stats.attempts, stats.failed), (0, 2, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn when_both_fail_a_retry_follows_with_a_hedge_of_its_own() {
    let registry = Registry::new();
    let server = Server::new([
        Fails(150, ApiError::Transient),
        Fails(100, ApiError::Unknown),
        Hangs,
        Answers(10, 4),
    ]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 4) })
        .await;
    assert_eq!(server.asked_at(), [0, 100, 1_200, 1_300]);
    let stats = stats(&registry);
    assert_eq!(
        (stats.hedges, stats.hedge_wins, stats.hedge_cancelled),
        (2, 1, 1)
    );
    assert_eq!((stats.retries, stats.attempts, stats.calls), (1, 4, 1));
}

#[tokio::test(start_paused = true)]
async fn last_failure_is_the_callers() {
    #[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms"))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    for (script, transient) in [
        (
            [
                Fails(150, ApiError::Unknown),
                Fails(100, ApiError::Transient),
            ],
            true,
        ),
        (
            [
                Fails(150, ApiError::Unknown),
                Fails(10, ApiError::Transient),
            ],
            false,
        ),
    ] {
        let registry = Registry::new();
        let server = Server::new(script);
        let error = registry
            .scope(async { ask(&server).await.unwrap_err() })
            .await;
        assert_eq!(matches!(error, ApiError::Transient), transient, "{error:?}");
        let stats = stats(&registry);
        assert_eq!(
            (stats.failed, stats.attempts, stats.failures.total()),
            (1, 2, 2)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn timeout_of_one_leaves_the_other_running() {
    #[resilient(service = "api", idempotent, retry = off, timeout = "1s", hedge(delay = "400ms"))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(900, 2)]);
    let began = Instant::now();
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 2) })
        .await;
    assert_eq!(millis_since(began), 1_300);
    let stats = stats(&registry);
    assert_eq!(
        (stats.timeouts, stats.hedge_wins, stats.hedge_cancelled),
        (1, 1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn each_attempt_has_the_whole_timeout() {
    #[resilient(service = "api", idempotent, retry = off, timeout = "1s", hedge(delay = "400ms"))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Hangs]);
    let began = Instant::now();
    let error = registry
        .scope(async { ask(&server).await.unwrap_err() })
        .await;
    assert!(error.is_timeout(), "{error:?}");
    assert_eq!(millis_since(began), 1_400);
    assert_eq!(stats(&registry).timeouts, 2);
}

#[tokio::test(start_paused = true)]
async fn deadline_ends_all_of_them() {
    #[resilient(service = "api", idempotent, timeout = off, deadline = "1s", hedge(delay = "400ms", max_hedges = 2))]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Hangs, Hangs]);
    let began = Instant::now();
    let error = registry
        .scope(async { ask(&server).await.unwrap_err() })
        .await;
    assert!(error.is_deadline(), "{error:?}");
    assert_eq!(millis_since(began), 1_000);
    let stats = stats(&registry);
    assert_eq!(
        (stats.deadlines, stats.attempts, stats.hedge_cancelled),
        (1, 3, 2)
    );
    assert_eq!(server.dropped(), 3);
}

#[tokio::test(start_paused = true)]
async fn panic_in_either_releases_all() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        bulkhead(max_concurrent = 2),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    for script in [[Panics(150), Hangs], [Hangs, Panics(50)]] {
        let registry = Registry::new();
        let server = std::sync::Arc::new(Server::new(script));
        let asked = server.clone();
        let scoped = registry.clone();
        let task = tokio::spawn(async move { scoped.scope(ask(&asked)).await });
        assert!(task.await.unwrap_err().is_panic());
        let stats = stats(&registry);
        assert_eq!(
            (stats.in_flight, stats.abandoned, stats.attempts),
            (0, 1, 2)
        );
        assert_eq!(server.dropped(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_a_failure_leaves_the_other_running() {
    #[resilient(
        service = "api",
        idempotent,
        retry = off,
        classify_ok = |value| (*value == 0).then(Verdict::transient),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Answers(150, 0), Answers(200, 2)]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 2) })
        .await;
    assert_eq!(
        (hedges(&registry), stats(&registry).failures.transient),
        ((1, 1, 0), 1)
    );
    let server = Server::new([Answers(150, 0), Answers(200, 0)]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 0) })
        .await;
    assert_eq!(hedges(&registry), (2, 1, 0), "the call failed with it");
}

#[tokio::test(start_paused = true)]
async fn retry_if_decides_whether_the_others_go_on() {
    #[resilient(
        service = "api",
        idempotent,
        retry(retry_if = |error| !matches!(error, ApiError::Transient)),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Fails(150, ApiError::Transient), Hangs]);
    let error = registry
        .scope(async { ask(&server).await.unwrap_err() })
        .await;
    assert!(matches!(error, ApiError::Transient));
    let server = Server::new([Fails(150, ApiError::Permanent), Answers(100, 2)]);
    registry
        .scope(async { assert_eq!(ask(&server).await.unwrap(), 2) })
        .await;
}

#[tokio::test(start_paused = true)]
async fn failure_beside_another_is_an_event() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let server = Server::new([Fails(150, ApiError::Transient), Answers(200, 2)]);
    registry.scope(async { ask(&server).await.unwrap() }).await;
    let mut kinds = Vec::new();
    while let Some(event) = events.try_recv().unwrap() {
        kinds.push(event.kind);
    }
    let hedge = kinds
        .iter()
        .position(|it| matches!(it, EventKind::Hedge { attempt: 2, .. }));
    let failed = kinds
        .iter()
        .position(|it| matches!(it, EventKind::FailedBesideHedge { attempts: 2, .. }));
    assert!(hedge.is_some() && hedge < failed, "{kinds:?}");
    let ended = kinds.last().unwrap();
    assert!(
        matches!(ended, EventKind::CallEnded { attempts: 2, .. }),
        "{ended:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn exhausted_attempts_are_wrapped_as_ever() {
    #[resilient(
        service = "api",
        idempotent,
        retry(max_attempts = 2, exhausted = "wrap"),
        hedge(delay = "100ms")
    )]
    async fn ask(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([
        Fails(150, ApiError::Transient),
        Fails(100, ApiError::Transient),
    ]);
    let error = registry
        .scope(async { ask(&server).await.unwrap_err() })
        .await;
    let ResilienceError::RetryExhausted { attempts, .. } = error.local() else {
        panic!("{error:?}");
    };
    assert_eq!(*attempts, 2);
    assert_eq!(server.asked_at().len(), 2);
}
