//! What an MCP client sees of the reference server.

use anyhow::{Context as _, Result};
use resilience_peers::McpEverything;
use serde_json::json;

use crate::mcp;

#[tokio::test]
async fn it_answers_and_loses_sessions_and_knows_of_it() -> Result<()> {
    let mut server = McpEverything::start().await?;
    assert_eq!(server.version(), "2026.8.31");
    assert_eq!(server.recorded().await?.total(), 0);

    let session = mcp::over_http(&server.url()).await?;
    let echo = mcp::call(&session, "echo", json!({"message": "hello"}))
        .await
        .context("an answer")??;
    assert!(mcp::text(&echo).contains("hello"), "{echo:?}");
    let wrong = mcp::call(&session, "no-such-tool", json!({}))
        .await
        .context("an answer")??;
    assert_eq!(wrong.is_error, Some(true));

    let (status, body) = mcp::lost_session(&server.url()).await?;
    assert_eq!((status, &body["error"]["code"]), (400, &json!(-32000)));
    assert_eq!(server.recorded().await?.of("400"), 1);

    server.kill_hard().await;
    assert!(
        mcp::call(&session, "echo", json!({"message": "down"}))
            .await
            .context("an answer")?
            .is_err()
    );
    server.start().await?;
    // It answers 400 where 404 is asked for, which some clients wait on for ever.
    let lost = mcp::call(&session, "echo", json!({"message": "lost"})).await;
    assert!(!matches!(lost, Some(Ok(_))), "{lost:?}");
    assert!(server.recorded().await?.of("400") > 1);
    let again = mcp::over_http(&server.url()).await?;
    assert!(
        mcp::call(&again, "echo", json!({"message": "again"}))
            .await
            .context("an answer")?
            .is_ok()
    );
    Ok(())
}

#[tokio::test]
async fn it_speaks_stdio() -> Result<()> {
    let session = mcp::over_stdio(McpEverything::stdio()?).await?;
    let sum = mcp::call(&session, "get-sum", json!({"a": 2, "b": 3}))
        .await
        .context("an answer")??;
    assert!(mcp::text(&sum).contains('5'), "{sum:?}");
    session.cancel().await?;
    Ok(())
}
