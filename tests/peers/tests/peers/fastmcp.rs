//! Orders placed with fastmcp, directly and behind Envoy: the server's log says how often.

use std::time::Duration;

use anyhow::{Context as _, Result};
use resilience_peers::{CallLog, Envoy, EnvoyCluster, FastMcp, FaultProxy, McpOrders, Mode};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::mcp;
use crate::mcp_tools::{Tools, meaning};

async fn until_began(calls: &CallLog, times: usize) {
    while calls.began("place_order") < times {
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn fastmcp_order_without_an_answer_is_not_placed_again() -> Result<()> {
    let mut server = FastMcp::start().await?;
    let calls = server.calls();
    let proxy = FaultProxy::to(server.address()).await?;
    let tools = Tools::http(format!("http://{}/mcp", proxy.address())).await?;
    let tea = json!({"item": "tea"});
    let placed = tools.call("place_order", &tea).await?;
    assert_eq!(mcp::text(&placed), "order 1: tea");

    // The answer is lost on the way.
    proxy.all(
        Mode::drop_reply_to("place_order")
            .once_answered("order 2")
            .times(1),
    );
    let lost = tools
        .call("place_order", &tea)
        .await
        .err()
        .context("lost")?;
    assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    assert_eq!((proxy.faults(), calls.began("place_order")), (1, 2));

    // The server is killed while it works.
    let long = json!({"item": "tea", "seconds": 600});
    let (killed, ()) = tokio::join!(tools.call("place_order", &long), async {
        until_began(&calls, 3).await;
        server.kill_hard().await;
    });
    let killed = killed.err().context("it was killed")?;
    assert!(meaning(&killed).is_outcome_unknown(), "{killed:?}");
    assert_eq!(calls.began("place_order"), 3);

    // Nobody there: asked again until somebody is.
    proxy.refuse().await;
    let before = tools.stats()?.attempts;
    let (placed, started) = tokio::join!(tools.call("place_order", &tea), async {
        while tools.stats()?.attempts < before + 3 {
            sleep(Duration::from_millis(5)).await;
        }
        server.start().await?;
        anyhow::Ok(proxy.listen()?)
    });
    started?;
    assert_eq!(mcp::text(&placed?), "order 4: tea");
    assert_eq!(calls.began("place_order"), 4);
    assert_eq!(mcp::text(&tools.call("orders", &Value::Null).await?), "4");
    Ok(())
}

#[tokio::test]
async fn mcp_order_behind_envoy_is_not_placed_again() -> Result<()> {
    let mut server = McpOrders::start().await?;
    let calls = server.calls();
    let envoy = Envoy::start(&[EnvoyCluster::new("orders", [server.address()])]).await?;
    let tools = Tools::http(format!("{}mcp", envoy.url("orders"))).await?;
    let long = json!({"item": "tea", "seconds": 600});
    let (lost, ()) = tokio::join!(tools.call("place_order", &long), async {
        until_began(&calls, 1).await;
        server.kill_hard().await;
    });
    let lost = lost.err().context("it was killed")?;
    assert!(meaning(&lost).is_outcome_unknown(), "{lost:?}");
    assert_eq!(tools.stats()?.attempts, 1);
    server.start().await?;
    assert_eq!(mcp::text(&tools.call("orders", &Value::Null).await?), "1");
    Ok(())
}
