//! A hot standby: what it will not do, what it breaks off, and how it becomes the primary.

use anyhow::Result;
use resilience_peers::{Postgres, Server, postgres_client};
use resilience_runtime::{Classify as _, Registry, database_resilient, telemetry::ServiceStats};
use sqlx::{Connection as _, PgConnection};
use tokio::time::{Duration, sleep};

use crate::bank::{Bank, BankError, Books, Client};

const SUBTRACT: &str = "UPDATE account SET balance = balance - 1 WHERE id = 1";
const LOOK: &str = "SELECT count(*) FROM setting";
const LOOK_SLOWLY: &str = "SELECT pg_sleep(600) FROM setting";

#[database_resilient(
    retry(max_attempts = 10_000, max_delay = "200ms"),
    retry_budget = off,
    circuit_breaker = off,
    deadline = "120s",
    timeout = "110s"
)]
async fn run(bank: &Bank, statements: &'static str) -> Result<(), BankError> {
    bank.run(statements).await
}

fn stats(registry: &Registry) -> ServiceStats {
    registry.get("database").expect("it was used").stats()
}

/// The standby has all that the primary has.
async fn caught_up(primary: &Server<Postgres>, standby: &Server<Postgres>) -> Result<()> {
    let now = primary.client().await?;
    let position: String = now
        .query_one("SELECT pg_current_wal_lsn()::text", &[])
        .await?
        .get(0);
    let replayed = format!("SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn");
    let standby = standby.client().await?;
    while !standby.query_one(&replayed, &[]).await?.get::<_, bool>(0) {
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

#[tokio::test]
async fn standby_takes_no_writes_until_it_is_promoted() -> Result<()> {
    let mut primary = Postgres::start().await?;
    let books = Books::open(&primary).await?;
    books.run(SUBTRACT).await?;
    for client in Client::BOTH {
        let standby = Postgres::standby_of(&primary, &[]).await?;
        caught_up(&primary, &standby).await?;
        let bank = Bank::open(client, &standby.url()).await?;
        let error = bank.run(SUBTRACT).await.expect_err("it only reads");
        assert_eq!(error.state().as_deref(), Some("25006"));

        let registry = Registry::new();
        let promoted = async {
            while registry.get("database").is_none() || stats(&registry).failures.transient < 2 {
                sleep(Duration::from_millis(5)).await;
            }
            standby.promote().await
        };
        let done = async { anyhow::Ok(registry.scope(run(&bank, SUBTRACT)).await?) };
        tokio::try_join!(done, promoted)?;
        let written = postgres_client(&standby.url()).await?;
        let row = written.query_one("SELECT balance FROM account WHERE id = 1", &[]);
        // One on the primary, one here.
        assert_eq!(row.await?.get::<_, i64>(0), 1_000 - 2);
    }
    primary.stop().await;
    Ok(())
}

#[tokio::test]
async fn standby_statement_in_the_way_of_the_primary_is_run_again() -> Result<()> {
    let primary = Postgres::start().await?;
    let books = Books::open(&primary).await?;
    let standby = Postgres::standby_of(&primary, &["max_standby_streaming_delay=0"]).await?;
    books.run("INSERT INTO setting VALUES (1, 1)").await?;
    caught_up(&primary, &standby).await?;
    let watcher = standby.client().await?;
    let running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active'";
    for client in Client::BOTH {
        let bank = Bank::open(client, &standby.url()).await?;
        let broken_off = async {
            while watcher.query_one(running, &[]).await?.get::<_, i64>(0) == 0 {
                sleep(Duration::from_millis(5)).await;
            }
            books
                .run("TRUNCATE setting; INSERT INTO setting VALUES (1, 1)")
                .await
        };
        let (error, broken_off) = tokio::join!(bank.run(LOOK_SLOWLY), broken_off);
        broken_off?;
        let error = error.expect_err("in the way");
        assert_eq!(error.state().as_deref(), Some("40001"), "{error:?}");
        let verdict = error.classify();
        assert!(
            verdict.is_transient() && !verdict.is_reconnect_needed(),
            "{error:?}"
        );
        // The same connection goes on.
        Registry::new().scope(run(&bank, LOOK)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn standby_session_in_the_way_of_the_primary_ends() -> Result<()> {
    let primary = Postgres::start().await?;
    let books = Books::open(&primary).await?;
    let standby = Postgres::standby_of(&primary, &["max_standby_streaming_delay=0"]).await?;
    caught_up(&primary, &standby).await?;
    let watcher = standby.client().await?;
    let gone = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'";
    for client in Client::BOTH {
        // Idle in a transaction: there is no statement that could fail instead.
        let (mut sqlx, mut tokio_postgres) = (None, None);
        match client {
            Client::Sqlx => {
                let mut connection = PgConnection::connect(&standby.url()).await?;
                sqlx::raw_sql("BEGIN; SELECT * FROM setting")
                    .execute(&mut connection)
                    .await?;
                sqlx = Some(connection);
            }
            Client::TokioPostgres => {
                let connection = postgres_client(&standby.url()).await?;
                connection
                    .batch_execute("BEGIN; SELECT * FROM setting")
                    .await?;
                tokio_postgres = Some(connection);
            }
        }
        books.run("TRUNCATE setting").await?;
        while watcher.query_one(gone, &[]).await?.get::<_, i64>(0) > 0 {
            sleep(Duration::from_millis(5)).await;
        }
        let error: BankError = match (&mut sqlx, &tokio_postgres) {
            (Some(connection), _) => {
                let look = sqlx::raw_sql(LOOK).execute(connection).await;
                look.expect_err("its session has ended").into()
            }
            (_, Some(connection)) => {
                let look = connection.batch_execute(LOOK).await;
                look.expect_err("its session has ended").into()
            }
            _ => unreachable!("one of them is connected"),
        };
        let verdict = error.classify();
        assert!(verdict.is_reconnect_needed(), "{error:?}");
        // sqlx reads the last words of the session, tokio-postgres only sees that it has ended.
        assert_eq!(verdict.is_transient(), client == Client::Sqlx, "{error:?}");
    }
    Ok(())
}
