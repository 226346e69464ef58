//! What a Redis client sees.

use ::redis::AsyncCommands as _;
use ::redis::aio::MultiplexedConnection;
use ::redis::{Client, RedisError, RedisResult};
use anyhow::Result;
use resilience_peers::{FaultProxy, Mode, Redis};

async fn connect(url: String) -> RedisResult<MultiplexedConnection> {
    Client::open(url)?.get_multiplexed_async_connection().await
}

fn code(error: &RedisError) -> &str {
    error.code().unwrap_or("none")
}

#[tokio::test]
async fn it_answers_and_breaks_and_knows_of_it() -> Result<()> {
    let mut redis = Redis::start().await?;
    assert!(
        redis.version().split('.').count() >= 3,
        "{}",
        redis.version()
    );
    let mut client = connect(redis.url()).await?;
    let () = client.set("a", 1).await?;

    redis.out_of_memory(true).await?;
    let error = client
        .set::<_, _, ()>("a", 2)
        .await
        .expect_err("out of memory");
    assert_eq!(code(&error), "OOM");
    redis.out_of_memory(false).await?;

    redis.read_only(true).await?;
    let error = client.set::<_, _, ()>("a", 3).await.expect_err("read only");
    assert_eq!(code(&error), "READONLY");
    redis.read_only(false).await?;
    assert_eq!(client.get::<_, i64>("a").await?, 1);

    assert_eq!(redis.kill_clients().await?, 1);
    let error = client.get::<_, i64>("a").await.expect_err("killed");
    assert!(error.is_connection_dropped(), "{error}");

    let faults = redis.recorded().await?;
    assert_eq!(
        (
            faults.of("OOM"),
            faults.of("READONLY"),
            faults.of("CLIENT-KILL")
        ),
        (1, 1, 1),
        "{faults:?}"
    );

    redis.kill_hard().await;
    let error = connect(redis.url()).await.map(drop).expect_err("refused");
    assert!(error.is_connection_refusal(), "{error}");
    redis.start().await?;
    assert_eq!(
        redis.recorded().await?,
        faults,
        "what was recorded before the kill is not lost"
    );
    Ok(())
}

#[tokio::test]
async fn a_reply_can_be_lost() -> Result<()> {
    let redis = Redis::start().await?;
    let proxy = FaultProxy::to(redis.address()).await?;
    let mut client = connect(format!("redis://{}/", proxy.address())).await?;
    proxy.all(Mode::drop_reply_to("INCR"));
    let error = client
        .incr::<_, _, i64>("orders", 1)
        .await
        .expect_err("lost");
    assert!(error.is_connection_dropped(), "{error}");
    assert_eq!(redis.command(&["GET", "orders"]).await?, "1");
    assert_eq!(proxy.faults(), 1);
    Ok(())
}
