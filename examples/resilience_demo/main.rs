//! The whole toolkit in one sitting: an LLM over HTTP, an SQLite file, an MCP server, a secret store,
//! limits, three deployments behind one function, and in the end the registry's statistics.
//!
//! `cargo run --example resilience_demo` needs nothing else. Nothing is acted: every peer is real and in
//! this process, every number comes from this run, and every line with a ✓ or a ✗ was checked. The exit
//! code is 0 only if all of them hold.

mod database;
mod deployments;
mod limits;
mod llm;
mod llm_server;
mod log;
mod mcp;
mod mcp_server;
mod secret;
mod stats;
mod story;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use resilience_runtime::{Registry, Settings, with_correlation_id};

use log::Log;
use story::Story;

/// The story ends by itself long before this; what hangs shall not hang forever.
const PATIENCE: Duration = Duration::from_secs(50);

#[tokio::main]
async fn main() -> ExitCode {
    let started = Instant::now();
    let log = Log::install();
    let mut story = Story::new();
    let told = tokio::time::timeout(PATIENCE, tell(&mut story, &log)).await;
    story.promise(
        matches!(told, Ok(Ok(()))),
        match told {
            Ok(Ok(())) => "the story came to its end".to_owned(),
            Ok(Err(error)) => format!("the story came to its end (it broke off: {error})"),
            Err(_) => format!("the story came to its end (not within {PATIENCE:?})"),
        },
    );
    story.finish(started.elapsed())
}

async fn tell(story: &mut Story, log: &Log) -> anyhow::Result<()> {
    // The story shall be the same everywhere, so the variables of this process stay out of it. A program
    // of yours says `Settings::from_env()` here.
    Registry::global().configure(Settings::from_vars([("", ""); 0])?)?;

    // Every event that a scene causes carries the scene's correlation id.
    with_correlation_id("demo-llm", llm::scene(story, log)).await?;
    with_correlation_id("demo-database", database::scene(story, log)).await?;
    with_correlation_id("demo-mcp", mcp::scene(story, log)).await?;
    with_correlation_id("demo-secret", secret::scene(story, log)).await?;
    with_correlation_id("demo-limits", limits::scene(story, log)).await?;
    with_correlation_id("demo-deployments", deployments::scene(story, log)).await?;
    stats::scene(story);
    Ok(())
}
