//! A restaurant with an MCP server.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rmcp::model::{CallToolResult, ContentBlock};
use rmcp::service::RequestContext;
use rmcp::{RoleServer, ServerHandler, tool, tool_handler, tool_router};
use serde_json::json;

/// What happened in the kitchen, seen from the kitchen.
#[derive(Debug, Default)]
pub struct Kitchen {
    pub menus: AtomicU32,
    pub orders: AtomicU32,
    pub bookings: AtomicU32,
    pub cancelled: AtomicU32,
}

#[derive(Clone)]
pub struct Restaurant(pub Arc<Kitchen>);

#[tool_router]
impl Restaurant {
    #[tool(
        description = "Today's menu",
        annotations(read_only_hint = true, idempotent_hint = true)
    )]
    async fn menu(&self) -> CallToolResult {
        // Twice too busy to answer.
        if self.0.menus.fetch_add(1, Ordering::Relaxed) < 2 {
            let mut busy = CallToolResult::error(vec![ContentBlock::text("one moment please")]);
            busy.structured_content = Some(json!({ "code": "busy" }));
            return busy;
        }
        CallToolResult::success(vec![ContentBlock::text("soup, bread, plums")])
    }

    #[tool(description = "Order a dish that is never available")]
    async fn order(&self) -> CallToolResult {
        self.0.orders.fetch_add(1, Ordering::Relaxed);
        CallToolResult::error(vec![ContentBlock::text("we are out of that")])
    }

    #[tool(
        description = "Book a table; each call books another one",
        annotations(destructive_hint = false, idempotent_hint = false)
    )]
    async fn book(&self, context: RequestContext<RoleServer>) -> String {
        // The table is booked, but the answer does not arrive before the guest gives up.
        self.0.bookings.fetch_add(1, Ordering::Relaxed);
        context.ct.cancelled().await;
        self.0.cancelled.fetch_add(1, Ordering::Relaxed);
        "booked".to_owned()
    }
}

#[tool_handler]
impl ServerHandler for Restaurant {}
