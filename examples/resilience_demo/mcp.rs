//! Tool calls: what is an answer, what is a failure, and what must never be sent twice.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use resilience_runtime::{
    Classify, Registry, ResilienceError, ServiceKind, Verdict, mcp_resilient,
    telemetry::ServiceStats,
};
use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, CallToolResult};
use rmcp::service::{Peer, RoleClient, ServiceError};

use crate::log::{self, Log};
use crate::mcp_server::{Kitchen, Restaurant};
use crate::story::{Story, ms};

#[derive(Debug, thiserror::Error)]
enum ToolError {
    #[error(transparent)]
    Mcp(#[from] ServiceError),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for ToolError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Mcp(ServiceError::McpError(error)) => Verdict::from_jsonrpc(error.code.0),
            // It never left this process.
            Self::Mcp(ServiceError::TransportSend(_)) => Verdict::transient(),
            Self::Mcp(ServiceError::TransportClosed | ServiceError::Timeout { .. }) => {
                Verdict::outcome_unknown()
            }
            Self::Mcp(_) => Verdict::permanent(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

/// Any tool, so nothing may be assumed of it: it is not idempotent.
#[mcp_resilient(
    service = "restaurant",
    retry(base_delay = "20ms", max_delay = "100ms"),
    timeout = "1s"
)]
async fn call_tool(
    server: &Peer<RoleClient>,
    call: CallToolRequestParams,
) -> Result<CallToolResult, ToolError> {
    Ok(server.call_tool(call).await?)
}

/// Reads the menu: may be repeated, and an `Ok` that says "busy" is worth another attempt.
#[mcp_resilient(
    service = "restaurant",
    retry(base_delay = "20ms", max_delay = "100ms"),
    timeout = "10s",
    idempotent,
    classify_ok = busy
)]
async fn read_menu(server: &Peer<RoleClient>) -> Result<CallToolResult, ToolError> {
    Ok(server.call_tool(CallToolRequestParams::new("menu")).await?)
}

fn busy(result: &CallToolResult) -> Option<Verdict> {
    let structured = result.structured_content.as_ref()?;
    (structured["code"] == "busy").then_some(Verdict::transient())
}

fn text(result: &CallToolResult) -> &str {
    let content = result.content.first().and_then(|block| block.as_text());
    content.map_or("", |text| text.text.as_str())
}

fn stats() -> anyhow::Result<ServiceStats> {
    let service = Registry::global().service("restaurant", ServiceKind::Mcp)?;
    Ok(service.stats())
}

pub async fn scene(story: &mut Story, log: &Log) -> anyhow::Result<()> {
    story.scene("An MCP server — #[mcp_resilient]");
    let kitchen = Arc::new(Kitchen::default());
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let restaurant = Restaurant(Arc::clone(&kitchen));
    let server = tokio::spawn(async move {
        restaurant.serve(theirs).await?.waiting().await?;
        anyhow::Ok(())
    });
    let client = ().serve(ours).await?;
    let tools = client.list_all_tools().await?;
    let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).collect();
    story.promise(
        names.len() == 3,
        format_args!("connected; it offers {}", names.join(", ")),
    );

    story.tell("A tool answers with `is_error`: that is an answer for the model, not a failure.");
    let result = call_tool(&client, CallToolRequestParams::new("order")).await?;
    let orders = kitchen.orders.load(Ordering::Relaxed);
    story.promise(
        result.is_error == Some(true) && orders == 1 && stats()?.successes == 1,
        format_args!("returned as it is after {orders} call: “{}”", text(&result)),
    );

    story.tell("A tool that does not exist.");
    let before = stats()?.attempts;
    let out = call_tool(&client, CallToolRequestParams::new("sing")).await;
    let attempts = stats()?.attempts - before;
    story.promise(
        matches!(&out, Err(ToolError::Mcp(ServiceError::McpError(_)))) && attempts == 1,
        format_args!("a JSON-RPC error that would come again: {attempts} attempt"),
    );

    story.tell("A table is booked, but the answer does not arrive.");
    let began = Instant::now();
    let out = call_tool(&client, CallToolRequestParams::new("book")).await;
    let took = began.elapsed();
    story.promise(
        matches!(
            &out,
            Err(ToolError::Resilience(ResilienceError::Timeout { .. }))
        ),
        format_args!("cut after {} by the attribute's timeout", ms(took)),
    );
    // Were there a second attempt, it would have begun by now.
    tokio::time::sleep(Duration::from_millis(150)).await;
    let bookings = kitchen.bookings.load(Ordering::Relaxed);
    story.promise(
        bookings == 1,
        format_args!(
            "and not repeated, since nobody knows whether it took effect (it did): {bookings} table is booked"
        ),
    );
    let cancelled = async {
        while kitchen.cancelled.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        kitchen.cancelled.load(Ordering::Relaxed)
    };
    let cancelled = tokio::time::timeout(Duration::from_secs(10), cancelled)
        .await
        .unwrap_or_default();
    story.promise(
        cancelled == 1,
        "the server was told that nobody waits for the answer any more",
    );

    story.tell("The menu may be read again, and `classify_ok` knows which `Ok` means “later”.");
    let result = read_menu(&client).await?;
    let menus = kitchen.menus.load(Ordering::Relaxed);
    story.promise(
        result.is_error != Some(true) && menus == 3,
        format_args!("after {menus} calls: “{}”", text(&result)),
    );

    let lines = log.take();
    story.promise(
        log::all_carry(&lines, "demo-mcp"),
        format_args!(
            "all {} log lines carry correlation_id=demo-mcp",
            lines.len()
        ),
    );
    client.cancel().await?;
    server.await??;
    Ok(())
}
