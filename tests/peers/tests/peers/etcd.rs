//! What a real etcd does, and what etcd-client says of it.

use std::time::Duration;

use anyhow::Result;
use etcd_client::{Client, ConnectOptions, Error, GetOptions};
use resilience_peers::{Etcd, FaultProxy, Mode};
use resilience_runtime::verdict::Reason;
use resilience_runtime::{Classify, Verdict};
use tokio::time::sleep;

async fn client(address: std::net::SocketAddr) -> Result<Client, Error> {
    let options = ConnectOptions::new().with_timeout(Duration::from_secs(1));
    Client::connect([address.to_string()], Some(options)).await
}

#[tokio::test]
async fn lost_answer_is_outcome_unknown() -> Result<()> {
    let mut etcd = Etcd::start().await?;
    let mut direct = client(etcd.address()).await?;
    let proxy = FaultProxy::to(etcd.address()).await?;
    let mut client = client(proxy.address()).await?;
    client.put("warm", "up", None).await?;
    proxy.all(Mode::drop_reply_to("ORDER-1").times(1));
    let lost = client.put("order", "ORDER-1", None).await;
    let lost = lost.expect_err("no answer");
    assert!(lost.classify().is_outcome_unknown(), "{lost:?}");
    let stored = direct.get("order", None).await?;
    assert_eq!(stored.kvs()[0].version(), 1);

    etcd.kill_hard().await;
    let down = direct.put("order", "ORDER-2", None).await;
    let down = down.expect_err("down");
    assert!(down.classify().is_breaker_failure(), "{down:?}");
    eprintln!("down: {down:?}: {:?}", down.classify());
    Ok(())
}

#[tokio::test]
async fn etcds_own_texts_are_known() -> Result<()> {
    let etcd = Etcd::start_with_quota(1 << 20).await?;
    let mut client = client(etcd.address()).await?;

    let first = client.put("key", "1", None).await?;
    let first = first.header().expect("a header").revision();
    let last = client.put("key", "2", None).await?;
    let last = last.header().expect("a header").revision();
    client.compact(last, None).await?;
    let old = GetOptions::new().with_revision(first);
    let compacted = client.get("key", Some(old)).await.expect_err("compacted");
    assert_eq!(compacted.classify(), Verdict::permanent(), "{compacted:?}");

    let lease = client.lease_revoke(7).await.expect_err("no lease");
    assert_eq!(
        lease.classify().reason(),
        Some(Reason::NotFound),
        "{lease:?}"
    );

    let empty = client.put("", "1", None).await.expect_err("no key");
    assert_eq!(empty.classify(), Verdict::permanent(), "{empty:?}");

    let large = "x".repeat(500_000);
    let mut full = None;
    for _ in 0..500 {
        if let Err(error) = client.put("large", large.as_str(), None).await {
            full = Some(error);
            break;
        }
        // The server looks at its size as of the last time that it wrote to the disk.
        sleep(Duration::from_millis(20)).await;
    }
    let full = full.expect("the quota is less");
    let sick = Verdict::permanent().counts_as_failure();
    assert_eq!(full.classify(), sick, "{full:?}");
    Ok(())
}
