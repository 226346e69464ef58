//! MariaDB with sqlx: what it refuses is run again, what may have been done is not.

use anyhow::Result;
use resilience_peers::{FaultProxy, MariaDb, Mode, Server};
use resilience_runtime::{Classify, Registry, ResilienceError, database_resilient};
use sqlx::mysql::{MySqlPool, MySqlPoolOptions};
use tokio::time::{Duration, sleep};

#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    #[error(transparent)]
    Sqlx(#[from] sqlx::Error),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

impl ShopError {
    fn number(&self) -> Option<u16> {
        let Self::Sqlx(error) = self else { return None };
        let error = error.as_database_error()?;
        let error = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>()?;
        Some(error.number())
    }
}

fn pool(url: &str) -> MySqlPool {
    let options = MySqlPoolOptions::new().max_connections(2);
    let options = options.acquire_timeout(Duration::from_secs(60));
    options.connect_lazy(url).expect("a URL")
}

#[database_resilient(
    service = "shop",
    retry(max_attempts = 10_000, base_delay = "2ms", max_delay = "50ms"),
    retry_budget = off,
    circuit_breaker = off,
    deadline = "120s",
    timeout = "110s"
)]
async fn place(pool: &MySqlPool, statements: &'static str) -> Result<(), ShopError> {
    sqlx::raw_sql(statements).execute(pool).await?;
    Ok(())
}

