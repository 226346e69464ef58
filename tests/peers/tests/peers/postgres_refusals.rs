//! What a PostgreSQL refuses, what of it is asked again, and what the breaker learns.

use std::time::Duration;

use anyhow::Result;
use resilience_peers::{FaultProxy, Postgres, Server};
use resilience_runtime::{Registry, database_resilient, telemetry::ServiceStats};
use tokio::time::{Instant, sleep};

use crate::bank::{Bank, BankError, Books, Client};

/// A statement that may meet all of it.
#[database_resilient(
    retry(max_attempts = 1_000, base_delay = "20ms", max_delay = "200ms"),
    retry_budget = off,
    circuit_breaker(failure_threshold = 1_000),
    deadline = "120s"
)]
async fn run(bank: &Bank, statements: &'static str) -> Result<(), BankError> {
    bank.run(statements).await
}

/// The same without a pool.
#[database_resilient(
    retry(max_attempts = 1_000, base_delay = "20ms", max_delay = "200ms"),
    retry_budget = off,
    circuit_breaker(failure_threshold = 1_000),
    deadline = "120s"
)]
async fn run_apart(bank: &Bank, statements: &'static str) -> Result<(), BankError> {
    bank.run_apart(statements).await
}

fn stats(registry: &Registry) -> ServiceStats {
    registry.get("database").expect("it was used").stats()
}

