//! What a real RabbitMQ does, and what lapin says of it.

use std::time::Duration;

use anyhow::Result;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Error};
use resilience_peers::{FaultProxy, Mode, RabbitMq};
use resilience_runtime::verdict::Reason;
use resilience_runtime::{Classify, Verdict};

async fn connect(url: &str) -> Result<Connection, Error> {
    Connection::connect(url, ConnectionProperties::default()).await
}

/// A channel with confirms.
async fn channel(connection: &Connection) -> Result<Channel, Error> {
    let channel = connection.create_channel().await?;
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    Ok(channel)
}

async fn declare(channel: &Channel, queue: &str, arguments: FieldTable) -> Result<u32, Error> {
    let options = QueueDeclareOptions {
        durable: true,
        ..Default::default()
    };
    let queue = channel
        .queue_declare(queue.into(), options, arguments)
        .await?;
    Ok(queue.message_count())
}

async fn publish(channel: &Channel, exchange: &str, queue: &str) -> Result<Confirmation, Error> {
    let options = BasicPublishOptions {
        mandatory: true,
        ..Default::default()
    };
    let properties = BasicProperties::default().with_delivery_mode(2);
    channel
        .basic_publish(
            exchange.into(),
            queue.into(),
            options,
            b"ORDER-1",
            properties,
        )
        .await?
        .await
}

#[tokio::test]
async fn refusals_close_the_channel_and_a_nack_is_ok() -> Result<()> {
    let rabbit = RabbitMq::start().await?;
    let connection = connect(&rabbit.url()).await?;
    let wrong = Verdict::permanent().needs_reconnect();

    let orders = channel(&connection).await?;
    assert!(matches!(
        publish(&orders, "", "nowhere").await?,
        Confirmation::Ack(Some(_))
    ));
    let missing = publish(&orders, "nowhere", "orders")
        .await
        .expect_err("no exchange");
    assert_eq!(missing.classify(), wrong, "{missing:?}");
    assert_eq!(missing.classify().reason(), Some(Reason::NotFound));
    let closed = publish(&orders, "", "orders").await.expect_err("closed");
    let unsent = Verdict::transient().needs_reconnect();
    assert_eq!(closed.classify(), unsent, "{closed:?}");

    let orders = channel(&connection).await?;
    let mut limits = FieldTable::default();
    limits.insert("x-max-length".into(), AMQPValue::LongInt(1));
    limits.insert(
        "x-overflow".into(),
        AMQPValue::LongString("reject-publish".into()),
    );
    declare(&orders, "orders", limits).await?;
    assert!(matches!(
        publish(&orders, "", "orders").await?,
        Confirmation::Ack(None)
    ));
    assert!(matches!(
        publish(&orders, "", "orders").await?,
        Confirmation::Nack(_)
    ));
    let other = declare(&orders, "orders", FieldTable::default()).await;
    let other = other.expect_err("another queue");
    assert_eq!(other.classify(), wrong, "{other:?}");

    let stranger = rabbit.url().replace("guest:guest", "guest:wrong");
    let denied = connect(&stranger).await.expect_err("denied");
    assert_eq!(
        denied.classify().reason(),
        Some(Reason::Denied),
        "{denied:?}"
    );
    Ok(())
}

#[tokio::test]
async fn lost_confirm_is_outcome_unknown() -> Result<()> {
    let mut rabbit = RabbitMq::start().await?;
    let direct = connect(&rabbit.url()).await?;
    let watcher = direct.create_channel().await?;
    declare(&watcher, "orders", FieldTable::default()).await?;

    let proxy = FaultProxy::to(rabbit.address()).await?;
    let url = rabbit
        .url()
        .replace(&rabbit.address().to_string(), &proxy.address().to_string());
    let connection = connect(&url).await?;
    let orders = channel(&connection).await?;
    proxy.all(Mode::drop_reply_to("ORDER-1").times(1));
    let lost = publish(&orders, "", "orders")
        .await
        .expect_err("no confirm");
    assert!(lost.classify().is_outcome_unknown(), "{lost:?}");
    assert_eq!(declare(&watcher, "orders", FieldTable::default()).await?, 1);

    rabbit.stop().await;
    let later = publish(&watcher, "", "orders").await.expect_err("stopped");
    eprintln!("stopped: {later:?}: {:?}", later.classify());
    assert!(!later.classify().is_permanent(), "{later:?}");
    let refused = connect(&rabbit.url()).await.expect_err("refused");
    let verdict = refused.classify();
    assert!(verdict.is_outcome_unknown(), "{refused:?}");
    assert!(
        verdict.without_client_retries().is_transient(),
        "{refused:?}"
    );
    Ok(())
}

#[tokio::test]
async fn confirm_that_is_lost_while_it_connects_again() -> Result<()> {
    let rabbit = RabbitMq::start().await?;
    let direct = connect(&rabbit.url()).await?;
    let watcher = direct.create_channel().await?;
    declare(&watcher, "orders", FieldTable::default()).await?;
    let proxy = FaultProxy::to(rabbit.address()).await?;
    let url = rabbit
        .url()
        .replace(&rabbit.address().to_string(), &proxy.address().to_string());
    let properties = ConnectionProperties::default()
        .enable_auto_recover()
        .configure_backoff(|backoff| {
            backoff
                .with_max_times(3)
                .with_max_delay(Duration::from_millis(50))
        });
    let connection = Connection::connect(&url, properties).await?;
    let orders = channel(&connection).await?;
    proxy.all(Mode::drop_reply_to("ORDER-1").times(1));
    proxy.refuse().await;
    let patience = Duration::from_secs(10);
    let lost = tokio::time::timeout(patience, publish(&orders, "", "orders")).await;
    eprintln!("recovering: {lost:?}");
    // Either way nobody knows, and the broker has it.
    if let Ok(lost) = lost {
        let lost = lost.expect_err("no confirm");
        assert!(lost.classify().is_outcome_unknown(), "{lost:?}");
    }
    assert_eq!(declare(&watcher, "orders", FieldTable::default()).await?, 1);
    Ok(())
}
