//! A server that is restarted in the middle of traffic, and one that stays away.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::{FaultProxy, Postgres};
use resilience_runtime::{CircuitState, Registry, database_resilient, telemetry::ServiceStats};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::bank::{Bank, BankError, Books, Client, Isolation::ReadCommitted, Transfer};

// A restart takes longer than five failures in a row: a breaker would end the calls that could wait for it.

#[database_resilient(
    service = "reads",
    idempotent,
    circuit_breaker = off,
    retry(max_attempts = 1_000, max_delay = "200ms"),
    retry_budget(capacity = 1000, refill = 1),
    deadline = "120s"
)]
async fn read(bank: &Bank) -> Result<Option<i64>, BankError> {
    bank.balance(1).await
}

#[database_resilient(
    service = "upserts",
    idempotent,
    circuit_breaker = off,
    retry(max_attempts = 1_000, max_delay = "200ms"),
    retry_budget(capacity = 1000, refill = 1),
    deadline = "120s"
)]
async fn keep(bank: &Bank, id: i64) -> Result<(), BankError> {
    bank.keep(id).await
}

async fn booked(bank: &Bank, transfer: &Transfer) -> Result<Option<i64>, BankError> {
    bank.booked(transfer.id).await
}

#[database_resilient(
    service = "verified",
    verify = booked,
    circuit_breaker = off,
    retry(max_attempts = 1_000, max_delay = "200ms"),
    retry_budget(capacity = 1000, refill = 1),
    deadline = "120s"
)]
async fn verified(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

#[database_resilient(service = "blind", circuit_breaker = off)]
async fn blind(bank: &Bank, transfer: Transfer) -> Result<i64, BankError> {
    bank.transfer(transfer, ReadCommitted).await
}

/// Calls one after the other until it is told to stop.
struct Traffic {
    registry: Registry,
    stop: AtomicBool,
    succeeded: AtomicI64,
}

impl Traffic {
    /// The numbers of the calls that succeeded and of those that failed.
    async fn flow<T, F>(
        self: Arc<Self>,
        first: i64,
        mut call: impl FnMut(i64) -> F,
    ) -> (Vec<i64>, Vec<i64>)
    where
        F: Future<Output = Result<T, BankError>>,
    {
        let (mut succeeded, mut failed) = (Vec::new(), Vec::new());
        let mut n = first;
        while !self.stop.load(Ordering::Relaxed) {
            match self.registry.scope(call(n)).await {
                Ok(_) => {
                    succeeded.push(n);
                    self.succeeded.fetch_add(1, Ordering::Relaxed);
                }
                Err(_) => failed.push(n),
            }
            n += 1;
            sleep(Duration::from_millis(1)).await;
        }
        (succeeded, failed)
    }

    /// Until so many more calls have succeeded.
    async fn goes_on(&self) -> Result<()> {
        let (began, target) = (Instant::now(), self.succeeded.load(Ordering::Relaxed) + 40);
        while self.succeeded.load(Ordering::Relaxed) < target {
            anyhow::ensure!(began.elapsed() < Duration::from_secs(120), "no traffic");
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// Whether an attempt that another one followed, or a question, met a restart.
    fn was_hit(&self) -> bool {
        let retries = ["reads", "upserts", "verified"].map(|service| self.stats(service).retries);
        let doubts = self.stats("verified").failures.outcome_unknown;
        retries.iter().sum::<u64>() + doubts > 0
    }

    fn stats(&self, service: &str) -> ServiceStats {
        self.registry.get(service).expect("it was used").stats()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Flow {
    Reads,
    Upserts,
    Verified,
    Blind,
}

async fn restarts(client: Client) -> Result<()> {
    let mut postgres = Postgres::start().await?;
    let books = Books::open(&postgres).await?;
    let bank = Arc::new(Bank::open(client, &postgres.url()).await?);
    let traffic = Arc::new(Traffic {
        registry: Registry::new(),
        stop: AtomicBool::new(false),
        succeeded: AtomicI64::new(0),
    });
    let mut flows = JoinSet::new();
    for task in 0..8 {
        let (bank, traffic) = (bank.clone(), traffic.clone());
        let flow = [Flow::Reads, Flow::Upserts, Flow::Verified, Flow::Blind][task % 4];
        let first = i64::try_from(task)? * 1_000_000;
        flows.spawn(async move {
            let bank = &*bank;
            let of = Transfer::of;
            let done = match flow {
                Flow::Reads => traffic.flow(first, |_| read(bank)).await,
                Flow::Upserts => traffic.flow(first, |id| keep(bank, id)).await,
                Flow::Verified => traffic.flow(first, |id| verified(bank, of(id))).await,
                Flow::Blind => traffic.flow(first, |id| blind(bank, of(id))).await,
            };
            (flow, done)
        });
    }

    traffic.goes_on().await?;
    postgres.restart().await?;
    traffic.goes_on().await?;
    // Until one was in the middle of a statement.
    for _ in 0..9 {
        postgres.restart_immediately().await?;
        traffic.goes_on().await?;
        if traffic.was_hit() {
            break;
        }
    }
    traffic.stop.store(true, Ordering::Relaxed);

    let (mut kept, mut sure, mut perhaps) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(done) = flows.join_next().await {
        let (flow, (succeeded, failed)) = done?;
        match flow {
            Flow::Blind => perhaps.extend(failed),
            _ => assert_eq!(failed, [0; 0]),
        }
        match flow {
            Flow::Reads => {}
            Flow::Upserts => kept.extend(succeeded),
            Flow::Verified | Flow::Blind => sure.extend(succeeded),
        }
    }
    kept.sort_unstable();
    assert_eq!(books.settings().await?, kept);

    // What succeeded is there once. What failed may be there, but not twice.
    let entries = books.audit().await?;
    let mut once = entries.clone();
    once.dedup();
    assert_eq!(entries, once);
    sure.sort_unstable();
    let others: Vec<_> = entries
        .iter()
        .filter(|id| sure.binary_search(id).is_err())
        .collect();
    assert_eq!(entries.len() - others.len(), sure.len());
    assert!(others.iter().all(|id| perhaps.contains(id)), "{others:?}");

    // It was in the middle of it.
    let faults = postgres.recorded().await?;
    assert!(faults.of("57P01") > 0, "{faults:?}");
    assert!(traffic.was_hit());
    Ok(())
}

#[tokio::test]
async fn sqlx_lives_through_restarts() -> Result<()> {
    restarts(Client::Sqlx).await
}

#[tokio::test]
async fn tokio_postgres_lives_through_restarts() -> Result<()> {
    restarts(Client::TokioPostgres).await
}

#[database_resilient(
    service = "breaker",
    retry = off,
    circuit_breaker(failure_threshold = 3, recovery_timeout = "3s", success_threshold = 2)
)]
async fn once(bank: &Bank) -> Result<Option<i64>, BankError> {
    bank.balance(1).await
}

#[tokio::test]
async fn the_breaker_spares_a_server_that_stays_away() -> Result<()> {
    let mut postgres = Postgres::start().await?;
    Books::open(&postgres).await?;
    for client in Client::BOTH {
        let proxy = FaultProxy::to(postgres.address()).await?;
        let url = format!("postgres://postgres@{}/postgres", proxy.address());
        let bank = Bank::open(client, &url).await?;
        let registry = Registry::new();
        registry.scope(once(&bank)).await?;
        let service = registry.get("breaker").context("it was used")?;

        postgres.stop().await;
        for _ in 0..3 {
            assert_eq!(service.circuit_breaker().state(), CircuitState::Closed);
            registry.scope(once(&bank)).await.expect_err("away");
        }
        let asked = proxy.connections();
        let error = registry.scope(once(&bank)).await.expect_err("open");
        assert!(
            matches!(&error, BankError::Guard(guard) if guard.is_rejection()),
            "{error:?}"
        );
        assert_eq!(
            (proxy.connections(), service.stats().circuit.opened),
            (asked, 1)
        );

        postgres.start().await?;
        let began = Instant::now();
        while service.circuit_breaker().state() != CircuitState::Closed {
            assert!(began.elapsed() < Duration::from_secs(60));
            let _ = registry.scope(once(&bank)).await;
            sleep(Duration::from_millis(20)).await;
        }
        registry.scope(once(&bank)).await?;
    }
    Ok(())
}
