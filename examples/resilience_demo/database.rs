//! Lock contention in a real SQLite file.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use resilience_runtime::{
    Classify, Registry, ResilienceError, ServiceKind, Verdict, database_resilient,
    verdict::ErrorCode, with_correlation_id,
};
use rusqlite::{Connection, ErrorCode as SqliteCode, TransactionBehavior};
use tokio::task::{JoinError, JoinSet, spawn_blocking};

use crate::log::{self, Log};
use crate::story::{Story, ms};

const WRITERS: u32 = 8;
const ENTRIES: u32 = 10;
const CENTS: u32 = 5;

#[derive(Debug, thiserror::Error, Classify)]
enum LedgerError {
    #[error(transparent)]
    Sqlite(
        #[from]
        #[classify(with = by_sqlite_code)]
        rusqlite::Error,
    ),
    #[error(transparent)]
    #[classify(outcome_unknown)]
    Lost(#[from] JoinError),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

fn by_sqlite_code(error: &rusqlite::Error) -> Verdict {
    match error.sqlite_error_code() {
        // Nothing was written, so it is safe to try again. That others hold the lock is no sign that the
        // database is ill, so the breaker learns nothing from it.
        Some(SqliteCode::DatabaseBusy | SqliteCode::DatabaseLocked) => Verdict::transient()
            .ignored_by_breaker()
            .with_code(ErrorCode::Name("SQLITE_BUSY")),
        Some(SqliteCode::ConstraintViolation) => {
            Verdict::permanent().with_code(ErrorCode::Name("SQLITE_CONSTRAINT"))
        }
        _ => Verdict::outcome_unknown(),
    }
}

/// Books one entry. The function begins and commits its own transaction, so each attempt is a whole one.
///
/// Eighty writes that fight for one lock need many retries: the budget that keeps retries from storming
/// a sick service is made larger for it.
#[database_resilient(
    service = "ledger",
    retry(max_attempts = 1_000, base_delay = "5ms", max_delay = "50ms"),
    retry_budget(capacity = 5_000, refill = 1.0),
    timeout = "20s",
    deadline = "30s"
)]
async fn book(path: &Path, writer: u32, entry: u32) -> Result<(), LedgerError> {
    let path = path.to_owned();
    spawn_blocking(move || book_blocking(&path, writer, entry)).await??;
    Ok(())
}

fn book_blocking(path: &Path, writer: u32, entry: u32) -> rusqlite::Result<()> {
    let mut ledger = open(path)?;
    let transaction = ledger.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "INSERT INTO entries (writer, entry, cents) VALUES (?1, ?2, ?3)",
        [writer, entry, CENTS],
    )?;
    transaction.execute("UPDATE balance SET cents = cents + ?1", [CENTS])?;
    transaction.commit()
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let ledger = Connection::open(path)?;
    // SQLite shall not wait by itself: the waiting is what we want to see.
    ledger.busy_timeout(Duration::ZERO)?;
    Ok(ledger)
}

pub async fn scene(story: &mut Story, log: &Log) -> anyhow::Result<()> {
    story.scene("A locked SQLite file — #[database_resilient]");
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ledger.sqlite");
    Connection::open(&path)?.execute_batch(
        "PRAGMA journal_mode = WAL;
         CREATE TABLE entries (writer, entry, cents, UNIQUE (writer, entry));
         CREATE TABLE balance (cents);
         INSERT INTO balance VALUES (0);",
    )?;

    story.tell(format_args!(
        "Somebody holds the lock for 300 ms or more while {WRITERS} writers begin to book {ENTRIES} entries each."
    ));
    let holder = hold_lock(path.clone()).await?;
    let began = Instant::now();
    let failed = write_all(&path).await;
    let took = began.elapsed();
    holder.await??;
    let mut lines = log.take();

    let stats = Registry::global()
        .service("ledger", ServiceKind::Database)?
        .stats();
    story.promise(
        failed == 0 && stats.successes == u64::from(WRITERS * ENTRIES),
        format_args!(
            "all {} entries were booked in {}",
            stats.successes,
            ms(took)
        ),
    );
    story.promise(
        took >= Duration::from_millis(300) && stats.retries >= u64::from(WRITERS),
        format_args!(
            "SQLITE_BUSY was met {} times and retried {} times",
            stats.failures.transient, stats.retries
        ),
    );
    story.promise(
        stats.circuit.opened == 0,
        "none of that opened the breaker: a lock is no illness",
    );
    let (entries, balance) = read(&path)?;
    story.promise(
        entries.len() == (WRITERS * ENTRIES) as usize && balance == WRITERS * ENTRIES * CENTS,
        format_args!(
            "the file holds {} different entries and a balance of {balance} cents: nothing lost, nothing doubled",
            entries.len()
        ),
    );

    story.tell("An entry that exists already is booked once more.");
    let before = stats.attempts;
    let again = book(&path, 0, 0).await;
    let attempts = Registry::global()
        .service("ledger", ServiceKind::Database)?
        .stats()
        .attempts
        - before;
    story.promise(
        matches!(again, Err(LedgerError::Sqlite(_))) && attempts == 1,
        format_args!(
            "refused by the database after {attempts} attempt: another would meet the same"
        ),
    );
    lines.extend(log.take());
    story.promise(
        log::all_carry(&lines, "demo-database"),
        format_args!(
            "all {} log lines carry the correlation id, across {WRITERS} tasks",
            lines.len()
        ),
    );
    Ok(())
}

fn retries() -> u64 {
    let ledger = Registry::global().get("ledger");
    ledger.map_or(0, |ledger| ledger.stats().retries)
}

/// Returns once the lock is held.
async fn hold_lock(path: PathBuf) -> anyhow::Result<tokio::task::JoinHandle<rusqlite::Result<()>>> {
    let (held, is_held) = tokio::sync::oneshot::channel();
    let holder = spawn_blocking(move || {
        let mut ledger = open(&path)?;
        let transaction = ledger.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Nobody listens any more only if the program is ending.
        let _ = held.send(());
        std::thread::sleep(Duration::from_millis(300));
        // On a busy machine the writers begin later.
        while retries() < u64::from(WRITERS) {
            std::thread::sleep(Duration::from_millis(1));
        }
        transaction.commit()
    });
    is_held.await?;
    Ok(holder)
}

/// How many entries could not be booked.
async fn write_all(path: &Path) -> usize {
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        let path = path.to_owned();
        let work = async move {
            let mut failed = 0;
            for entry in 0..ENTRIES {
                failed += usize::from(book(&path, writer, entry).await.is_err());
            }
            failed
        };
        // A task of its own does not inherit the id.
        writers.spawn(with_correlation_id("demo-database", work));
    }
    writers.join_all().await.into_iter().sum()
}

type Entries = BTreeSet<(u32, u32)>;

fn read(path: &Path) -> rusqlite::Result<(Entries, u32)> {
    let ledger = open(path)?;
    let entries = ledger
        .prepare("SELECT writer, entry FROM entries")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let balance = ledger.query_row("SELECT cents FROM balance", [], |row| row.get(0))?;
    Ok((entries, balance))
}
