//! Hedging by settings and variables.

use std::time::Duration;

use resilience_runtime::config::HedgeSettings;
use resilience_runtime::hedge::{Hedge, HedgeConfig, HedgeDelay};
use resilience_runtime::{Registry, ServiceSettings, Settings, resilient};

use crate::errors::ApiError;
use crate::server::{Answer, Answers, Fails, Hangs, Server, hedges};

#[resilient(service = "api", idempotent, retry = off, hedge(delay = "100ms"))]
async fn ask(server: &Server) -> Answer {
    server.ask().await
}

async fn asked_at(registry: &Registry) -> Vec<u64> {
    let server = Server::new([Answers(10_000, 1)]);
    registry.scope(async { ask(&server).await.unwrap() }).await;
    server.asked_at()
}

#[tokio::test(start_paused = true)]
async fn variables_and_settings_come_first_and_work_live() {
    let registry = Registry::new();
    assert_eq!(asked_at(&registry).await, [0, 100]);
    let settings = |hedge| Settings::new().service("api", ServiceSettings::new().hedge(hedge));
    let fewer = HedgeSettings::new()
        .delay(Duration::from_secs(1))
        .max_hedges(2);
    registry.configure(settings(fewer)).unwrap();
    assert_eq!(asked_at(&registry).await, [0, 1_000, 2_000]);
    registry
        .configure(settings(HedgeSettings::new().max_hedges(0)))
        .unwrap();
    assert_eq!(asked_at(&registry).await, [0]);
    let variables = [("HEDGE_API_DELAY", "250ms"), ("HEDGE_API_MAX_HEDGES", "1")];
    registry
        .configure(Settings::from_vars(variables).unwrap())
        .unwrap();
    assert_eq!(asked_at(&registry).await, [0, 250]);
}

#[tokio::test(start_paused = true)]
async fn functions_without_the_argument_are_not_hedged() {
    #[resilient(service = "api", idempotent)]
    async fn plain(server: &Server) -> Answer {
        server.ask().await
    }
    #[resilient(service = "api", idempotent, hedge = off)]
    async fn off(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let variables = Settings::from_vars([("HEDGE_API_DELAY", "100ms")]).unwrap();
    registry.configure(variables).unwrap();
    let server = Server::new([Answers(500, 1), Answers(500, 2)]);
    registry
        .scope(async { plain(&server).await.unwrap() })
        .await;
    registry.scope(async { off(&server).await.unwrap() }).await;
    assert_eq!(hedges(&registry), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_name_alone_takes_the_defaults() {
    #[resilient(service = "api", idempotent, timeout = "2s", hedge)]
    async fn alone(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(1, 2)]);
    registry
        .scope(async { alone(&server).await.unwrap() })
        .await;
    assert_eq!(server.asked_at(), [0, 500]);
    let api = registry.get("api").unwrap();
    let hedge = api.config().functions[0].hedge.clone();
    assert_eq!(hedge, Some(HedgeConfig::default()));
}

#[tokio::test(start_paused = true)]
async fn declared_delay_holds_for_functions_that_hedge() {
    resilience_runtime::service! {
        static API: Custom = "api" { hedge(delay = "300ms") }
    }
    #[resilient(service = API, idempotent, hedge)]
    async fn hedged(server: &Server) -> Answer {
        server.ask().await
    }
    #[resilient(service = API, idempotent)]
    async fn plain(server: &Server) -> Answer {
        server.ask().await
    }
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(1, 2), Answers(1_000, 3)]);
    registry
        .scope(async { hedged(&server).await.unwrap() })
        .await;
    registry
        .scope(async { plain(&server).await.unwrap() })
        .await;
    assert_eq!(server.asked_at(), [0, 300, 301]);
}

#[test]
fn bad_values_name_the_variable_and_what_is_allowed() {
    for bad in ["p0", "p100", "fast"] {
        let error = Settings::from_vars([("HEDGE_LLM_DELAY", bad)]).unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with(&format!("`HEDGE_LLM_DELAY` is `{bad}`")),
            "{message}"
        );
        assert!(message.contains("such as `p95`"), "{message}");
    }
    let config = HedgeConfig::default().delay(HedgeDelay::Percentile(100.0));
    assert!(Hedge::new(config).is_err());
}

#[tokio::test(start_paused = true)]
async fn by_hand_the_last_failure_is_returned_and_the_first_success_wins() {
    let hedge = Hedge::new(
        HedgeConfig::default()
            .delay(Duration::from_millis(100))
            .max_hedges(2),
    )
    .unwrap();
    let server = Server::new([Fails(150, ApiError::Transient), Hangs, Answers(5, 3)]);
    assert_eq!(hedge.run(|| server.ask()).await.unwrap(), 3);
    assert_eq!(
        (server.asked_at(), server.dropped()),
        (vec![0, 100, 200], 1)
    );
    let server = Server::new([
        Fails(150, ApiError::Unknown),
        Fails(60, ApiError::Transient),
    ]);
    let error = hedge.run(|| server.ask()).await.unwrap_err();
    assert!(matches!(error, ApiError::Transient));
}

#[tokio::test(start_paused = true)]
async fn by_hand_a_percentile_follows_the_successes() {
    let hedge = Hedge::new(HedgeConfig::default()).unwrap();
    let server = Server::new(
        (0..100)
            .map(|_| Answers(10, 1))
            .chain([Hangs, Answers(1, 2)]),
    );
    for _ in 0..100 {
        hedge.run(|| server.ask()).await.unwrap();
    }
    assert_eq!(hedge.run(|| server.ask()).await.unwrap(), 2);
    let asked = server.asked_at();
    assert!((10..=11).contains(&(asked[101] - asked[100])), "{asked:?}");
}
