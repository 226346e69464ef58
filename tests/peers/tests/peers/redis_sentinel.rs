//! A Redis whose sentinel makes a replica the master: what is counted is counted once.

use std::sync::Mutex;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncCommands as _, Client};
use anyhow::Result;
use resilience_peers::{Redis, RedisSentinel, Server};
use resilience_runtime::{Classify, Registry, ResilienceError, database_resilient};
use tokio::time::{Duration, sleep};

#[derive(Debug, thiserror::Error, Classify)]
enum CountError {
    #[error(transparent)]
    Redis(#[from] ::redis::RedisError),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

/// A counter in whatever Redis the sentinel calls the master.
struct Counter {
    sentinel: Server<RedisSentinel>,
    connection: Mutex<MultiplexedConnection>,
}

impl Counter {
    fn connection(&self) -> MultiplexedConnection {
        self.connection.lock().expect("a connection").clone()
    }

    async fn reconnect(&self) -> Result<(), CountError> {
        // A sentinel that is asked answers; what it says may be the master that has gone.
        let master = self.sentinel.master().await.expect("a master");
        let connection = open(&format!("redis://{master}/")).await?;
        *self.connection.lock().expect("a connection") = connection;
        Ok(())
    }

    #[database_resilient(
        service = "redis",
        retry(max_attempts = 10_000, base_delay = "2ms", max_delay = "50ms"),
        retry_budget = off,
        circuit_breaker = off,
        deadline = "120s",
        timeout = "110s",
        reconnect = Self::reconnect
    )]
    async fn count(&self) -> Result<i64, CountError> {
        Ok(self.connection().incr("orders", 1).await?)
    }

    /// On a connection of its own to the master of now.
    #[database_resilient(
        service = "redis",
        retry(max_attempts = 10_000, base_delay = "2ms", max_delay = "50ms"),
        retry_budget = off,
        circuit_breaker = off,
        deadline = "120s",
        timeout = "110s"
    )]
    async fn count_apart(&self) -> Result<i64, CountError> {
        let master = self.sentinel.master().await.expect("a master");
        let mut connection = open(&format!("redis://{master}/")).await?;
        Ok(connection.incr("orders", 1).await?)
    }
}

async fn open(url: &str) -> Result<MultiplexedConnection, ::redis::RedisError> {
    Client::open(url)?.get_multiplexed_async_connection().await
}

#[tokio::test]
async fn redis_sentinel_failover_counts_once() -> Result<()> {
    let mut first = Redis::start().await?;
    let port = first.address().port().to_string();
    let second = Redis::start_with(&["--replicaof", "127.0.0.1", &port]).await?;
    let sentinel = RedisSentinel::start(&first, 1).await?;
    let counter = Counter {
        connection: Mutex::new(open(&first.url()).await?),
        sentinel,
    };
    let registry = Registry::new();
    let attempts = || {
        registry
            .get("redis")
            .map_or(0, |redis| redis.stats().attempts)
    };
    assert_eq!(registry.scope(counter.count()).await?, 1);
    while second.command(&["GET", "orders"]).await? != "1" {
        sleep(Duration::from_millis(5)).await;
    }

    // Nobody is there until the sentinel has found out.
    first.kill_hard().await;
    assert_eq!(registry.scope(counter.count_apart()).await?, 2);
    assert!(attempts() > 2);
    assert_eq!(counter.sentinel.master().await?, second.address());
    assert_eq!(second.command(&["GET", "orders"]).await?, "2");

    // The old master comes back as a replica, and says so to whoever still asks it.
    first.start().await?;
    // The sentinel that makes it a replica closes its clients' connections: then it is asked again.
    let replicates = async || {
        let answer = first.command(&["INFO", "replication"]).await;
        answer.is_ok_and(|answer| answer.contains("master_link_status:up"))
    };
    while !replicates().await {
        sleep(Duration::from_millis(20)).await;
    }
    *counter.connection.lock().expect("a connection") = open(&first.url()).await?;
    let before = attempts();
    assert_eq!(registry.scope(counter.count()).await?, 3);
    assert_eq!(attempts() - before, 2);
    assert_eq!(second.command(&["GET", "orders"]).await?, "3");
    assert!(counter.sentinel.recorded().await?.of("switch-master") >= 1);
    Ok(())
}