/// In a transaction of its own, whose `COMMIT` is the second round trip.
#[database_resilient(service = "shop", retry(max_attempts = 6), deadline = "60s")]
async fn place_and_commit(pool: &MySqlPool) -> Result<(), ShopError> {
    let mut transaction = pool.begin().await?;
    sqlx::raw_sql(ORDER).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

pub(crate) const ORDER: &str = "INSERT INTO orders (item) VALUES ('book')";
pub(crate) const ADD: &str = "UPDATE stock SET pieces = pieces + 1 WHERE id = 1";

pub(crate) async fn shop(settings: &[&str]) -> Result<Server<MariaDb>> {
    let mariadb = MariaDb::start_with(settings).await?;
    mariadb.run(
        "CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, item VARCHAR(20) NOT NULL);
         CREATE TABLE stock (id INT PRIMARY KEY, pieces INT NOT NULL);
         INSERT INTO stock VALUES (1, 0), (2, 0)",
    )?;
    Ok(mariadb)
}

pub(crate) fn orders(mariadb: &MariaDb) -> Result<u64> {
    Ok(mariadb.run("SELECT count(*) FROM orders")?.parse()?)
}

pub(crate) fn attempts(registry: &Registry) -> u64 {
    registry.get("shop").map_or(0, |shop| shop.stats().attempts)
}

#[tokio::test]
async fn mariadb_lost_answer_is_not_asked_for_again() -> Result<()> {
    let mariadb = shop(&[]).await?;
    let proxy = FaultProxy::to(mariadb.address()).await?;
    for (reset, commit) in [(false, false), (true, false), (false, true), (true, true)] {
        let pool = pool(&MariaDb::url_at(proxy.address()));
        sqlx::raw_sql("SELECT 1").execute(&pool).await?;
        let before = orders(&mariadb)?;
        let drop = Mode::drop_reply_to(if commit { "COMMIT" } else { "INSERT" });
        let drop = if reset { drop.with_reset() } else { drop };
        proxy.all(drop.times(1));
        let registry = Registry::new();
        let done = if commit {
            registry.scope(place_and_commit(&pool)).await
        } else {
            registry.scope(place(&pool, ORDER)).await
        };
        let error = done.expect_err("nobody knows");
        let verdict = error.classify();
        assert!(
            verdict.is_outcome_unknown() && verdict.is_reconnect_needed(),
            "{error:?}"
        );
        assert_eq!(
            (attempts(&registry), orders(&mariadb)? - before),
            (1, 1),
            "{error:?}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn mariadb_refusals_are_waited_for() -> Result<()> {
    let mut mariadb = shop(&["--max-connections=3"]).await?;
    let url = mariadb.url();

    // A lock that somebody holds: 1205.
    let (holder, waiter) = (pool(&url), pool(&url));
    let mut held = holder.begin().await?;
    sqlx::raw_sql(ADD).execute(&mut *held).await?;
    let registry = Registry::new();
    let releases = async {
        while registry
            .get("shop")
            .is_none_or(|shop| shop.stats().failures.transient == 0)
        {
            sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(held.commit().await?)
    };
    let done = async { anyhow::Ok(registry.scope(place(&waiter, ADD)).await?) };
    tokio::try_join!(done, releases)?;
    assert!(attempts(&registry) >= 2);
    assert_eq!(mariadb.run("SELECT pieces FROM stock WHERE id = 1")?, "2");

    // No place: 1040.
    holder.close().await;
    waiter.close().await;
    let mut guests = Vec::new();
    let full = loop {
        use sqlx::{Connection as _, MySqlConnection};
        match MySqlConnection::connect(&url).await {
            Ok(guest) => guests.push(guest),
            Err(error) => break ShopError::from(error),
        }
    };
    assert_eq!(full.number(), Some(1040), "{full:?}");
    assert!(full.classify().is_transient(), "{full:?}");
    drop(guests);

    // Only reads: 1290, as on a replica.
    let before = orders_when_possible(&mariadb).await?;
    mariadb.run(
        "SET GLOBAL read_only = 1; CREATE USER reader@'%'; GRANT ALL ON shop.* TO reader@'%'",
    )?;
    let reader = pool(&url.replace("root@", "reader@"));
    let registry = Registry::new();
    let turns = async {
        while registry
            .get("shop")
            .is_none_or(|shop| shop.stats().failures.transient < 2)
        {
            sleep(Duration::from_millis(5)).await;
        }
        mariadb.run("SET GLOBAL read_only = 0").map(drop)
    };
    let done = async { anyhow::Ok(registry.scope(place(&reader, ORDER)).await?) };
    tokio::try_join!(done, turns)?;
    assert_eq!(orders(&mariadb)? - before, 1);

    // Nobody there.
    mariadb.stop().await;
    let late = pool(&url);
    let error = place_once(&late).await.expect_err("refused");
    assert!(error.classify().is_transient(), "{error:?}");
    mariadb.start().await?;
    place_once(&late).await?;
    assert_eq!(orders(&mariadb)? - before, 2);
    Ok(())
}

/// A place is free again when the server has noticed.
async fn orders_when_possible(mariadb: &MariaDb) -> Result<u64> {
    loop {
        if let Ok(orders) = orders(mariadb) {
            return Ok(orders);
        }
        sleep(Duration::from_millis(10)).await;
    }
}

async fn place_once(pool: &MySqlPool) -> Result<(), ShopError> {
    use sqlx::Connection as _;
    let options = pool.connect_options();
    let mut connection = sqlx::MySqlConnection::connect_with(&options).await?;
    sqlx::raw_sql(ORDER).execute(&mut connection).await?;
    Ok(())
}

#[tokio::test]
async fn mariadb_killed_statement_and_deadlock() -> Result<()> {
    let mariadb = shop(&[]).await?;
    let pool = pool(&mariadb.url());

    // KILL ends the connection in the middle of a statement, which the server rolls back; the client cannot know.
    let registry = Registry::new();
    let kills = async {
        loop {
            let find = "SELECT id FROM information_schema.processlist WHERE info LIKE '%SLEEP(600)%' AND id <> connection_id()";
            let id = mariadb.run(find)?;
            if !id.is_empty() {
                return mariadb.run(&format!("KILL {id}"));
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    let slowly = "INSERT INTO orders (item) SELECT IF(SLEEP(600), 'a', 'b')";
    let (done, killed) = tokio::join!(registry.scope(place(&pool, slowly)), kills);
    killed?;
    let error = done.expect_err("killed");
    let verdict = error.classify();
    assert!(
        verdict.is_outcome_unknown() && verdict.is_breaker_failure(),
        "{error:?}"
    );
    assert!(verdict.is_reconnect_needed(), "{error:?}");
    assert_eq!((attempts(&registry), orders(&mariadb)?), (1, 0));

    // A deadlock is rolled back whole, and run again: both sides are booked once.
    let registry = Registry::new();
    let both = "SET @first = 1; START TRANSACTION;
                UPDATE stock SET pieces = pieces + 1 WHERE id = 1; DO SLEEP(0.2);
                UPDATE stock SET pieces = pieces + 1 WHERE id = 2; COMMIT";
    let reversed = "START TRANSACTION;
                UPDATE stock SET pieces = pieces + 1 WHERE id = 2; DO SLEEP(0.2);
                UPDATE stock SET pieces = pieces + 1 WHERE id = 1; COMMIT";
    let (one, other) = tokio::join!(
        registry.scope(place(&pool, both)),
        registry.scope(place(&pool, reversed)),
    );
    one?;
    other?;
    assert_eq!(mariadb.run("SELECT pieces FROM stock ORDER BY id")?, "2\n2");
    assert_eq!(attempts(&registry), 3);
    Ok(())
}

#[tokio::test]
async fn mariadb_faults_of_the_caller_are_not_repeated() -> Result<()> {
    let mariadb = shop(&[]).await?;
    let pool = pool(&mariadb.url());
    mariadb.run("SET GLOBAL tx_read_only = 0")?;
    for (number, statements) in [
        (1062, "INSERT INTO stock VALUES (1, 1)"),
        (1064, "SELEKT 1"),
        (1146, "SELECT * FROM nothing"),
        (1048, "INSERT INTO orders (item) VALUES (NULL)"),
        (
            1792,
            "START TRANSACTION READ ONLY; INSERT INTO orders (item) VALUES ('a')",
        ),
    ] {
        let registry = Registry::new();
        let error = registry
            .scope(place(&pool, statements))
            .await
            .expect_err("wrong");
        assert_eq!(error.number(), Some(number), "{error:?}");
        let verdict = error.classify();
        assert!(
            verdict.is_permanent() && !verdict.is_breaker_failure(),
            "{error:?}"
        );
        assert_eq!(attempts(&registry), 1);
    }
    assert_eq!(orders(&mariadb)?, 0);
    Ok(())
}
