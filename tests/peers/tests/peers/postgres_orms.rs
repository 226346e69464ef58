//! What sea-orm and diesel-async make of a real PostgreSQL's errors, and what the server has executed.

use std::time::Duration;

use anyhow::Result;
use diesel_async::pooled_connection::{AsyncDieselConnectionManager, bb8};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use resilience_peers::{FaultProxy, Mode, Postgres, Server};
use resilience_runtime::verdict::ErrorCode;
use resilience_runtime::{BoxError, Classify, Registry, Verdict, database_resilient};
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DatabaseConnection, DbErr,
    TransactionTrait as _,
};

use crate::bank::Books;

const BOOK: &str = "INSERT INTO ledger VALUES (1, 10)";
const KILL: &str = "SELECT pg_terminate_backend(pg_backend_pid())";
const AGAIN: &str = "INSERT INTO account VALUES (1, 1)";
const CUT: Verdict = Verdict::outcome_unknown().needs_reconnect();
const CONTENTION: Verdict = Verdict::transient().ignored_by_breaker();
/// The whole message: `READ COMMITTED` is none.
const COMMIT: &str = "COMMIT\0";

fn url(address: std::net::SocketAddr) -> String {
    format!("postgres://postgres@{address}/postgres")
}

async fn sea(url: &str) -> Result<DatabaseConnection, DbErr> {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(4)
        .acquire_timeout(Duration::from_millis(500))
        .sqlx_logging(false);
    Database::connect(options).await
}

#[database_resilient]
async fn sea_books(db: &DatabaseConnection) -> Result<(), BoxError> {
    let transaction = db.begin().await?;
    transaction.execute_unprepared(BOOK).await?;
    Ok(transaction.commit().await?)
}

#[database_resilient]
async fn diesel_books(url: &str) -> Result<(), BoxError> {
    let mut connection = AsyncPgConnection::establish(url).await?;
    connection
        .transaction::<_, diesel::result::Error, _>(async |connection| {
            connection.batch_execute(BOOK).await
        })
        .await?;
    Ok(())
}

async fn entries(postgres: &Server<Postgres>) -> Result<i64> {
    let row = postgres
        .client()
        .await?
        .query_one("SELECT count(*) FROM ledger", &[])
        .await?;
    Ok(row.get(0))
}

fn state(code: &[u8; 5]) -> Option<ErrorCode> {
    Some(ErrorCode::SqlState(*code))
}

#[tokio::test]
async fn sea_orm_passes_on_what_the_server_says() -> Result<()> {
    let postgres = Postgres::start().await?;
    Books::open(&postgres).await?;
    let db = sea(&postgres.url()).await?;

    let unique = db.execute_unprepared(AGAIN).await.expect_err("is there");
    assert_eq!(unique.classify(), Verdict::permanent());
    assert_eq!(unique.classify().code(), state(b"23505"));

    let killed = db.execute_unprepared(KILL).await.expect_err("killed");
    assert_eq!(killed.classify(), CUT, "{killed:?}");
    assert_eq!(killed.classify().code(), state(b"57P01"));

    // Both read, then both write what the other has read.
    let (one, two) = (db.begin().await?, db.begin().await?);
    let read = "SELECT sum(cents) FROM ledger";
    for transaction in [&one, &two] {
        let serializable = "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE";
        transaction.execute_unprepared(serializable).await?;
        transaction.execute_unprepared(read).await?;
    }
    one.execute_unprepared(BOOK).await?;
    two.execute_unprepared(BOOK).await?;
    one.commit().await?;
    let conflict = two.commit().await.expect_err("one of them");
    assert_eq!(conflict.classify(), CONTENTION, "{conflict:?}");
    assert_eq!(conflict.classify().code(), state(b"40001"));

    let typed: Result<(), sea_orm::TransactionError<DbErr>> = db
        .transaction_async(async |transaction| {
            transaction.execute_unprepared(AGAIN).await.map(drop)
        })
        .await;
    let inside = BoxError::from(typed.expect_err("is there"));
    assert_eq!(inside.classify().code(), state(b"23505"));
    Ok(())
}

#[tokio::test]
async fn sea_orm_without_a_server_hides_who_refused() -> Result<()> {
    let mut postgres = Postgres::start().await?;
    let db = sea(&postgres.url()).await?;
    postgres.kill_hard().await;
    // The connection in the pool is found to be lost, and then the pool waits for another one.
    let error = db.execute_unprepared("SELECT 1").await.expect_err("down");
    assert!(matches!(error, DbErr::ConnectionAcquire(_)), "{error:?}");
    assert_eq!(error.classify(), Verdict::permanent().counts_as_failure());
    let connect = sea(&postgres.url()).await.expect_err("down");
    assert_eq!(
        connect.classify(),
        Verdict::permanent().counts_as_failure(),
        "{connect:?}"
    );
    Ok(())
}

