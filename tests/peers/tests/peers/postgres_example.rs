//! `examples/postgres.rs` keeps its promises on a server that is new.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::Postgres;
use tokio::process::Command;
use tokio::time::timeout;

#[tokio::test]
async fn it_keeps_its_promises_and_leaves_nothing() -> Result<()> {
    // `cargo test` builds examples beside the tests, `…/deps/peers-0123…` and `…/examples/postgres`, but not when it is
    // told which tests to run.
    let test = std::env::current_exe()?;
    let profile = test.parent().and_then(Path::parent).context("…/deps")?;
    let example = profile.join("examples/postgres");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/postgres.rs");
    let modified = |path: &Path| path.metadata().and_then(|file| file.modified());
    assert!(
        modified(&example).ok() >= Some(modified(&source)?),
        "{} is missing or old: run `cargo build -p resilience-peers --examples` first",
        example.display()
    );

    let postgres = Postgres::start().await?;
    let run = Command::new(example)
        .env("DATABASE_URL", postgres.url())
        .kill_on_drop(true)
        .output();
    let output = timeout(Duration::from_secs(60), run).await??;
    let told = String::from_utf8_lossy(&output.stdout);
    let logged = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{logged}");
    assert_eq!(
        (told.matches('✓').count(), told.matches('✗').count()),
        (10, 0),
        "{told}"
    );
    assert!(
        logged.contains("outcome verified") && logged.contains("40001"),
        "{logged}"
    );

    assert!(postgres.recorded().await?.of("40001") > 0);
    let left = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'resilience%'";
    let row = postgres.client().await?.query_one(left, &[]).await?;
    assert_eq!(row.get::<_, i64>(0), 0);
    Ok(())
}
