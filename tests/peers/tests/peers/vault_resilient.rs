//! What becomes of reads of secrets behind the attribute when OpenBao is sealed, throttles, refuses or is gone: its audit
//! log decides.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::header::HeaderMap;
use reqwest::{Client, StatusCode};
use resilience_peers::{FaultProxy, Mode, OpenBao, Server};
use resilience_runtime::{
    CircuitState, Classify as _, Registry, ResilienceError, ServiceKind, Verdict, secret_resilient,
    verdict::ErrorCode, verdict::Reason,
};
use serde_json::json;
use tokio::time::sleep;

use crate::vault_reader::{Unread, Vault, expose};

const DB: &str = "secret/data/db";

async fn with_a_secret() -> Result<(Server<OpenBao>, Vault)> {
    let bao = OpenBao::start().await?;
    bao.put("db", json!({"password": "s3cret"})).await?;
    let vault = Vault::new(&bao.url(), OpenBao::TOKEN)?;
    Ok((bao, vault))
}

/// How often it was read: it was written once.
fn reads(bao: &OpenBao) -> Result<usize> {
    Ok(bao.requests(DB)? - 1)
}

async fn until_failed(vault: &Vault, times: u64) -> Result<()> {
    while vault.stats()?.failures.total() < times {
        sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

#[tokio::test]
async fn one_that_is_sealed_is_asked_until_it_is_not() -> Result<()> {
    let (bao, vault) = with_a_secret().await?;
    bao.seal().await?;
    let (secret, unsealed) = tokio::join!(vault.wait_for("db"), async {
        until_failed(&vault, 2).await?;
        bao.unseal().await
    });
    unsealed?;
    assert_eq!(expose(&secret?), "s3cret");
    let stats = vault.stats()?;
    assert_eq!(
        stats.failures.transient,
        stats.failures.total(),
        "{stats:?}"
    );
    assert_eq!(reads(&bao)?, 1, "it takes no record while it is sealed");
    Ok(())
}

#[tokio::test]
async fn one_that_throttles_is_asked_again_and_the_breaker_learns_nothing() -> Result<()> {
    let (bao, vault) = with_a_secret().await?;
    bao.limit("secret/", 1, 1).await?;
    // One for each second: sooner or later one comes too early.
    while vault.stats()?.failures.throttled == 0 {
        assert_eq!(expose(&vault.wait_for("db").await?), "s3cret");
    }
    let throttled = bao.recorded().await?.of("quota exceeded");
    let stats = vault.stats()?;
    assert!(throttled > 0);
    assert_eq!(stats.failures.throttled, throttled, "{stats:?}");
    assert_eq!(stats.circuit.consecutive_failures, 0);
    Ok(())
}

/// With the headers, which the errors of vaultrs do not have.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("status {0}")]
    Status(StatusCode, HeaderMap),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

fn judge(error: &Refused) -> Verdict {
    match error {
        Refused::Status(status, headers) => Verdict::from_vault(*status, headers),
        Refused::Http(error) => error.classify(),
        Refused::Guard(error) => error.classify(),
    }
}

#[secret_resilient(
    service = "vault",
    registry = registry,
    classify = judge,
    rate_limit(requests_per_second = 1_000, max_wait = "30s")
)]
async fn get(registry: &Registry, client: &Client, url: &str) -> Result<String, Refused> {
    let request = client.get(url).header("X-Vault-Token", OpenBao::TOKEN);
    let answer = request.send().await?;
    if answer.status().is_success() {
        return Ok(answer.text().await?);
    }
    let headers = answer.headers().clone();
    Err(Refused::Status(answer.status(), headers))
}

#[tokio::test]
async fn who_reads_its_headers_waits_as_long_as_it_says_and_so_do_all_others() -> Result<()> {
    let (bao, _) = with_a_secret().await?;
    let registry = Registry::new();
    let client = Client::builder().no_proxy().build()?;
    let url = format!("{}/v1/{DB}", bao.url());
    bao.limit("secret/", 3, 4).await?;
    let service = registry.service("vault", ServiceKind::Secret)?;
    let call = || get(&registry, &client, &url);
    // The fourth is throttled, unless the quota is new by then: then a later one is.
    let first = async {
        let mut calls = 0;
        while service.stats().cooldowns == 0 {
            call().await?;
            calls += 1;
        }
        anyhow::Ok(calls)
    };
    // Nobody else is, though they come while it waits. The answer is in the audit log before the client has it.
    let others = async {
        while service.stats().cooldowns == 0 {
            sleep(Duration::from_millis(5)).await;
        }
        let (one, other) = tokio::join!(call(), call());
        one.and(other)?;
        anyhow::Ok(())
    };
    let (calls, others) = tokio::join!(first, others);
    others?;
    let calls = calls?;
    assert!(calls > 3, "{calls}");
    assert_eq!(bao.recorded().await?.of("quota exceeded"), 1);
    assert_eq!(reads(&bao)?, calls + 1 + 2);
    let stats = service.stats();
    assert_eq!(stats.failures.throttled, 1, "{stats:?}");
    Ok(())
}