/// Waits until the server has recorded more than `before` of these.
async fn recorded_more(postgres: &Server<Postgres>, state: &str, before: u64) -> Result<()> {
    let began = Instant::now();
    while postgres.recorded().await?.of(state) <= before {
        anyhow::ensure!(began.elapsed() < Duration::from_secs(60), "no {state}");
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[tokio::test]
async fn a_lock_that_is_not_to_be_had_is_asked_for_again() -> Result<()> {
    let postgres = Postgres::start().await?;
    let books = Books::open(&postgres).await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        let bank = Bank::open(client, &postgres.url()).await?;
        let registry = Registry::new();
        let before = postgres.recorded().await?.of("55P03");
        let holder = postgres.client().await?;
        holder
            .batch_execute("BEGIN; SELECT * FROM account FOR UPDATE")
            .await?;
        let release = async {
            recorded_more(&postgres, "55P03", before).await?;
            Ok(holder.batch_execute("COMMIT").await?)
        };
        let call = registry.scope(run(
            &bank,
            "SET lock_timeout = '30ms'; UPDATE account SET balance = balance - 1 WHERE id = 1",
        ));
        let (released, done) = tokio::join!(release, call);
        let released: Result<()> = released;
        released?;
        done?;
        assert_eq!(books.spent(1).await?, n, "{client:?}");
        let refused = postgres.recorded().await?.of("55P03") - before;
        let stats = stats(&registry);
        assert_eq!(
            (stats.failures.transient, stats.attempts),
            (refused, refused + 1)
        );
        assert_eq!(stats.circuit.consecutive_failures, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_not_repeated() -> Result<()> {
    let postgres = Postgres::start().await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        let bank = Bank::open(client, &postgres.url()).await?;
        let registry = Registry::new();
        let slow = "SET statement_timeout = '50ms'; SELECT pg_sleep(600)";
        let error = registry
            .scope(run(&bank, slow))
            .await
            .expect_err("cancelled");
        assert_eq!(error.state().as_deref(), Some("57014"), "{error:?}");
        assert_eq!(postgres.recorded().await?.of("57014"), n);
        assert_eq!(stats(&registry).attempts, 1);
    }
    Ok(())
}

#[tokio::test]
async fn a_constraint_is_not_broken_twice_and_a_sign_of_life() -> Result<()> {
    let postgres = Postgres::start().await?;
    Books::open(&postgres).await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        let bank = Bank::open(client, &postgres.url()).await?;
        let registry = Registry::new();
        // The server has ended the session, whatever it was that it did.
        let end = "SELECT pg_terminate_backend(pg_backend_pid())";
        registry.scope(run(&bank, end)).await.expect_err("ended");
        assert_eq!(stats(&registry).circuit.consecutive_failures, 1);

        let again = "INSERT INTO account VALUES (1, 1)";
        let error = registry
            .scope(run(&bank, again))
            .await
            .expect_err("is there");
        assert_eq!(error.state().as_deref(), Some("23505"), "{error:?}");
        let faults = postgres.recorded().await?;
        assert_eq!((faults.of("57P01"), faults.of("23505")), (n, n));
        let stats = stats(&registry);
        assert_eq!((stats.attempts, stats.failures.permanent), (2, 1));
        assert_eq!(stats.circuit.consecutive_failures, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_full_is_asked_again() -> Result<()> {
    let postgres = Postgres::start_with(&["max_connections=5"]).await?;
    for client in Client::BOTH {
        let bank = Bank::closed(client, &postgres.url(), 1);
        let registry = Registry::new();
        let before = postgres.recorded().await?.of("53300");
        let mut guests = Vec::new();
        while let Ok(guest) = postgres.client().await {
            guests.push(guest);
        }
        // One of them was ours.
        let release = async {
            recorded_more(&postgres, "53300", before + 1).await?;
            guests.clear();
            anyhow::Ok(())
        };
        let call = registry.scope(run_apart(&bank, "SELECT 1"));
        let (released, done) = tokio::join!(release, call);
        released?;
        done?;
        let refused = postgres.recorded().await?.of("53300") - before - 1;
        let stats = stats(&registry);
        assert!(refused > 0);
        assert_eq!(
            (stats.failures.transient, stats.attempts),
            (refused, refused + 1)
        );
    }
    Ok(())
}

/// A wait that was long already is not begun again.
#[tokio::test]
async fn a_pool_that_is_used_up_is_a_failure() -> Result<()> {
    let postgres = Postgres::start().await?;
    for client in Client::BOTH {
        let bank = Bank::closed(client, &postgres.url(), 1).impatient(Duration::from_secs(3));
        let registry = Registry::new();
        let taken = bank.occupy().await?;
        let error = registry
            .scope(run(&bank, "SELECT 1"))
            .await
            .expect_err("none left");
        assert!(error.is_pool_timeout(), "{error:?}");
        let seen = stats(&registry);
        assert_eq!((seen.attempts, seen.failures.permanent), (1, 1));
        assert_eq!(seen.circuit.consecutive_failures, 1);

        drop(taken);
        registry.scope(run(&bank, "SELECT 1")).await?;
        assert_eq!(stats(&registry).circuit.consecutive_failures, 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_does_not_listen_is_asked_again() -> Result<()> {
    let postgres = Postgres::start().await?;
    let books = Books::open(&postgres).await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        let proxy = FaultProxy::to(postgres.address()).await?;
        let url = format!("postgres://postgres@{}/postgres", proxy.address());
        let bank = Bank::closed(client, &url, 1);
        let registry = Registry::new();
        proxy.refuse().await;
        let let_in = async {
            while registry
                .get("database")
                .is_none_or(|service| service.stats().failures.transient == 0)
            {
                sleep(Duration::from_millis(1)).await;
            }
            proxy.listen()
        };
        let call = registry.scope(run_apart(
            &bank,
            "UPDATE account SET balance = balance - 1 WHERE id = 1",
        ));
        let (listens, done) = tokio::join!(let_in, call);
        listens?;
        done?;
        assert_eq!((books.spent(1).await?, proxy.connections()), (n, 1));
        let stats = stats(&registry);
        assert!(stats.failures.transient > 0, "{stats:?}");
        assert_eq!(stats.attempts, stats.failures.transient + 1);
    }
    Ok(())
}

/// As after a failover: the connections that are there lead to what is read-only now, new ones do not.
#[database_resilient(reconnect = Bank::reconnect)]
async fn write(bank: &Bank) -> Result<(), BankError> {
    bank.run("UPDATE account SET balance = balance - 1 WHERE id = 1")
        .await
}

#[tokio::test]
async fn what_is_read_only_is_written_over_another_connection() -> Result<()> {
    let postgres = Postgres::start().await?;
    let books = Books::open(&postgres).await?;
    for (n, client) in (1..).zip(Client::BOTH) {
        books
            .run("ALTER ROLE postgres SET default_transaction_read_only = on")
            .await?;
        let bank = Bank::open(client, &postgres.url()).await?;
        books
            .run("SET transaction_read_only = off; ALTER ROLE postgres RESET default_transaction_read_only")
            .await?;
        let registry = Registry::new();
        registry.scope(write(&bank)).await?;
        assert_eq!(books.spent(1).await?, n, "{client:?}");
        assert_eq!(postgres.recorded().await?.of("25006"), u64::try_from(n)?);
        let stats = stats(&registry);
        assert_eq!((stats.attempts, stats.failures.transient), (2, 1));
    }
    Ok(())
}
