//! MariaDB with mysql_async: what it refuses is run again, what may have been done is not.

use anyhow::Result;
use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, TxOpts};
use resilience_peers::{FaultProxy, MariaDb, Mode};
use resilience_runtime::{Classify, Registry, ResilienceError, database_resilient};
use tokio::time::{Duration, sleep};

use crate::mariadb::{ADD, ORDER, attempts, orders, shop};

#[derive(Debug, thiserror::Error, Classify)]
enum ShopError {
    #[error(transparent)]
    MySql(#[from] mysql_async::Error),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

impl ShopError {
    fn number(&self) -> Option<u16> {
        match self {
            Self::MySql(mysql_async::Error::Server(error)) => Some(error.code),
            _ => None,
        }
    }
}

/// On a connection of its own.
#[database_resilient(
    service = "shop",
    retry(max_attempts = 10_000, base_delay = "2ms", max_delay = "50ms"),
    retry_budget = off,
    circuit_breaker = off,
    deadline = "120s",
    timeout = "110s"
)]
async fn place(url: &str, statements: &'static str) -> Result<(), ShopError> {
    let mut conn = Conn::from_url(url).await?;
    conn.query_drop(statements).await?;
    Ok(())
}

/// In a transaction of its own, whose `COMMIT` is a round trip of its own.
#[database_resilient(service = "shop", retry(max_attempts = 6), deadline = "60s")]
async fn place_and_commit(url: &str) -> Result<(), ShopError> {
    let mut conn = Conn::from_url(url).await?;
    let mut transaction = conn.start_transaction(TxOpts::default()).await?;
    transaction.query_drop(ORDER).await?;
    transaction.commit().await?;
    Ok(())
}

#[tokio::test]
async fn mysql_async_lost_answer_is_not_asked_for_again() -> Result<()> {
    let mariadb = shop(&[]).await?;
    let proxy = FaultProxy::to(mariadb.address()).await?;
    // By default it asks a server on the loopback for its socket, and passes by the proxy.
    let url = format!("{}?prefer_socket=false", MariaDb::url_at(proxy.address()));
    for (reset, commit) in [(false, false), (true, false), (false, true), (true, true)] {
        let before = orders(&mariadb)?;
        let drop = Mode::drop_reply_to(if commit { "COMMIT" } else { "INSERT" });
        let drop = if reset { drop.with_reset() } else { drop };
        proxy.all(drop.times(1));
        let registry = Registry::new();
        let done = if commit {
            registry.scope(place_and_commit(&url)).await
        } else {
            registry.scope(place(&url, ORDER)).await
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
async fn mysql_async_refusals_are_waited_for() -> Result<()> {
    let mut mariadb = shop(&[]).await?;
    let url = mariadb.url();

    // A lock that somebody holds: 1205.
    let mut holder = Conn::from_url(&url).await?;
    let mut held = holder.start_transaction(TxOpts::default()).await?;
    held.query_drop(ADD).await?;
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
    let impatiently =
        "SET innodb_lock_wait_timeout = 1; UPDATE stock SET pieces = pieces + 1 WHERE id = 1";
    let done = async { anyhow::Ok(registry.scope(place(&url, impatiently)).await?) };
    tokio::try_join!(done, releases)?;
    assert!(attempts(&registry) >= 2);
    assert_eq!(mariadb.run("SELECT pieces FROM stock WHERE id = 1")?, "2");

    // Nobody there.
    mariadb.stop().await;
    let registry = Registry::new();
    let comes_back = async {
        while registry
            .get("shop")
            .is_none_or(|shop| shop.stats().failures.transient < 2)
        {
            sleep(Duration::from_millis(5)).await;
        }
        mariadb.start().await
    };
    let done = async { anyhow::Ok(registry.scope(place(&url, ORDER)).await?) };
    tokio::try_join!(done, comes_back)?;
    assert_eq!(orders(&mariadb)?, 1);
    Ok(())
}

#[tokio::test]
async fn mysql_async_faults_of_the_caller_are_not_repeated() -> Result<()> {
    let mariadb = shop(&[]).await?;
    let url = mariadb.url();
    for (number, statements) in [
        (1062, "INSERT INTO stock VALUES (1, 1)"),
        (1064, "SELEKT 1"),
        (1146, "SELECT * FROM nothing"),
        (
            1792,
            "START TRANSACTION READ ONLY; INSERT INTO orders (item) VALUES ('a')",
        ),
    ] {
        let registry = Registry::new();
        let done = registry.scope(place(&url, statements)).await;
        let error = done.expect_err("wrong");
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
