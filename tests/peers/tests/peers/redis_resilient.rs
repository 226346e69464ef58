//! Redis behind `#[database_resilient]`: nothing twice, nothing given up that was not executed.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig, MultiplexedConnection};
use ::redis::{AsyncCommands as _, Client, RedisError, pipe};
use anyhow::Result;
use resilience_peers::{FaultProxy, Mode, Redis, Server};
use resilience_runtime::{Registry, ResilienceError, database_resilient};
use tokio::time::sleep;

/// A counter in Redis, which may move to another server.
struct Orders {
    urls: Vec<String>,
    at: AtomicUsize,
    connection: Mutex<MultiplexedConnection>,
}

impl Orders {
    async fn at(urls: Vec<String>) -> Result<Self> {
        let connection = Mutex::new(open(&urls[0]).await?);
        Ok(Self {
            urls,
            at: AtomicUsize::new(0),
            connection,
        })
    }

    fn connection(&self) -> MultiplexedConnection {
        self.connection.lock().expect("a connection").clone()
    }

    /// To the next server, if there is another.
    async fn reconnect(&self) -> Result<()> {
        let at = (self.at.load(Ordering::Relaxed) + 1) % self.urls.len();
        let connection = open(&self.urls[at]).await?;
        *self.connection.lock().expect("a connection") = connection;
        self.at.store(at, Ordering::Relaxed);
        Ok(())
    }

    #[database_resilient(
        service = "redis",
        retry(base_delay = "10ms"),
        reconnect = Self::reconnect
    )]
    async fn count(&self) -> Result<i64> {
        Ok(self.connection().incr("orders", 1).await?)
    }

    #[database_resilient(
        service = "redis",
        retry(base_delay = "10ms"),
        reconnect = Self::reconnect_to_place,
        verify = Self::placed
    )]
    async fn place(&self, id: u64) -> Result<i64> {
        let mut transaction = pipe();
        transaction
            .atomic()
            .set(key(id), 1)
            .ignore()
            .incr("orders", 1);
        let (orders,) = transaction.query_async(&mut self.connection()).await?;
        Ok(orders)
    }

    async fn reconnect_to_place(&self, _: &u64) -> Result<()> {
        self.reconnect().await
    }

    async fn placed(&self, id: &u64) -> Result<Option<i64>> {
        let mut connection = open(&self.urls[0]).await?;
        let placed: bool = connection.exists(key(*id)).await?;
        Ok(if placed {
            Some(connection.get("orders").await?)
        } else {
            None
        })
    }
}

fn key(id: u64) -> String {
    format!("order:{id}")
}

async fn open(url: &str) -> Result<MultiplexedConnection> {
    Ok(Client::open(url)?
        .get_multiplexed_async_connection()
        .await?)
}

async fn orders(redis: &Redis) -> Result<String> {
    redis.command(&["GET", "orders"]).await
}

/// How often a command came, executed or not.
async fn asked(redis: &Redis, command: &str) -> Result<u64> {
    let stats = redis.command(&["INFO", "commandstats"]).await?;
    let prefix = format!("cmdstat_{command}:");
    let line = stats.lines().find_map(|line| line.strip_prefix(&prefix));
    let counts = line.unwrap_or_default().split(',');
    Ok(counts
        .filter_map(|count| count.split_once('='))
        .filter(|(name, _)| ["calls", "rejected_calls"].contains(name))
        .filter_map(|(_, count)| count.trim().parse::<u64>().ok())
        .sum())
}

fn redis_error(error: &anyhow::Error) -> &RedisError {
    error.downcast_ref().expect("an error of Redis")
}

#[tokio::test]
async fn refused_is_retried_until_it_is_back() -> Result<()> {
    #[database_resilient(
        service = "redis",
        retry(max_attempts = 2_000, base_delay = "100ms", multiplier = 1.0),
        retry_budget = off,
        deadline = "120s",
        circuit_breaker = off
    )]
    async fn fresh(url: &str) -> Result<i64> {
        Ok(open(url).await?.incr("orders", 1).await?)
    }
    #[database_resilient(
        service = "redis",
        retry(max_attempts = 2_000, base_delay = "100ms", multiplier = 1.0),
        retry_budget = off,
        deadline = "120s",
        circuit_breaker = off,
        idempotent
    )]
    async fn managed(manager: ConnectionManager) -> Result<Option<i64>> {
        let mut manager = manager;
        Ok(manager.get("orders").await?)
    }
    let mut redis = Redis::start().await?;
    let (client, url) = (Client::open(redis.url())?, redis.url());
    let once = ConnectionManagerConfig::new().set_number_of_retries(0);
    let manager = ConnectionManager::new_with_config(client, once).await?;
    let registry = Registry::new();

    redis.kill_hard().await;
    let comes_back = async {
        let service = registry.service("redis", resilience_runtime::ServiceKind::Database)?;
        while service.stats().failures.transient < 4 {
            sleep(Duration::from_millis(1)).await;
        }
        redis.start().await
    };
    let (counted, _, ()) = tokio::try_join!(
        registry.scope(fresh(&url)),
        registry.scope(managed(manager)),
        comes_back,
    )?;
    assert_eq!((counted, orders(&redis).await?.as_str()), (1, "1"));
    assert_eq!(asked(&redis, "incrby").await?, 1);
    Ok(())
}

