//! What an MCP client sees of a server that is killed in the middle of a call.

use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::{CallLog, FaultProxy, McpOrders, McpOrdersStdio, Mode};
use rmcp::service::ServiceError;
use serde_json::json;
use tokio::time::sleep;

use crate::mcp;

async fn until_began(calls: &CallLog, tool: &str, times: usize) {
    while calls.began(tool) < times {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn it_answers_and_fails_and_is_killed_in_mid_call() -> Result<()> {
    let mut server = McpOrders::start().await?;
    assert_eq!(server.version(), "2.3.0");
    let session = mcp::over_http(&server.url()).await?;
    for tool in session.list_all_tools().await? {
        let hints = tool.annotations.clone().context("annotations")?;
        assert_eq!(
            hints.read_only_hint,
            Some(tool.name != "place_order"),
            "{}",
            tool.name
        );
    }

    let placed = mcp::call(&session, "place_order", json!({"item": "tea"}))
        .await
        .context("an answer")??;
    assert_eq!(mcp::text(&placed), "order 1: tea");
    let failed = mcp::call(&session, "flaky", json!({"times": 1}))
        .await
        .context("an answer")??;
    assert_eq!(failed.is_error, Some(true));
    let better = mcp::call(&session, "flaky", json!({"times": 1}))
        .await
        .context("an answer")??;
    assert_eq!(mcp::text(&better), "at last");

    let calls = server.calls();
    let (lost, ()) = tokio::join!(
        mcp::call(
            &session,
            "place_order",
            json!({"item": "milk", "seconds": 600})
        ),
        async {
            until_began(&calls, "place_order", 2).await;
            server.kill_hard().await;
        }
    );
    let lost = lost.context("an answer")?.expect_err("killed");
    assert!(matches!(lost, ServiceError::TransportClosed), "{lost:?}");
    let down = mcp::call(&session, "orders", json!({}))
        .await
        .context("an answer")?
        .expect_err("down");
    assert!(matches!(down, ServiceError::TransportSend(_)), "{down:?}");

    server.start().await?;
    let (status, _) = mcp::lost_session(&server.url()).await?;
    assert_eq!(status, 404);
    let orders = mcp::call(&session, "orders", json!({}))
        .await
        .context("an answer")??;
    assert_eq!(
        mcp::text(&orders),
        "2",
        "the client began a new session, and the order was placed"
    );
    assert_eq!(
        (calls.began("place_order"), calls.ended("place_order")),
        (2, 1)
    );
    let faults = server.recorded().await?;
    assert_eq!(
        (faults.of("failed"), faults.of("unfinished")),
        (1, 1),
        "{faults:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_reply_can_be_lost_though_its_headers_were_early() -> Result<()> {
    let server = McpOrders::start().await?;
    let proxy = FaultProxy::to(server.address()).await?;
    let session = mcp::over_http(&format!("{}/mcp", proxy.url())).await?;
    proxy.all(
        Mode::drop_reply_to("place_order")
            .once_answered("order 1")
            .with_reset(),
    );
    let lost = mcp::call(
        &session,
        "place_order",
        json!({"item": "tea", "seconds": 0.1}),
    )
    .await;
    assert!(!matches!(lost, Some(Ok(_))), "{lost:?}");
    assert_eq!(
        (server.calls().ended("place_order"), proxy.faults()),
        (1, 1)
    );
    Ok(())
}

#[tokio::test]
async fn over_stdio_it_is_gone_for_good() -> Result<()> {
    let server = McpOrdersStdio::new().await?;
    let session = mcp::over_stdio(server.command()?).await?;
    let calls = server.calls();
    let (lost, ()) = tokio::join!(
        mcp::call(
            &session,
            "place_order",
            json!({"item": "tea", "seconds": 600})
        ),
        async {
            until_began(&calls, "place_order", 1).await;
            server.kill_hard().await.expect("killed");
        }
    );
    assert!(matches!(
        lost.context("an answer")?,
        Err(ServiceError::TransportClosed)
    ));
    let later = mcp::call(&session, "orders", json!({}))
        .await
        .context("an answer")?;
    assert!(
        matches!(later, Err(ServiceError::TransportClosed)),
        "{later:?}"
    );

    let session = mcp::over_stdio(server.command()?).await?;
    let orders = mcp::call(&session, "orders", json!({}))
        .await
        .context("an answer")??;
    assert_eq!(mcp::text(&orders), "1");
    session.cancel().await?;
    Ok(())
}
