//! No argument, row or URL is in a log or in an error of the runtime.

use std::error::Error as _;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use resilience_peers::{FaultProxy, Mode, Postgres};
use resilience_runtime::{Registry, ResilienceError, database_resilient};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::bank::{Bank, BankError, Books, Client};

const SECRET: &str = "CANARY-argument";

async fn is_there(bank: &Bank, text: &str) -> Result<Option<()>, BankError> {
    let found = "DO $$ BEGIN ASSERT (SELECT count(*) FROM secret) = 1; END $$";
    let _ = text;
    bank.run(found).await.map(Some)
}

#[database_resilient(verify = is_there, retry(exhausted = "wrap"), deadline = "60s")]
async fn insert(bank: &Bank, text: &str) -> Result<(), BankError> {
    bank.tell("INSERT INTO secret VALUES ($1)", text).await
}

#[database_resilient(timeout = "3s", retry(exhausted = "wrap"))]
async fn convert(bank: &Bank, text: &str) -> Result<(), BankError> {
    bank.tell("SELECT $1::text::int", text).await
}

async fn no_secrets(client: Client) -> Result<()> {
    let output = tempfile::NamedTempFile::new()?;
    let layer = tracing_subscriber::fmt::layer()
        .with_span_events(FmtSpan::FULL)
        .with_writer(Arc::new(output.reopen()?))
        .with_filter(filter_fn(|metadata| {
            metadata.target().starts_with("resilience")
        }));
    let subscriber = tracing_subscriber::registry().with(layer);
    let _listening = tracing::subscriber::set_default(subscriber);

    let postgres = Postgres::start().await?;
    Books::open(&postgres).await?;
    let proxy = FaultProxy::to(postgres.address()).await?;
    let url = format!(
        "postgres://postgres:CANARY-password@{}/postgres?application_name=CANARY-name",
        proxy.address()
    );
    let bank = Bank::open(client, &url).await?;
    let registry = Registry::new();
    let mut errors = Vec::new();

    // The reply is lost; looking finds the row.
    proxy.open_connections(Mode::drop_reply_to(SECRET).times(1));
    registry.scope(insert(&bank, SECRET)).await?;
    assert_eq!(proxy.faults(), 1);
    // The details and the message of these hold what was sent.
    errors.push(
        registry
            .scope(insert(&bank, SECRET))
            .await
            .expect_err("is there"),
    );
    errors.push(
        registry
            .scope(convert(&bank, SECRET))
            .await
            .expect_err("no number"),
    );
    let told = format!("{errors:?}");
    assert!(told.matches(SECRET).count() >= 2, "{told}");
    assert!(
        postgres
            .log()
            .contains(&format!("Key (text)=({SECRET}) already exists"))
    );

    // Nobody answers, then nobody is there, until the breaker has had enough.
    proxy.all(Mode::Hang);
    errors.push(
        registry
            .scope(convert(&bank, SECRET))
            .await
            .expect_err("hangs"),
    );
    bank.reconnect().await?;
    proxy.all(Mode::Reset);
    for _ in 0..6 {
        errors.push(
            registry
                .scope(transient(&bank, SECRET))
                .await
                .expect_err("reset"),
        );
    }

    let mut seen = Vec::new();
    for error in &errors {
        if let BankError::Guard(guard) = error {
            let (shown, debugged) = (guard.to_string(), format!("{guard:?} {guard:#?}"));
            assert!(
                !shown.contains("CANARY") && !debugged.contains("CANARY"),
                "{shown} {debugged}"
            );
            seen.push(match guard {
                ResilienceError::Timeout { .. } => "timeout",
                ResilienceError::RetryExhausted { .. } => {
                    assert!(guard.source().is_some());
                    "exhausted"
                }
                ResilienceError::CircuitBreakerOpen { .. } => "open",
                other => panic!("{other:?}"),
            });
        }
    }
    seen.dedup();
    assert_eq!(seen, ["timeout", "exhausted", "open"]);

    let output = fs::read_to_string(output.path())?;
    for said in [
        "outcome verified",
        "23505",
        "22P02",
        "trying again",
        "call failed",
        "rejected",
    ] {
        assert!(output.contains(said), "{said} is missing:\n{output}");
    }
    assert!(!output.contains("CANARY"), "{output}");
    Ok(())
}

/// Sent again, whatever has become of it, until its attempts are used up.
#[database_resilient(idempotent, retry(exhausted = "wrap", base_delay = "1ms"))]
async fn transient(bank: &Bank, text: &str) -> Result<(), BankError> {
    bank.tell("SELECT $1::text", text).await
}

#[tokio::test]
async fn sqlx_keeps_them() -> Result<()> {
    tokio::time::timeout(Duration::from_secs(120), no_secrets(Client::Sqlx)).await?
}

#[tokio::test]
async fn tokio_postgres_keeps_them() -> Result<()> {
    tokio::time::timeout(Duration::from_secs(120), no_secrets(Client::TokioPostgres)).await?
}
