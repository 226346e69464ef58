//! What bodies do with what they see of their call, at real servers.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use resilience_peers::{Envoy, EnvoyCluster, Etcd, Postgres, Reply, Upstream};
use resilience_runtime::{
    CallContext, Classify, Registry, ResilienceError, database_resilient, resilient,
};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, thiserror::Error, Classify)]
enum StatementError {
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

/// PostgreSQL is told how long the attempt waits.
#[database_resilient(timeout = limit, retry = off)]
async fn sleep_there(
    client: &tokio_postgres::Client,
    limit: Duration,
    seconds: u32,
) -> Result<(), StatementError> {
    let context = CallContext::current().expect("inside of a body");
    let remaining = context.remaining().expect("there is a timeout");
    let millis = remaining
        .saturating_sub(Duration::from_millis(500))
        .as_millis();
    let statements = format!("SET statement_timeout = {millis}; SELECT pg_sleep({seconds})");
    Ok(client.batch_execute(&statements).await?)
}

#[tokio::test]
async fn postgres_ends_by_itself_a_statement_that_nobody_waits_for() -> Result<()> {
    let postgres = Postgres::start().await?;
    let client = postgres.client().await?;
    let before = postgres.recorded().await?.of("57014");
    let registry = Registry::new();
    let error = registry
        .scope(sleep_there(&client, Duration::from_secs(2), 600))
        .await
        .expect_err("it sleeps for longer");
    // The server's word, and not the timeout's.
    assert!(
        matches!(&error, StatementError::Postgres(error) if error.code().is_some_and(|code| code.code() == "57014"))
    );
    assert_eq!(postgres.recorded().await?.of("57014"), before + 1);
    // The connection is of use.
    registry
        .scope(sleep_there(&client, Duration::from_secs(30), 0))
        .await?;
    Ok(())
}

/// How long a server may work on it: a little less than the attempt waits.
fn patience() -> Duration {
    let context = CallContext::current().expect("inside of a body");
    let remaining = context.remaining().expect("there is a timeout");
    remaining.saturating_sub(Duration::from_millis(500))
}

#[derive(Debug, thiserror::Error, Classify)]
enum CallError {
    #[error("answered {0}")]
    #[classify(outcome_unknown)]
    Answered(String),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

/// etcd is told by gRPC's own header. Written by hand, so that no client has a timer of its own.
#[resilient(service = "etcd", timeout = limit, retry = off)]
async fn lock_orders(
    client: &reqwest::Client,
    etcd: SocketAddr,
    limit: Duration,
) -> Result<(), CallError> {
    // LockRequest { name: "orders" }, in a frame without compression.
    let request = b"\0\0\0\0\x08\x0a\x06orders";
    let answer = client
        .post(format!("http://{etcd}/v3lockpb.Lock/Lock"))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("grpc-timeout", format!("{}m", patience().as_millis()))
        .body(&request[..])
        .send()
        .await?;
    let header = |name| answer.headers().get(name).and_then(|it| it.to_str().ok());
    match header("grpc-status") {
        // An answer with a message has its status behind it.
        None => Ok(()),
        Some(status) => {
            let message = header("grpc-message").unwrap_or_default();
            Err(CallError::Answered(format!("{status}: {message}")))
        }
    }
}

#[tokio::test]
async fn grpc_server_stops_waiting_for_a_lock_when_its_client_does() -> Result<()> {
    let etcd = Etcd::start().await?;
    let mut owner = etcd_client::Client::connect([etcd.address().to_string()], None).await?;
    let held = owner.lock("orders", None).await?;
    let waiting = etcd_client::GetOptions::new()
        .with_prefix()
        .with_count_only();
    let client = reqwest::Client::builder().http2_prior_knowledge().build()?;
    let registry = Registry::new();
    let limit = Duration::from_secs(2);
    let error = registry
        .scope(lock_orders(&client, etcd.address(), limit))
        .await
        .expect_err("another one has it");
    // The server's words. Its status is UNKNOWN, and not DEADLINE_EXCEEDED.
    assert!(
        matches!(&error, CallError::Answered(answer) if answer == "2: context deadline exceeded"),
        "{error:?}"
    );
    // Nobody stands in the line any more who would get the lock and not know of it.
    assert_eq!(owner.get("orders", Some(waiting)).await?.count(), 1);
    owner.unlock(held.key()).await?;
    registry
        .scope(lock_orders(&client, etcd.address(), limit))
        .await?;
    Ok(())
}

/// Envoy is told by gRPC's header as well, where its route allows so much.
#[resilient(service = "envoy", timeout = limit, retry = off)]
async fn ask_envoy(
    client: &reqwest::Client,
    url: &str,
    limit: Duration,
) -> Result<String, CallError> {
    let answer = client
        .get(url)
        .header("grpc-timeout", format!("{}m", patience().as_millis()))
        .send()
        .await?;
    match answer.status().as_u16() {
        200 => Ok(answer.text().await?),
        status => {
            let body = answer.text().await?;
            Err(CallError::Answered(format!("{status}: {body}")))
        }
    }
}

#[tokio::test]
async fn http_proxy_ends_by_itself_a_request_that_nobody_waits_for() -> Result<()> {
    let upstream = Upstream::start().await?;
    let allowed = json!({"max_stream_duration": {"grpc_timeout_header_max": "60s"}});
    let cluster = EnvoyCluster::new("slow", [upstream.address()]).routed(allowed);
    let envoy = Envoy::start(&[cluster]).await?;
    let (client, url) = (reqwest::Client::new(), envoy.url("slow"));
    let registry = Registry::new();
    let limit = Duration::from_secs(2);
    upstream.next([Reply::Never]);
    let error = registry.scope(ask_envoy(&client, &url, limit)).await;
    let error = error.expect_err("nobody answers");
    // The proxy's words, and not the timeout's.
    assert!(
        matches!(&error, CallError::Answered(answer) if answer == "504: downstream duration timeout"),
        "{error:?}"
    );
    assert_eq!(
        registry.scope(ask_envoy(&client, &url, limit)).await?,
        "done"
    );
    Ok(())
}

/// A payment service that makes one payment for each key, and loses the answers to the first requests.
#[derive(Default)]
struct Ledger {
    payments: HashMap<String, u32>,
    requests: u32,
    lost: u32,
}

async fn serve(mut stream: TcpStream, ledger: Arc<Mutex<Ledger>>) -> Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut part = [0; 1024];
        let length = stream.read(&mut part).await?;
        anyhow::ensure!(length > 0, "the client is gone");
        head.extend_from_slice(&part[..length]);
    }
    let head = String::from_utf8(head)?.to_lowercase();
    let key = head
        .lines()
        .find_map(|line| line.strip_prefix("idempotency-key: "))
        .map(str::to_owned);
    let known = {
        let mut ledger = ledger.lock().expect("no panic");
        match (head.starts_with("post"), key) {
            (true, Some(key)) => {
                ledger.requests += 1;
                *ledger.payments.entry(key).or_default() += 1;
                if ledger.lost > 0 {
                    ledger.lost -= 1;
                    // It was made, and the client will never know.
                    return Ok(());
                }
                true
            }
            (false, Some(key)) => ledger.payments.contains_key(&key),
            (_, None) => anyhow::bail!("a request without a key"),
        }
    };
    let status = if known { "200 OK" } else { "404 Not Found" };
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    stream.write_all(answer.as_bytes()).await?;
    Ok(())
}

