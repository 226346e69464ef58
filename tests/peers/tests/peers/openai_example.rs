//! `examples/openai.rs` against a server that fails.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use resilience_peers::LlMock;
use serde_json::json;
use tokio::process::Command;
use tokio::time::timeout;

/// `cargo test` builds examples beside the tests: `…/deps/peers-0123…` and `…/examples/openai`.
fn executable() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let profile = test.parent().and_then(Path::parent).context("…/deps")?;
    let name = format!("openai{}", std::env::consts::EXE_SUFFIX);
    let path = profile.join("examples").join(name);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/openai.rs");
    ensure!(
        path.is_file() && path.metadata()?.modified()? >= source.metadata()?.modified()?,
        "{} is missing or old: run `cargo test -p resilience-peers` as a whole",
        path.display()
    );
    Ok(path)
}

async fn run(llmock: &LlMock) -> Result<Output> {
    let mut example = Command::new(executable()?);
    example
        .env("OPENAI_BASE_URL", format!("{}/v1", llmock.url()))
        .env("OPENAI_API_KEY", "sk-canary")
        .env("NO_PROXY", "*")
        .kill_on_drop(true);
    Ok(timeout(Duration::from_secs(60), example.output()).await??)
}

#[tokio::test]
async fn it_keeps_its_promises() -> Result<()> {
    let llmock = LlMock::start_with(&["--context-window", "1500"]).await?;
    let stream = json!({"stream": true});
    let plain = json!({"stream": false});
    llmock
        .scenario(&json!({"behaviors": [
            {"type": "fail", "status": 429, "retry_after": 0.4, "match": plain},
            {"type": "fail", "status": 500, "retry_after": 0.1, "match": plain},
            {"type": "fail", "status": 429, "code": "insufficient_quota", "retry_after": 0, "match": plain},
            {"type": "fail", "status": 529, "retry_after": 0.1, "match": stream},
            {"type": "stream_fault", "kind": "truncate", "after_chunks": 1},
            {"type": "stream_fault", "kind": "truncate", "after_chunks": 4},
        ]}))
        .await?;
    let output = run(&llmock).await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    for expected in [
        "all as promised",
        "broke off",
        "8 answers",
        "1 with less",
        "retry",
    ] {
        assert!(said.contains(expected), "{expected}:\n{said}");
    }
    assert!(!said.contains("sk-canary"), "{said}");
    let recorded = llmock.recorded().await?;
    assert_eq!(recorded.of("scenario:429"), 2, "{recorded:?}");
    assert_eq!(recorded.of("context_window"), 1, "{recorded:?}");
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);
    Ok(())
}

#[tokio::test]
async fn it_ends_with_a_failure_where_it_cannot() -> Result<()> {
    let llmock = LlMock::start().await?;
    let broken =
        json!({"type": "stream_fault", "kind": "truncate", "after_chunks": 4, "times": null});
    llmock.scenario(&json!({ "behaviors": [broken] })).await?;
    let output = run(&llmock).await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("NOT as promised"), "{said}");
    Ok(())
}