#[tokio::test]
async fn out_of_memory_is_asked_once_and_opens_the_breaker() -> Result<()> {
    #[database_resilient(
        service = "redis",
        retry(base_delay = "10ms"),
        circuit_breaker(failure_threshold = 2)
    )]
    async fn count(redis: MultiplexedConnection) -> Result<i64> {
        let mut redis = redis;
        Ok(redis.incr("orders", 1).await?)
    }
    let redis = Redis::start().await?;
    let connection = open(&redis.url()).await?;
    redis.out_of_memory(true).await?;
    let registry = Registry::new();
    for asked_for in [1, 2] {
        let out = registry.scope(count(connection.clone())).await;
        assert_eq!(redis_error(&out.expect_err("full")).code(), Some("OOM"));
        assert_eq!(asked(&redis, "incrby").await?, asked_for);
    }
    let out = registry.scope(count(connection)).await;
    assert!(matches!(
        out.expect_err("open").downcast_ref(),
        Some(ResilienceError::CircuitBreakerOpen { .. })
    ));
    assert_eq!(asked(&redis, "incrby").await?, 2);
    assert_eq!(redis.recorded().await?.of("OOM"), 2);
    Ok(())
}

#[tokio::test]
async fn read_only_is_left_for_the_server_that_writes() -> Result<()> {
    let (replica, primary) = tokio::try_join!(Redis::start(), Redis::start())?;
    let client = Orders::at(vec![replica.url(), primary.url()]).await?;
    replica.read_only(true).await?;
    let registry = Registry::new();
    assert_eq!(registry.scope(client.count()).await?, 1);
    assert_eq!(registry.scope(client.count()).await?, 2);
    assert_eq!(replica.recorded().await?.of("READONLY"), 1);
    assert_eq!(orders(&primary).await?, "2");
    assert_eq!(asked(&primary, "incrby").await?, 2);
    Ok(())
}

async fn of_unknown_outcome(
    redis: &Server<Redis>,
    client: &Orders,
    proxy: Option<&FaultProxy>,
) -> Result<()> {
    let fault = async || -> Result<()> {
        match proxy {
            Some(proxy) => proxy.all(Mode::drop_reply_to("INCR").times(1)),
            None => assert!(redis.kill_clients().await? > 0),
        }
        Ok(())
    };
    // Whether it was executed, only the server knows: it is not sent again.
    let registry = Registry::new();
    let executed = u64::from(proxy.is_some());
    fault().await?;
    let error = registry.scope(client.count()).await.expect_err("lost");
    assert!(redis_error(&error).is_connection_dropped(), "{error}");
    assert_eq!(asked(redis, "incrby").await?, executed);
    // The next one comes over a new connection.
    assert_eq!(registry.scope(client.count()).await?, 1 + executed as i64);

    // Where somebody can ask, it is known in the end, and there exactly once.
    let before: i64 = orders(redis).await?.parse()?;
    for id in 1..=3 {
        fault().await?;
        let placed = registry.scope(client.place(id)).await?;
        assert_eq!(placed, before + id as i64);
        assert_eq!(orders(redis).await?, placed.to_string());
    }
    assert_eq!(
        asked(redis, "incrby").await?,
        orders(redis).await?.parse::<u64>()?
    );
    Ok(())
}

#[tokio::test]
async fn after_its_connection_was_killed_nothing_is_there_twice() -> Result<()> {
    let redis = Redis::start().await?;
    let client = Orders::at(vec![redis.url()]).await?;
    of_unknown_outcome(&redis, &client, None).await?;
    assert_eq!(redis.recorded().await?.of("CLIENT-KILL"), 4);
    Ok(())
}

#[tokio::test]
async fn a_lost_reply_is_not_a_lost_order() -> Result<()> {
    let redis = Redis::start().await?;
    let proxy = FaultProxy::to(redis.address()).await?;
    let url = format!("redis://{}/", proxy.address());
    let client = Orders::at(vec![url]).await?;
    of_unknown_outcome(&redis, &client, Some(&proxy)).await?;
    assert_eq!(proxy.faults(), 4);
    Ok(())
}
