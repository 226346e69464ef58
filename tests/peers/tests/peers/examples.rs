//! The examples that talk to servers keep their promises, and say so by their exit code.

use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::{McpEverything, OpenBao};
use tokio::process::Command;
use tokio::time::timeout;

/// `cargo test` builds them beside the tests; `cargo test --test peers` does not.
fn executable(example: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let profile = test.parent().and_then(|deps| deps.parent());
    let path = profile.context("…/deps")?.join("examples").join(example);
    anyhow::ensure!(
        path.is_file(),
        "{} is missing: run `cargo build -p resilience-peers --examples` first",
        path.display()
    );
    Ok(path)
}

async fn run(example: &str, variables: &[(&str, String)]) -> Result<Output> {
    let mut command = Command::new(executable(example)?);
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let output = command.kill_on_drop(true).output();
    Ok(timeout(Duration::from_secs(60), output).await??)
}

fn kept(output: &Output) -> Result<String> {
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    anyhow::ensure!(output.status.success(), "{told}\n{complained}");
    anyhow::ensure!(!told.contains('✗'), "{told}");
    Ok(told)
}

#[tokio::test]
async fn mcp() -> Result<()> {
    let server = McpEverything::start().await?;
    kept(&run("mcp", &[("MCP_URL", server.url())]).await?)?;
    assert_eq!(server.heard("tools/call trigger-long-running-operation"), 1);
    assert_eq!(server.heard("notifications/cancelled"), 1);
    assert_eq!(server.heard("tools/call get-sum"), 1);
    Ok(())
}

#[tokio::test]
async fn vault() -> Result<()> {
    let bao = OpenBao::start().await?;
    let variables = [
        ("VAULT_ADDR", bao.url()),
        ("VAULT_TOKEN", OpenBao::TOKEN.to_owned()),
        ("UNSEAL_KEY", bao.unseal_key()?),
    ];
    let told = kept(&run("vault", &variables).await?)?;
    assert!(told.contains("an old value is served"), "{told}");
    // Missing once, and denied once.
    assert_eq!(bao.requests("secret/data/nowhere")?, 1);
    assert_eq!(bao.recorded().await?.of("permission denied"), 1);
    Ok(())
}

#[tokio::test]
async fn without_a_server_they_say_what_is_missing() -> Result<()> {
    for (example, variable) in [("mcp", "MCP_URL"), ("vault", "VAULT_ADDR")] {
        let mut command = Command::new(executable(example)?);
        let output = command.env_remove(variable).output().await?;
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(variable));
    }
    Ok(())
}