#[tokio::test]
async fn sea_orm_books_once_where_the_reply_to_commit_is_lost() -> Result<()> {
    let postgres = Postgres::start().await?;
    Books::open(&postgres).await?;
    let proxy = FaultProxy::to(postgres.address()).await?;
    let db = sea(&url(proxy.address())).await?;
    proxy.all(Mode::drop_reply_to(COMMIT).times(1));
    let registry = Registry::new();
    let error = registry.scope(sea_books(&db)).await.expect_err("unknown");
    assert_eq!(error.classify(), CUT, "{error:?}");
    let stats = registry.get("database").expect("it was used").stats();
    assert_eq!((stats.attempts, stats.failures.outcome_unknown), (1, 1));
    assert_eq!(entries(&postgres).await?, 1);
    Ok(())
}

#[tokio::test]
async fn diesel_async_passes_on_kinds_and_texts() -> Result<()> {
    let postgres = Postgres::start().await?;
    Books::open(&postgres).await?;
    let mut one = AsyncPgConnection::establish(&postgres.url()).await?;
    let mut two = AsyncPgConnection::establish(&postgres.url()).await?;

    let unique = one.batch_execute(AGAIN).await.expect_err("is there");
    assert_eq!(unique.classify(), Verdict::permanent());
    assert_eq!(unique.classify().code(), state(b"23505"));

    let syntax = one.batch_execute("SELEKT 1").await.expect_err("a mistake");
    assert_eq!(syntax.classify(), Verdict::permanent(), "{syntax:?}");
    let missing = one.batch_execute("SELECT * FROM nowhere").await;
    let missing = missing.expect_err("a mistake");
    assert_eq!(missing.classify(), Verdict::permanent(), "{missing:?}");

    for connection in [&mut one, &mut two] {
        let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(cents) FROM ledger";
        connection.batch_execute(begin).await?;
    }
    one.batch_execute(BOOK).await?;
    two.batch_execute(BOOK).await?;
    one.batch_execute("COMMIT").await?;
    let conflict = two.batch_execute("COMMIT").await.expect_err("one of them");
    assert_eq!(conflict.classify(), CONTENTION, "{conflict:?}");

    one.batch_execute("BEGIN; SELECT * FROM account FOR UPDATE")
        .await?;
    let locked = "SET lock_timeout = '20ms'; SELECT * FROM account FOR UPDATE";
    let locked = two.batch_execute(locked).await.expect_err("locked");
    assert_eq!(locked.classify(), CONTENTION, "{locked:?}");

    let killed = two.batch_execute(KILL).await.expect_err("killed");
    assert_eq!(killed.classify(), CUT, "{killed:?}");
    let later = two.batch_execute("SELECT 1").await.expect_err("closed");
    assert_eq!(later.classify(), CUT, "{later:?}");
    Ok(())
}

#[tokio::test]
async fn diesel_async_without_a_server_sends_nothing() -> Result<()> {
    let mut postgres = Postgres::start_with(&["max_connections=5"]).await?;
    let mut guests = Vec::new();
    while let Ok(guest) = postgres.client().await {
        guests.push(guest);
    }
    let full = AsyncPgConnection::establish(&postgres.url()).await;
    let full = full.err().expect("full");
    assert_eq!(full.classify(), Verdict::transient(), "{full:?}");
    assert_eq!(full.classify().code(), state(b"53300"));
    drop(guests);

    let stranger = postgres.url().replace("postgres@", "nobody@");
    let denied = AsyncPgConnection::establish(&stranger).await;
    let denied = denied.err().expect("denied");
    assert_eq!(denied.classify(), Verdict::permanent(), "{denied:?}");

    postgres.kill_hard().await;
    let refused = AsyncPgConnection::establish(&postgres.url()).await;
    let refused = refused.err().expect("refused");
    assert_eq!(refused.classify(), Verdict::transient(), "{refused:?}");

    let manager = AsyncDieselConnectionManager::<AsyncPgConnection>::new(postgres.url());
    let pool = bb8::Pool::builder()
        .retry_connection(false)
        .connection_timeout(Duration::from_millis(500))
        .build_unchecked(manager);
    let error = pool.get().await.err().expect("refused");
    let shown = format!("{error:?}");
    let verdict = BoxError::from(error).classify();
    assert!(verdict.is_breaker_failure(), "{shown}");
    assert!(!verdict.is_outcome_unknown(), "{shown}");
    Ok(())
}

#[tokio::test]
async fn diesel_async_books_once_where_the_reply_to_commit_is_lost() -> Result<()> {
    let postgres = Postgres::start().await?;
    for reset in [false, true] {
        Books::open(&postgres).await?;
        let proxy = FaultProxy::to(postgres.address()).await?;
        let lose = Mode::drop_reply_to(COMMIT);
        let lose = if reset { lose.with_reset() } else { lose };
        proxy.all(lose.times(1));
        let registry = Registry::new();
        let error = registry
            .scope(diesel_books(&url(proxy.address())))
            .await
            .expect_err("unknown");
        assert_eq!(error.classify(), CUT, "{error:?}");
        let stats = registry.get("database").expect("it was used").stats();
        assert_eq!((stats.attempts, stats.failures.outcome_unknown), (1, 1));
        assert_eq!(entries(&postgres).await?, 1, "{error:?}");
    }
    Ok(())
}
