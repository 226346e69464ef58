//! A Redis cluster: what its client repeats by itself, follows, and waits for.

use ::redis::AsyncCommands as _;
use ::redis::cluster::ClusterClientBuilder;
use ::redis::cluster_async::ClusterConnection;
use anyhow::Result;
use resilience_peers::{FaultProxy, Mode, RedisCluster};
use resilience_runtime::{Classify, Registry, ResilienceError, database_resilient};
use tokio::time::{Duration, sleep};

#[derive(Debug, thiserror::Error, Classify)]
enum CountError {
    #[error(transparent)]
    Redis(#[from] ::redis::RedisError),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

#[database_resilient(
    service = "redis",
    retry(max_attempts = 10_000, base_delay = "2ms", max_delay = "50ms"),
    retry_budget = off,
    circuit_breaker = off,
    deadline = "120s",
    timeout = "110s"
)]
async fn count(connection: &ClusterConnection, key: &str) -> Result<i64, CountError> {
    Ok(connection.clone().incr(key, 1).await?)
}

/// The same where the client repeats nothing by itself.
#[database_resilient(
    service = "redis",
    retry(max_attempts = 10_000, base_delay = "2ms", max_delay = "50ms"),
    retry_budget = off,
    circuit_breaker = off,
    deadline = "120s",
    timeout = "110s",
    client_retries = off
)]
async fn count_alone(connection: &ClusterConnection, key: &str) -> Result<i64, CountError> {
    Ok(connection.clone().incr(key, 1).await?)
}

/// Its own retries, or none.
async fn connect(cluster: &RedisCluster, retries: Option<u32>) -> Result<ClusterConnection> {
    let builder = ClusterClientBuilder::new(cluster.urls());
    let builder = match retries {
        Some(retries) => builder.retries(retries),
        None => builder,
    };
    let builder = builder.connection_timeout(Duration::from_secs(30));
    let builder = builder.response_timeout(Duration::from_secs(30));
    Ok(builder.build()?.get_async_connection().await?)
}

fn attempts(registry: &Registry) -> u64 {
    let redis = registry.get("redis");
    redis.map_or(0, |redis| redis.stats().attempts)
}

#[tokio::test]
async fn redis_cluster_lost_reply_is_repeated_by_the_client_unless_told_not_to() -> Result<()> {
    let cluster = RedisCluster::start().await?;
    let home = cluster.home_of("orders").await?;
    let proxy = FaultProxy::to(cluster.node(home).address()).await?;
    cluster.announce(home, proxy.address()).await?;
    let value = async || cluster.node(home).command(&["GET", "orders"]).await;

    // By default it sends what it had sent again, on a new connection, and says nothing of it.
    let connection = connect(&cluster, None).await?;
    proxy.all(Mode::drop_reply_to("INCR").times(1));
    let registry = Registry::new();
    let counted = registry.scope(count(&connection, "orders")).await?;
    assert_eq!((proxy.faults(), attempts(&registry)), (1, 1));
    assert_eq!((counted, value().await?.as_str()), (2, "2"));

    // Told not to, it says what has happened, and nothing is counted twice.
    let connection = connect(&cluster, Some(0)).await?;
    proxy.all(Mode::drop_reply_to("INCR").times(1));
    let registry = Registry::new();
    let error = registry.scope(count_alone(&connection, "orders")).await;
    let error = error.expect_err("nobody knows");
    assert!(error.classify().is_outcome_unknown(), "{error:?}");
    assert_eq!((proxy.faults(), attempts(&registry)), (2, 1));
    assert_eq!(value().await?, "3");
    Ok(())
}

#[tokio::test]
async fn redis_cluster_follows_what_moves_and_waits_for_what_is_down() -> Result<()> {
    let mut cluster = RedisCluster::start().await?;
    for retries in [None, Some(0)] {
        let connection = connect(&cluster, retries).await?;
        let key = format!("moved-{retries:?}");
        let home = cluster.home_of(&key).await?;
        let other = (home + 1) % 3;
        cluster.move_slot(&key, other).await?;
        let registry = Registry::new();
        let counted = if retries.is_none() {
            registry.scope(count(&connection, &key)).await?
        } else {
            registry.scope(count_alone(&connection, &key)).await?
        };
        assert_eq!(counted, 1, "{retries:?}");
        assert_eq!(cluster.node(other).command(&["GET", &key]).await?, "1");
    }

    // A node that is down: refused, or moved to where nobody is, until it is back.
    for retries in [Some(2), Some(0)] {
        let key = format!("down-{retries:?}");
        let home = cluster.home_of(&key).await?;
        cluster.node_mut(home).stop().await;
        // Made now, so that it has no connection to the node whose end it would have to report.
        let connection = connect(&cluster, retries).await?;
        let registry = Registry::new();
        let returns = async {
            while attempts(&registry) < 3 {
                sleep(Duration::from_millis(5)).await;
            }
            cluster.node_mut(home).start().await
        };
        let counted = async { anyhow::Ok(registry.scope(count_alone(&connection, &key)).await?) };
        let (counted, ()) = tokio::try_join!(counted, returns)?;
        assert_eq!(counted, 1);
        assert_eq!(cluster.node(home).command(&["GET", &key]).await?, "1");
    }
    Ok(())
}
