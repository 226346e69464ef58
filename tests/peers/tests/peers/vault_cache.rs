//! What the cache of a secret gives while OpenBao cannot, and what it does not: its audit log decides.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use reqwest::Method;
use resilience_peers::{OpenBao, Server};
use resilience_runtime::{
    Classify as _, ResilienceError, verdict::Class, verdict::ErrorCode, verdict::Reason,
};
use serde_json::json;
use tokio::time::sleep;

use crate::vault_reader::{Unread, Vault, expose};

/// A little more than what `Vault::cached` takes for fresh.
const EXPIRED: Duration = Duration::from_millis(250);

async fn with_a_secret() -> Result<(Server<OpenBao>, Vault)> {
    let bao = OpenBao::start().await?;
    bao.put("db", json!({"password": "old"})).await?;
    let vault = Vault::new(&bao.url(), OpenBao::TOKEN)?;
    Ok((bao, vault))
}

/// How often it was read: it was written `written` times.
fn reads(bao: &OpenBao, written: usize) -> Result<usize> {
    Ok(bao.requests("secret/data/db")? - written)
}

/// A token that can be taken away, and may read.
async fn revocable(bao: &OpenBao) -> Result<String> {
    let policy = json!({"policy": "path \"secret/*\" { capabilities = [\"read\"] }"});
    bao.call(Method::PUT, "sys/policies/acl/reader", Some(policy))
        .await?;
    let wanted = json!({"policies": ["reader"]});
    let made = bao
        .call(Method::POST, "auth/token/create", Some(wanted))
        .await?;
    let token = made["auth"]["client_token"].as_str().context("no token")?;
    Ok(token.to_owned())
}

#[tokio::test]
async fn an_old_secret_stands_in_while_it_is_sealed_or_throttles_or_is_down() -> Result<()> {
    let (mut bao, vault) = with_a_secret().await?;
    assert_eq!(expose(&vault.cached("db").await?), "old");
    bao.put("db", json!({"password": "new"})).await?;

    bao.seal().await?;
    sleep(EXPIRED).await;
    for _ in 0..10 {
        assert_eq!(expose(&vault.cached("db").await?), "old");
    }
    let stats = vault.stats()?;
    assert_eq!(stats.cache.stale, 10, "{stats:?}");
    assert_eq!(stats.attempts, 1 + 2, "the next read is put off");

    bao.unseal().await?;
    // A read that was put off for a second or so is made after all.
    let began = Instant::now();
    while expose(&vault.cached("db").await?) == "old" {
        anyhow::ensure!(began.elapsed() < Duration::from_secs(60), "it stays stale");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(reads(&bao, 2)?, 2);

    bao.limit("secret/", 1, 60).await?;
    sleep(EXPIRED).await;
    assert_eq!(
        expose(&vault.cached("db").await?),
        "new",
        "the one that is allowed"
    );
    sleep(EXPIRED).await;
    assert_eq!(expose(&vault.cached("db").await?), "new");
    assert!(bao.recorded().await?.of("quota exceeded") > 0);
    assert!(vault.stats()?.failures.throttled > 0);

    bao.kill_hard().await;
    sleep(EXPIRED).await;
    assert_eq!(expose(&vault.cached("db").await?), "new");
    Ok(())
}

#[tokio::test]
async fn never_where_the_token_was_revoked() -> Result<()> {
    let (bao, _) = with_a_secret().await?;
    let token = revocable(&bao).await?;
    let vault = Vault::new(&bao.url(), &token)?;
    assert_eq!(expose(&vault.cached("db").await?), "old");
    let revoked = Some(json!({"token": token}));
    bao.call(Method::POST, "auth/token/revoke", revoked).await?;
    sleep(EXPIRED).await;
    let denied = vault.cached("db").await.err().context("revoked")?;
    assert_eq!(denied.classify().reason(), Some(Reason::Denied));

    // What was dropped does not come back when the vault is sealed.
    bao.seal().await?;
    let gone = vault.cached("db").await;
    assert!(gone.is_err());
    assert_eq!(vault.stats()?.cache.stale, 0);
    Ok(())
}

#[tokio::test]
async fn never_where_the_secret_was_deleted_which_is_remembered() -> Result<()> {
    let (bao, vault) = with_a_secret().await?;
    assert_eq!(expose(&vault.cached("db").await?), "old");
    bao.call(Method::DELETE, "secret/metadata/db", None).await?;
    sleep(EXPIRED).await;
    let missing = vault.cached("db").await.err().context("deleted")?;
    assert_eq!(missing.classify().reason(), Some(Reason::NotFound));
    for _ in 0..10 {
        let missing = vault.cached("db").await.err().context("remembered")?;
        let Unread::Guard(ResilienceError::SharedFailure { class, code, .. }) = missing else {
            anyhow::bail!("{missing:?}");
        };
        assert_eq!(
            (class, code),
            (Class::Permanent, Some(ErrorCode::Http(404)))
        );
    }
    assert_eq!(reads(&bao, 1)?, 2);
    let stats = vault.stats()?;
    assert_eq!(
        (stats.cache.negative, stats.cache.stale),
        (10, 0),
        "{stats:?}"
    );

    // Who knows better says so.
    bao.put("db", json!({"password": "back"})).await?;
    vault.service()?.invalidate("db");
    assert_eq!(expose(&vault.cached("db").await?), "back");
    Ok(())
}

#[tokio::test]
async fn fifty_readers_make_one_request_until_somebody_says_it_is_wrong() -> Result<()> {
    let (bao, vault) = with_a_secret().await?;
    let vault = Arc::new(vault);
    for round in 1..=2 {
        let readers = (0..50).map(|_| {
            let vault = Arc::clone(&vault);
            tokio::spawn(async move { vault.kept("db").await })
        });
        // All of them run before the first is waited for.
        let readers: Vec<_> = readers.collect();
        for reader in readers {
            assert_eq!(expose(&reader.await??), "old");
        }
        assert_eq!(reads(&bao, 1)?, round);
        vault.service()?.invalidate("db");
    }
    Ok(())
}