async fn payments(lost: u32) -> Result<(String, Arc<Mutex<Ledger>>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/payments", listener.local_addr()?);
    let ledger = Arc::new(Mutex::new(Ledger {
        lost,
        ..Ledger::default()
    }));
    let served = Arc::clone(&ledger);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&served)));
        }
    });
    Ok((url, ledger))
}

#[derive(Debug, thiserror::Error, Classify)]
enum PayError {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

fn key() -> String {
    CallContext::current()
        .expect("inside of a body")
        .idempotency_key()
}

async fn post(client: &reqwest::Client, url: &str) -> Result<u16, PayError> {
    let request = client.post(url).header("Idempotency-Key", key());
    Ok(request.send().await?.error_for_status()?.status().as_u16())
}

#[resilient(
    service = "payments",
    idempotent,
    retry(max_attempts = 5, base_delay = "5ms")
)]
async fn pay(client: &reqwest::Client, url: &str) -> Result<u16, PayError> {
    post(client, url).await
}

/// Not idempotent: after a lost answer the server is asked whether there is such a payment.
#[resilient(service = "payments", verify = paid, retry(max_attempts = 5, base_delay = "5ms"))]
async fn pay_verified(client: &reqwest::Client, url: &str) -> Result<u16, PayError> {
    post(client, url).await
}

async fn paid(client: &reqwest::Client, url: &str) -> Result<Option<u16>, PayError> {
    let request = client.get(url).header("Idempotency-Key", key());
    let status = request.send().await?.status().as_u16();
    Ok((status == 200).then_some(status))
}

#[tokio::test]
async fn payment_with_one_key_is_made_once_however_often_it_is_sent() -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    for (verified, lost, requests) in [(false, 3, 4), (true, 3, 1), (false, 0, 1)] {
        let (url, ledger) = payments(lost).await?;
        let registry = Registry::new();
        let status = if verified {
            registry.scope(pay_verified(&client, &url)).await?
        } else {
            registry.scope(pay(&client, &url)).await?
        };
        assert_eq!(status, 200);
        let ledger = ledger.lock().expect("no panic");
        assert_eq!(ledger.payments.len(), 1, "one key");
        assert_eq!(ledger.requests, requests);
    }
    Ok(())
}
