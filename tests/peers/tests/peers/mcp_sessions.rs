//! What becomes of tool calls behind the attribute at the reference server, which loses its sessions when it is started
//! again and answers in its own way.

use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::McpEverything;
use resilience_runtime::{ResilienceError, verdict::ErrorCode};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::mcp;
use crate::mcp_tools::{CUT, Tools, meaning};

const ECHO: &str = "tools/call echo";
const LONG: &str = "trigger-long-running-operation";

#[tokio::test]
async fn those_who_lost_a_session_renew_it_once() -> Result<()> {
    let mut server = McpEverything::start().await?;
    let tools = Tools::http(server.url()).await?;
    tools.call("echo", &json!({"message": "before"})).await?;
    server.restart().await?;
    let (initialized, refused) = (
        server.heard("initialize"),
        server.recorded().await?.of("400"),
    );

    let arguments = json!({"message": "hello"});
    let call = || tools.call_quickly("echo", &arguments);
    let all = tokio::join!(call(), call(), call(), call(), call());
    for result in [all.0, all.1, all.2, all.3, all.4] {
        assert!(mcp::text(&result?).contains("hello"));
    }
    // Each of them was cut once.
    let stats = tools.stats()?;
    assert_eq!((stats.attempts, stats.timeouts), (1 + 5 + 5, 5));
    assert_eq!(tools.renewals(), 1);
    assert_eq!(server.heard("initialize") - initialized, 1);
    assert!(server.recorded().await?.of("400") - refused >= 5);
    assert_eq!(server.heard(ECHO), 1 + 5 + 5);
    Ok(())
}

#[tokio::test]
async fn who_must_not_repeat_is_told_and_finds_a_session_next_time() -> Result<()> {
    let mut server = McpEverything::start().await?;
    let tools = Tools::http(server.url()).await?;
    server.restart().await?;

    // The refusal names no request, so no client knows that it is the answer.
    let arguments = json!({"message": "hello"});
    let lost = tools.call_once("echo", &arguments).await;
    let lost = lost.err().context("no session")?;
    assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    let cut = lost.downcast_ref::<ResilienceError>();
    assert!(
        matches!(cut, Some(ResilienceError::Timeout { after, .. }) if *after == CUT),
        "{lost:?}"
    );
    assert_eq!((server.heard(ECHO), tools.renewals()), (1, 0));

    tools.call_once("echo", &arguments).await?;
    assert_eq!((server.heard(ECHO), tools.renewals()), (2, 1));
    Ok(())
}

#[tokio::test]
async fn a_failed_tool_is_an_answer() -> Result<()> {
    let server = McpEverything::start().await?;
    let tools = Tools::http(server.url()).await?;
    for (tool, arguments) in [
        ("no-such-tool", Value::Null),
        ("get-sum", json!({"a": "not a number"})),
    ] {
        let message = format!("tools/call {tool}");
        let failed = tools.call(tool, &arguments).await?;
        assert_eq!(failed.is_error, Some(true), "{failed:?}");
        assert_eq!(server.heard(&message), 1);

        let failed = tools.call_or_fail(tool, &arguments).await?;
        assert_eq!(failed.is_error, Some(true), "{failed:?}");
        assert_eq!(server.heard(&message), 2);
    }
    let stats = tools.stats()?;
    assert_eq!((stats.successes, stats.failures.permanent), (2, 2));
    assert_eq!(stats.circuit.consecutive_failures, 0, "{stats:?}");
    Ok(())
}

#[tokio::test]
async fn a_method_that_it_does_not_know_is_asked_for_once() -> Result<()> {
    let server = McpEverything::start().await?;
    let tools = Tools::http(server.url()).await?;
    let unknown = tools.request("no/such", &json!({})).await;
    let verdict = meaning(&unknown.err().context("no such method")?);
    assert!(verdict.is_permanent(), "{verdict:?}");
    assert_eq!(verdict.code(), Some(ErrorCode::JsonRpc(-32601)));
    assert_eq!(server.heard("no/such"), 1);
    assert_eq!(tools.renewals(), 0);
    Ok(())
}

#[tokio::test]
async fn a_tool_that_takes_too_long_is_cancelled() -> Result<()> {
    let server = McpEverything::start().await?;
    let tools = Tools::http(server.url()).await?;
    let arguments = json!({"duration": 600, "steps": 1});
    let cut = tools.call_once(LONG, &arguments).await;
    let cut = cut.err().context("it takes too long")?;
    assert!(meaning(&cut).is_outcome_unknown(), "{cut:?}");
    let cancelled = async {
        while server.heard("notifications/cancelled") == 0 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(60), cancelled).await;
    told.context("nobody told the server")?;
    assert_eq!(server.heard(&format!("tools/call {LONG}")), 1);
    Ok(())
}
