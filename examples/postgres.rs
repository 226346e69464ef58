//! Transactions on a PostgreSQL that get in each other's way, and one whose `COMMIT` is never answered.
//!
//! It needs a server, for example one of these:
//!
//! ```text
//! docker run --rm -p 127.0.0.1:5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres
//!
//! # With Debian's package `postgresql`, as any user but root:
//! /usr/lib/postgresql/*/bin/initdb -A trust -U postgres -D /tmp/pg
//! /usr/lib/postgresql/*/bin/pg_ctl -D /tmp/pg -o '-h 127.0.0.1 -p 5432 -k /tmp' -l /tmp/pg.log start
//! ```
//!
//! and is run with
//!
//! ```text
//! DATABASE_URL=postgres://postgres@127.0.0.1/postgres cargo run -p resilience-peers --example postgres
//! ```
//!
//! What it makes is in a schema of its own, which it drops in the end. It exits with 1 when a promise is broken.

// What it prints is what it is for.
#![allow(clippy::print_stdout)]

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::{FaultProxy, Mode};
use resilience_runtime::{Registry, database_resilient, telemetry::ServiceStats};
use sqlx::Row as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use tokio::task::JoinSet;

const TASKS: i64 = 8;
const EACH: i64 = 25;

/// `?` takes the errors of sqlx and of the guard alike; what they mean is found inside.
type Answer<T> = Result<T>;

#[derive(Clone, Copy)]
struct Transfer {
    /// Made by whoever wants it, so that it can be found again.
    id: i64,
    from: i64,
    to: i64,
    cents: i64,
}

/// The transaction begins and ends in here: what has to be repeated is the whole of it.
async fn book(pool: &PgPool, transfer: Transfer) -> Answer<i64> {
    let Transfer {
        id,
        from,
        to,
        cents,
    } = transfer;
    let mut transaction = pool
        .begin_with("BEGIN ISOLATION LEVEL SERIALIZABLE")
        .await?;
    sqlx::query("INSERT INTO ledger VALUES ($1, $2)")
        .bind(id)
        .bind(cents)
        .execute(&mut *transaction)
        .await?;
    // Always in the same order: otherwise there are deadlocks, and to notice one takes the server a second.
    let mut changes = [(from, -cents), (to, cents)];
    changes.sort_unstable();
    for (account, cents) in changes {
        sqlx::query("UPDATE account SET balance = balance + $2 WHERE id = $1")
            .bind(account)
            .bind(cents)
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(cents)
}

/// Where many want the same rows, most attempts lose a race: the preset of three attempts, and of a budget of a hundred
/// retries that ten successes pay one back to, is for a server in trouble, which this one is not.
#[database_resilient(
    service = "busy",
    retry(max_attempts = 100, base_delay = "5ms", max_delay = "100ms"),
    retry_budget(capacity = 1000, refill = 1),
    deadline = "40s"
)]
async fn transfer_when_busy(pool: &PgPool, transfer: Transfer) -> Answer<i64> {
    book(pool, transfer).await
}

/// Was it booked? Over another connection, if need be.
async fn booked(pool: &PgPool, transfer: &Transfer) -> Answer<Option<i64>> {
    let row = sqlx::query("SELECT cents FROM ledger WHERE transfer = $1")
        .bind(transfer.id)
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// When the answer to `COMMIT` gets lost, `booked` is asked before anybody gives up or books again.
#[database_resilient(service = "verified", verify = booked, timeout = "5s")]
async fn transfer_verified(pool: &PgPool, transfer: Transfer) -> Answer<i64> {
    book(pool, transfer).await
}

/// Without: it is not repeated, since it may have been booked, and the caller gets the error.
#[database_resilient(service = "blind", timeout = "5s")]
async fn transfer_blindly(pool: &PgPool, transfer: Transfer) -> Answer<i64> {
    book(pool, transfer).await
}

/// A pool for functions with a timeout of 5 s or more.
async fn pool(options: PgConnectOptions) -> Result<PgPool> {
    let pool = PgPoolOptions::new()
        .max_connections(10)
        // Well below the timeout of an attempt: a server that is down is to be seen as one. Meanwhile sqlx itself tries
        // to connect, so this is also how long a restart may take.
        .acquire_timeout(Duration::from_secs(2))
        // A connection that died while nobody used it is replaced before anything is sent over it. The default.
        .test_before_acquire(true)
        .connect_with(options)
        .await?;
    Ok(pool)
}

static BROKEN: AtomicBool = AtomicBool::new(false);

fn promise(kept: bool, what: &str) {
    println!("{} {what}", if kept { '✓' } else { '✗' });
    BROKEN.fetch_or(!kept, Ordering::Relaxed);
}

fn stats(service: &str) -> Result<ServiceStats> {
    let service = Registry::global().get(service);
    Ok(service.context("a service that was called")?.stats())
}

async fn number(pool: &PgPool, question: &'static str) -> Result<i64> {
    Ok(sqlx::query(question).fetch_one(pool).await?.try_get(0)?)
}

async fn contention(pool: &PgPool) -> Result<()> {
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let pool = pool.clone();
        tasks.spawn(async move {
            for n in 0..EACH {
                let (from, to) = if (task + n) % 2 == 0 { (1, 2) } else { (2, 1) };
                let id = task * EACH + n;
                let transfer = Transfer {
                    id,
                    from,
                    to,
                    cents: n,
                };
                transfer_when_busy(&pool, transfer).await?;
            }
            anyhow::Ok(())
        });
    }
    let mut failed = 0;
    while let Some(done) = tasks.join_next().await {
        failed += usize::from(done?.is_err());
    }
    let stats = stats("busy")?;
    println!(
        "{} transfers took {} attempts; the server refused the others as serialization failures",
        stats.calls, stats.attempts
    );
    promise(failed == 0, "all transfers succeeded");
    let booked = number(pool, "SELECT count(*) FROM ledger").await?;
    promise(booked == TASKS * EACH, "each was booked once");
    let sum = number(pool, "SELECT sum(balance)::bigint FROM account").await?;
    promise(sum == 2_000, "no money came or went");
    promise(
        stats.circuit.opened == 0,
        "the breaker does not take contention for a broken server",
    );
    Ok(())
}

