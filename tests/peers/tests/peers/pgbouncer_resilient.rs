//! What a PgBouncer refuses is asked again, unless it would refuse it for ever.

use std::time::Duration;

use anyhow::Result;
use resilience_peers::{PgBouncer, Postgres, Server, postgres_client};
use resilience_runtime::{Registry, database_resilient, telemetry::ServiceStats};
use tokio::time::{Instant, sleep};

use crate::bank::{Bank, BankError, Books, Client};

const SUBTRACT: &str = "UPDATE account SET balance = balance - 1 WHERE id = 1";

#[database_resilient(
    retry(max_attempts = 1_000, max_delay = "200ms"),
    retry_budget = off,
    circuit_breaker(failure_threshold = 1_000),
    deadline = "120s"
)]
async fn run(bank: &Bank, statements: &'static str) -> Result<(), BankError> {
    bank.run(statements).await
}

async fn bouncer(postgres: &Server<Postgres>, settings: &[&str]) -> Result<Server<PgBouncer>> {
    let both = ["ignore_startup_parameters=extra_float_digits"];
    PgBouncer::start(postgres.address(), &[settings, &both].concat()).await
}

fn stats(registry: &Registry) -> ServiceStats {
    registry.get("database").expect("it was used").stats()
}

/// Waits until it has turned away more than `before`.
async fn turned_away(bouncer: &Server<PgBouncer>, before: u64) -> Result<()> {
    let began = Instant::now();
    while bouncer.recorded().await?.total() <= before {
        anyhow::ensure!(
            began.elapsed() < Duration::from_secs(60),
            "nobody turned away"
        );
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_connection_that_was_waited_for_in_vain_is_waited_for_again() -> Result<()> {
    let postgres = Postgres::start().await?;
    let books = Books::open(&postgres).await?;
    let bouncer = bouncer(&postgres, &["query_wait_timeout=1", "default_pool_size=1"]).await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        let bank = Bank::closed(client, &bouncer.url(), 1);
        let registry = Registry::new();
        let before = bouncer.recorded().await?.of("query_wait_timeout");
        let busy = postgres_client(&bouncer.url()).await?;
        busy.batch_execute("BEGIN").await?;
        let release = async {
            turned_away(&bouncer, before).await?;
            anyhow::Ok(busy.batch_execute("COMMIT").await?)
        };
        let (released, done) = tokio::join!(release, registry.scope(run(&bank, SUBTRACT)));
        released?;
        done?;
        let refused = bouncer.recorded().await?.of("query_wait_timeout") - before;
        let stats = stats(&registry);
        assert!(refused > 0);
        assert_eq!(
            (stats.failures.transient, stats.attempts),
            (refused, refused + 1)
        );
        assert_eq!(books.spent(1).await?, n);
    }
    Ok(())
}

#[tokio::test]
async fn a_place_that_was_not_free_is_asked_for_again() -> Result<()> {
    let postgres = Postgres::start().await?;
    let books = Books::open(&postgres).await?;
    let bouncer = bouncer(&postgres, &["max_client_conn=3"]).await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        let bank = Bank::closed(client, &bouncer.url(), 1);
        let registry = Registry::new();
        let mut guests = Vec::new();
        while let Ok(guest) = postgres_client(&bouncer.url()).await {
            guests.push(guest);
        }
        let before = bouncer.recorded().await?.total();
        let release = async {
            turned_away(&bouncer, before).await?;
            guests.clear();
            anyhow::Ok(())
        };
        let (released, done) = tokio::join!(release, registry.scope(run(&bank, SUBTRACT)));
        released?;
        done?;
        let refused = bouncer.recorded().await?.total() - before;
        let stats = stats(&registry);
        assert!(refused > 0);
        assert_eq!(
            (stats.failures.transient, stats.attempts),
            (refused, refused + 1)
        );
        assert_eq!(books.spent(1).await?, n);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_configured_wrongly_is_not_tried_again() -> Result<()> {
    let postgres = Postgres::start().await?;
    let bouncer = PgBouncer::start(postgres.address(), &[]).await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        // What sqlx always asks for.
        let url = match client {
            Client::Sqlx => bouncer.url(),
            Client::TokioPostgres => {
                format!("{}?options=-c%20extra_float_digits%3D1", bouncer.url())
            }
        };
        let bank = Bank::closed(client, &url, 1);
        let registry = Registry::new();
        let error = registry
            .scope(run(&bank, "SELECT 1"))
            .await
            .expect_err("unknown");
        assert_eq!(error.state().as_deref(), Some("08P01"), "{error:?}");
        assert_eq!(bouncer.recorded().await?.total(), n);
        assert_eq!(
            (
                stats(&registry).attempts,
                stats(&registry).failures.permanent
            ),
            (1, 1)
        );
    }
    Ok(())
}