#[tokio::test]
async fn what_is_forbidden_or_not_there_is_asked_for_once() -> Result<()> {
    let (bao, vault) = with_a_secret().await?;
    let missing = vault.read("nope").await.err().context("not there")?;
    assert_eq!(missing.classify().code(), Some(ErrorCode::Http(404)));
    assert_eq!(missing.classify().reason(), Some(Reason::NotFound));
    assert_eq!(bao.requests("secret/data/nope")?, 1);

    let stranger = Vault::new(&bao.url(), "nobody")?;
    let denied = stranger.read("db").await.err().context("denied")?;
    assert_eq!(denied.classify().code(), Some(ErrorCode::Http(403)));
    assert_eq!(denied.classify().reason(), Some(Reason::Denied));
    assert_eq!(reads(&bao)?, 1);
    assert_eq!(bao.recorded().await?.of("permission denied"), 1);
    Ok(())
}

#[tokio::test]
async fn one_that_is_gone_is_asked_until_it_is_back() -> Result<()> {
    let (mut bao, vault) = with_a_secret().await?;
    vault.read("db").await?;
    bao.kill_hard().await;
    let gone = vault.read("db").await.err().context("nobody listens")?;
    assert!(gone.classify().is_transient(), "{gone:?}");
    // The first of them may find the connection that was open.
    assert_eq!(vault.stats()?.failures.total(), 4, "the preset");

    let failures = vault.stats()?.failures.total();
    let (found, restarted) = tokio::join!(vault.wait_for("db"), async {
        until_failed(&vault, failures + 2).await?;
        bao.start().await
    });
    restarted?;
    // What it knew was in memory.
    let verdict = found.err().context("forgotten")?.classify();
    assert_eq!(verdict.reason(), Some(Reason::NotFound));
    bao.put("db", json!({"password": "new"})).await?;
    assert_eq!(expose(&vault.read("db").await?), "new");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_got_lost_is_asked_for_again() -> Result<()> {
    let (bao, _) = with_a_secret().await?;
    let proxy = FaultProxy::to(bao.address()).await?;
    let vault = Vault::new(&proxy.url(), OpenBao::TOKEN)?;
    proxy.all(Mode::drop_reply_to(DB).with_reset().times(2));
    assert_eq!(expose(&vault.read("db").await?), "s3cret");
    assert_eq!(proxy.faults(), 2);
    assert_eq!(reads(&bao)?, 3);
    assert_eq!(vault.stats()?.failures.outcome_unknown, 2);
    Ok(())
}

#[tokio::test]
async fn its_breaker_opens_and_closes() -> Result<()> {
    let (bao, vault) = with_a_secret().await?;
    bao.seal().await?;
    for _ in 0..3 {
        let sealed = vault.read_once("db").await.err().context("sealed")?;
        assert!(matches!(sealed, Unread::Vault(_)), "{sealed:?}");
    }
    let turned_away = vault.read_once("db").await.err().context("open")?;
    assert!(
        matches!(
            turned_away,
            Unread::Guard(ResilienceError::CircuitBreakerOpen { .. })
        ),
        "{turned_away:?}"
    );
    assert_eq!(vault.stats()?.attempts, 3);

    bao.unseal().await?;
    while vault.read_once("db").await.is_err() {
        sleep(Duration::from_millis(5)).await;
    }
    let stats = vault.stats()?;
    assert_eq!(
        (stats.circuit.state, stats.circuit.opened),
        (CircuitState::Closed, 1)
    );
    assert_eq!(
        (stats.attempts, reads(&bao)?),
        (4, 1),
        "one probe was enough"
    );
    Ok(())
}
