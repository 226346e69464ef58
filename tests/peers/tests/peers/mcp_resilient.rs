//! What becomes of tool calls behind the attribute when the server is killed: its log of calls decides.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use resilience_peers::{CallLog, FaultProxy, McpOrders, McpOrdersStdio, Mode};
use resilience_runtime::ResilienceError;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::mcp;
use crate::mcp_tools::{Tools, Way, meaning};

async fn until_began(calls: &CallLog, tool: &str, times: usize) {
    while calls.began(tool) < times {
        sleep(Duration::from_millis(5)).await;
    }
}

fn long_order() -> Value {
    json!({"item": "tea", "seconds": 600})
}

/// It was the transport that ended, not the patience of the caller.
fn is_timeout(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(ResilienceError::Timeout { .. }))
}

#[tokio::test]
async fn an_order_that_a_crash_cut_off_is_not_placed_again() -> Result<()> {
    let mut server = McpOrders::start().await?;
    let tools = Tools::http(server.url()).await?;
    let calls = server.calls();
    let arguments = long_order();
    let (lost, ()) = tokio::join!(tools.call("place_order", &arguments), async {
        until_began(&calls, "place_order", 1).await;
        server.kill_hard().await;
    });
    let lost = lost.err().context("it was killed")?;
    assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    assert!(!is_timeout(&lost), "{lost:?}");
    assert_eq!(tools.stats()?.attempts, 1);

    server.start().await?;
    let orders = tools.call("orders", &Value::Null).await?;
    assert_eq!(mcp::text(&orders), "1");
    assert_eq!(tools.renewals(), 1);
    assert_eq!(calls.began("place_order"), 1, "{:?}", calls.lines());
    Ok(())
}

#[tokio::test]
async fn nor_over_stdio_where_the_next_call_starts_another_child() -> Result<()> {
    let server = Arc::new(McpOrdersStdio::new().await?);
    let tools = Tools::over(Way::Stdio(server.clone())).await?;
    let calls = server.calls();
    let arguments = long_order();
    let (lost, killed) = tokio::join!(tools.call("place_order", &arguments), async {
        until_began(&calls, "place_order", 1).await;
        server.kill_hard().await
    });
    killed?;
    let lost = lost.err().context("it was killed")?;
    assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    assert!(!is_timeout(&lost), "{lost:?}");

    let orders = tools.call("orders", &Value::Null).await?;
    assert_eq!(mcp::text(&orders), "1");
    assert_eq!(tools.renewals(), 1);
    assert_eq!(calls.began("place_order"), 1, "{:?}", calls.lines());
    let children = calls.lines();
    let children = children.iter().filter(|line| line.starts_with("serves "));
    assert_eq!(children.count(), 2);
    Ok(())
}

#[tokio::test]
async fn a_tool_that_reads_is_asked_again_after_a_crash() -> Result<()> {
    let mut server = McpOrders::start().await?;
    let tools = Tools::http(server.url()).await?;
    let calls = server.calls();
    let (done, restarted) = tokio::join!(tools.call("hang_once", &Value::Null), async {
        until_began(&calls, "hang_once", 1).await;
        server.kill_hard().await;
        server.start().await
    });
    restarted?;
    assert_eq!(mcp::text(&done?), "done");
    assert_eq!(tools.renewals(), 1);
    assert_eq!((calls.began("hang_once"), calls.ended("hang_once")), (2, 1));
    Ok(())
}

#[tokio::test]
async fn and_over_stdio_by_another_child() -> Result<()> {
    let server = Arc::new(McpOrdersStdio::new().await?);
    let tools = Tools::over(Way::Stdio(server.clone())).await?;
    let calls = server.calls();
    let (done, killed) = tokio::join!(tools.call("hang_once", &Value::Null), async {
        until_began(&calls, "hang_once", 1).await;
        server.kill_hard().await
    });
    killed?;
    assert_eq!(mcp::text(&done?), "done");
    assert_eq!(tools.renewals(), 1);
    assert_eq!((calls.began("hang_once"), calls.ended("hang_once")), (2, 1));
    Ok(())
}

#[tokio::test]
async fn an_order_waits_for_a_server_that_is_down() -> Result<()> {
    let mut server = McpOrders::start().await?;
    let tools = Tools::http(server.url()).await?;
    server.kill_hard().await;
    // Whoever sent an order over the connection that just broke could not know what became of it.
    let asked = tools.call_quickly("orders", &Value::Null).await;
    assert!(asked.is_err(), "nobody is there");
    let before = tools.stats()?;
    let arguments = json!({"item": "milk"});
    let (placed, restarted) = tokio::join!(tools.call("place_order", &arguments), async {
        loop {
            let now = tools.stats()?;
            if now.failures.transient >= before.failures.transient + 2 {
                break;
            }
            ensure!(
                now.failed == before.failed,
                "the order is given up: {now:?}"
            );
            sleep(Duration::from_millis(5)).await;
        }
        server.start().await
    });
    restarted?;
    assert_eq!(mcp::text(&placed?), "order 1: milk");
    let calls = server.calls();
    assert_eq!(
        (calls.began("place_order"), calls.ended("place_order")),
        (1, 1)
    );
    Ok(())
}

async fn that_loses_a_reply(server: &McpOrders) -> Result<(FaultProxy, Tools)> {
    let proxy = FaultProxy::to(server.address()).await?;
    let tools = Tools::http(format!("{}/mcp", proxy.url())).await?;
    // The headers come before the work is done.
    let lost = Mode::drop_reply_to("place_order").once_answered("order 1");
    proxy.all(lost.with_reset().times(1));
    Ok((proxy, tools))
}

#[tokio::test]
async fn an_order_whose_answer_got_lost_is_not_placed_again() -> Result<()> {
    let server = McpOrders::start().await?;
    let (proxy, tools) = that_loses_a_reply(&server).await?;
    let arguments = json!({"item": "tea", "seconds": 0.1});
    let lost = tools.call("place_order", &arguments).await;
    let lost = lost.err().context("its answer was lost")?;
    assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    assert_eq!(proxy.faults(), 1);
    assert_eq!(tools.stats()?.attempts, 1);
    let calls = server.calls();
    assert_eq!(
        (calls.began("place_order"), calls.ended("place_order")),
        (1, 1)
    );
    Ok(())
}

#[tokio::test]
async fn whoever_can_ask_finds_the_order() -> Result<()> {
    let server = McpOrders::start().await?;
    let (proxy, tools) = that_loses_a_reply(&server).await?;
    assert_eq!(tools.order("tea", 0).await?, "found 1: tea");
    assert_eq!(proxy.faults(), 1);
    assert_eq!(server.calls().began("place_order"), 1);
    assert_eq!(tools.order("milk", 1).await?, "order 2: milk");
    Ok(())
}