/// The same server behind a proxy that delivers a `COMMIT` and loses the answer.
async fn lost_commits(options: &PgConnectOptions, direct: &PgPool) -> Result<()> {
    let place = (options.get_host(), options.get_port());
    let server = tokio::net::lookup_host(place)
        .await?
        .next()
        .context("an address of the server")?;
    let proxy = FaultProxy::to(server).await?;
    let address = proxy.address();
    let through = options.clone().host("127.0.0.1").port(address.port());
    let pool = pool(through).await?;
    let transfer = |id| Transfer {
        id,
        from: 1,
        to: 2,
        cents: 100,
    };

    proxy.all(Mode::drop_reply_to("COMMIT\0").times(1));
    let answer = transfer_verified(&pool, transfer(1_001)).await;
    promise(
        answer.is_ok_and(|cents| cents == 100),
        "verify: the caller hears that it was booked",
    );
    let once = "SELECT count(*) FROM ledger WHERE transfer = 1001";
    promise(
        number(direct, once).await? == 1,
        "verify: it was booked once",
    );

    proxy.all(Mode::drop_reply_to("COMMIT\0").times(1));
    let answer = transfer_blindly(&pool, transfer(1_002)).await;
    promise(
        answer.is_err(),
        "no verify: the caller hears that nobody knows",
    );
    promise(
        stats("blind")?.failures.outcome_unknown == 1 && stats("blind")?.attempts == 1,
        "no verify: it is not sent again",
    );
    let twice = "SELECT count(*) FROM ledger WHERE transfer = 1002";
    promise(
        number(direct, twice).await? == 1,
        "no verify: it was booked, but once",
    );
    promise(proxy.faults() == 2, "the proxy has lost two answers");
    Ok(())
}

async fn story(url: &str) -> Result<()> {
    // One per run: they may run at the same time.
    let schema = format!("resilience_example_{}", std::process::id());
    let options: PgConnectOptions = url.parse()?;
    let options = options.options([("search_path", schema.as_str())]);
    let direct = pool(options.clone()).await?;
    // Its name is ours: nothing of it comes from outside.
    let begin = format!(
        "CREATE SCHEMA {schema};
         CREATE TABLE account (id bigint PRIMARY KEY, balance bigint NOT NULL);
         CREATE TABLE ledger (transfer bigint PRIMARY KEY, cents bigint NOT NULL);
         INSERT INTO account VALUES (1, 1000), (2, 1000)"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(begin))
        .execute(&direct)
        .await?;

    let told = async {
        contention(&direct).await?;
        lost_commits(&options, &direct).await
    };
    let told = told.await;

    let end = format!("DROP SCHEMA {schema} CASCADE");
    sqlx::raw_sql(sqlx::AssertSqlSafe(end))
        .execute(&direct)
        .await?;
    told
}

#[tokio::main]
async fn main() -> ExitCode {
    // Each retry, each look and each call that failed is a line with the target `resilience`; none shows an argument, an
    // error's text or the URL.
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .init();
    let Ok(url) = std::env::var("DATABASE_URL") else {
        eprintln!("DATABASE_URL is not set; the head of this file says how to start a server");
        return ExitCode::from(2);
    };
    match story(&url).await {
        Ok(()) if !BROKEN.load(Ordering::Relaxed) => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
