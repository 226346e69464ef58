//! What a real NATS and its JetStream do, and what async-nats says of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use async_nats::jetstream::{self, stream};
use async_nats::{Client, ConnectOptions};
use futures_util::StreamExt as _;
use resilience_peers::{FaultProxy, Mode, Nats};
use resilience_runtime::{Classify, Verdict};

async fn client(address: std::net::SocketAddr) -> Result<Client, async_nats::ConnectError> {
    ConnectOptions::new()
        .request_timeout(Some(Duration::from_millis(500)))
        .connect(address.to_string())
        .await
}

#[tokio::test]
async fn request_to_nobody_is_not_executed_and_one_to_the_silent_is() -> Result<()> {
    let mut nats = Nats::start().await?;
    let client = client(nats.address()).await?;

    let nobody = client.request("nobody", "1".into()).await;
    let nobody = nobody.expect_err("nobody is there");
    assert_eq!(nobody.classify(), Verdict::transient(), "{nobody:?}");

    let heard = Arc::new(AtomicU64::new(0));
    let mut orders = client.subscribe("silent").await?;
    let counter = Arc::clone(&heard);
    tokio::spawn(async move {
        while orders.next().await.is_some() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    client.flush().await?;
    let silent = client.request("silent", "1".into()).await;
    let silent = silent.expect_err("no answer");
    assert_eq!(silent.classify(), Verdict::outcome_unknown(), "{silent:?}");
    assert_eq!(heard.load(Ordering::Relaxed), 1);

    let wrong = client
        .request("a b", "1".into())
        .await
        .expect_err("a space");
    assert_eq!(wrong.classify(), Verdict::permanent(), "{wrong:?}");

    nats.kill_hard().await;
    let refused = self::client(nats.address()).await.expect_err("refused");
    assert_eq!(refused.classify(), Verdict::transient(), "{refused:?}");
    // It waits in a buffer for a server that never comes.
    client.publish("orders", "1".into()).await?;
    Ok(())
}

#[tokio::test]
async fn jetstream_says_why_it_did_not_store() -> Result<()> {
    let nats = Nats::start().await?;
    let context = jetstream::new(client(nats.address()).await?);
    let missing = context.publish("orders", "1".into()).await?.await;
    let missing = missing.expect_err("no stream");
    let election = Verdict::transient().ignored_by_breaker();
    assert_eq!(missing.classify(), election, "{missing:?}");

    let mut config = stream::Config {
        name: "ORDERS".to_owned(),
        subjects: vec!["orders".to_owned()],
        max_messages: 1,
        discard: stream::DiscardPolicy::New,
        ..Default::default()
    };
    let stream = context.create_stream(config.clone()).await?;
    context.publish("orders", "1".into()).await?.await?;
    let full = context.publish("orders", "2".into()).await?.await;
    let full = full.expect_err("full");
    assert_eq!(full.classify(), Verdict::throttled(None), "{full:?}");

    let expected = jetstream::message::PublishMessage::build()
        .payload("3".into())
        .expected_last_sequence(7);
    let wrong = context.send_publish("orders", expected).await?.await;
    let wrong = wrong.expect_err("another sequence");
    assert_eq!(wrong.classify(), Verdict::permanent(), "{wrong:?}");

    let gone = context.get_stream("NOWHERE").await.expect_err("no stream");
    assert_eq!(gone.classify(), Verdict::permanent(), "{gone:?}");
    config.max_consumers = 5;
    let other = context.create_stream(config).await.expect_err("in use");
    assert_eq!(other.classify(), Verdict::permanent(), "{other:?}");
    assert_eq!(stream.get_info().await?.state.messages, 1);
    Ok(())
}

#[tokio::test]
async fn lost_answer_of_jetstream_is_outcome_unknown() -> Result<()> {
    let nats = Nats::start().await?;
    let direct = jetstream::new(client(nats.address()).await?);
    let stream = direct
        .create_stream(stream::Config {
            name: "ORDERS".to_owned(),
            subjects: vec!["orders".to_owned()],
            ..Default::default()
        })
        .await?;
    let proxy = FaultProxy::to(nats.address()).await?;
    let mut context = jetstream::new(client(proxy.address()).await?);
    context.set_timeout(Duration::from_millis(500));
    proxy.all(Mode::drop_reply_to("PUB orders").times(1));
    let message = || {
        jetstream::message::PublishMessage::build()
            .payload("1".into())
            .message_id("order-1")
    };
    let lost = context.send_publish("orders", message()).await?.await;
    let lost = lost.expect_err("no answer");
    assert_eq!(
        lost.classify().class(),
        Verdict::outcome_unknown().class(),
        "{lost:?}"
    );
    assert_eq!(stream.get_info().await?.state.messages, 1);

    // The stream drops the second copy.
    let again = direct.send_publish("orders", message()).await?.await?;
    assert!(again.duplicate);
    assert_eq!(stream.get_info().await?.state.messages, 1);
    Ok(())
}
