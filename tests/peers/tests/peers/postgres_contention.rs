//! Transactions that get into each other's way, until all of them have been booked.

use std::sync::Arc;

use anyhow::Result;
use resilience_peers::Postgres;
use resilience_runtime::{Registry, database_resilient};
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep};

use crate::bank::{Bank, BankError, Books, Client, Isolation, Transfer};

const TASKS: i64 = 8;
const EACH: i64 = 25;

/// Where losing a race is normal, three attempts are too few, and so is a budget that a success refills by a tenth.
#[database_resilient(
    retry(max_attempts = 1_000, base_delay = "5ms", max_delay = "100ms"),
    retry_budget(capacity = 1000, refill = 1),
    timeout = "60s",
    deadline = "120s"
)]
async fn transfer(bank: &Bank, transfer: Transfer, isolation: Isolation) -> Result<i64, BankError> {
    bank.transfer(transfer, isolation).await
}

async fn all_get_through(client: Client, isolation: Isolation, lost: &str) -> Result<()> {
    let postgres =
        Postgres::start_with(&["deadlock_timeout=5ms", "max_pred_locks_per_transaction=256"])
            .await?;
    let books = Books::open(&postgres).await?;
    let bank = Arc::new(Bank::open(client, &postgres.url()).await?);
    let registry = Registry::new();

    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (bank, registry) = (bank.clone(), registry.clone());
        tasks.spawn(async move {
            for n in 0..EACH {
                let (from, to) = if (task + n) % 2 == 0 { (1, 2) } else { (2, 1) };
                let one = Transfer {
                    id: task * EACH + n,
                    from,
                    to,
                    cents: n,
                };
                registry.scope(transfer(&bank, one, isolation)).await?;
            }
            Ok::<_, BankError>(())
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }

    // Each once, and nothing was lost on the way.
    let all: Vec<_> = (0..TASKS * EACH).collect();
    assert_eq!(books.audit().await?, all);

    // Each failure that the server knows of is one that was tried again, and no sign of a broken server.
    let faults = postgres.recorded().await?;
    let stats = registry.get("database").expect("it was used").stats();
    assert!(faults.of(lost) > 0, "{faults:?}");
    assert_eq!(
        faults.of("40001") + faults.of("40P01"),
        faults.total(),
        "{faults:?}"
    );
    assert_eq!(
        (stats.failures.transient, stats.failures.total()),
        (faults.total(), faults.total())
    );
    assert_eq!(stats.attempts, stats.calls + faults.total());
    assert_eq!(
        (stats.circuit.opened, stats.circuit.consecutive_failures),
        (0, 0)
    );

    // The statistics of a backend are there at the latest when it has gone.
    drop(bank);
    let began = Instant::now();
    while postgres.deadlocks().await? != faults.of("40P01") {
        assert!(began.elapsed() < Duration::from_secs(60), "{faults:?}");
        sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlx_serializable() -> Result<()> {
    all_get_through(Client::Sqlx, Isolation::Serializable, "40001").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlx_in_opposite_order() -> Result<()> {
    all_get_through(Client::Sqlx, Isolation::ReadCommitted, "40P01").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokio_postgres_serializable() -> Result<()> {
    all_get_through(Client::TokioPostgres, Isolation::Serializable, "40001").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokio_postgres_in_opposite_order() -> Result<()> {
    all_get_through(Client::TokioPostgres, Isolation::ReadCommitted, "40P01").await
}
