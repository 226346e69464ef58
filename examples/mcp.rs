//! Tools of an MCP server: what may be called again, a session that is gone, and a tool that fails.
//!
//! With the reference server, on port 3001 (it has no option for the address):
//!
//! ```text
//! npm install @modelcontextprotocol/server-everything
//! PORT=3001 node node_modules/@modelcontextprotocol/server-everything/dist/index.js streamableHttp
//! MCP_URL=http://127.0.0.1:3001/mcp cargo run -p resilience-peers --example mcp
//! ```
//!
//! The exit code is 1 if a promise is broken.
#![allow(clippy::print_stdout, reason = "it tells what happens")]

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use resilience_runtime::rmcp::tool_error;
use resilience_runtime::{
    BoxError, Classify as _, Registry, ServiceKind, mcp_resilient, verdict::ToolSafety,
};
use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, CallToolResult, Tool};
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};

type Session = RunningService<RoleClient, ()>;

struct Everything {
    url: String,
    /// Calls that run keep theirs while it is replaced.
    session: Mutex<Arc<Session>>,
    tools: HashMap<String, Tool>,
}

impl Everything {
    async fn connect(url: String) -> Result<Self, BoxError> {
        let session = begin(&url).await?;
        let tools = session.list_all_tools().await?;
        Ok(Self {
            url,
            session: Mutex::new(Arc::new(session)),
            tools: tools
                .into_iter()
                .map(|tool| (tool.name.to_string(), tool))
                .collect(),
        })
    }

    fn session(&self) -> Arc<Session> {
        let session = self.session.lock();
        session.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The server's own annotations, once and for all. Only for servers that you trust.
    fn safety(&self, tool: &str, _: &Value) -> Option<&Tool> {
        self.tools.get(tool)
    }

    /// Asked after a session was lost, and after a silence, which may mean the same.
    async fn reconnect(&self, _: &str, _: &Value) -> Result<(), BoxError> {
        let new = Arc::new(begin(&self.url).await?);
        println!("  a new session");
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// The service's preset, but for less patience: 60 seconds are more than an example should take.
    #[mcp_resilient(
        service = "everything",
        timeout = "10s",
        safety = Self::safety,
        reconnect = Self::reconnect,
        classify_ok = tool_error
    )]
    async fn call(&self, tool: &str, arguments: &Value) -> Result<CallToolResult, BoxError> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        Ok(self.session().call_tool(call).await?)
    }

    /// The same tools, by somebody who knows nothing of them.
    #[mcp_resilient(service = "everything", timeout = "1s", reconnect = Self::reconnect)]
    async fn call_unknown(
        &self,
        tool: &str,
        arguments: &Value,
    ) -> Result<CallToolResult, BoxError> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        Ok(self.session().call_tool(call).await?)
    }
}

/// No timeout of rmcp's own: that of the attribute cuts a call and tells the server that it is cancelled.
async fn begin(url: &str) -> Result<Session, BoxError> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    Ok(
        ().serve(StreamableHttpClientTransport::with_client(http, config))
            .await?,
    )
}

fn text(result: &CallToolResult) -> &str {
    let text = result.content.first().and_then(|content| content.as_text());
    text.map_or("", |text| &text.text)
}

#[derive(Default)]
struct Promises {
    broken: u32,
}

impl Promises {
    fn keep(&mut self, promise: &str, kept: bool) {
        println!("  {} {promise}", if kept { '✓' } else { '✗' });
        self.broken += u32::from(!kept);
    }
}

async fn show(server: &Everything, promises: &mut Promises) -> Result<(), BoxError> {
    let service = Registry::global().service("everything", ServiceKind::Mcp)?;

    println!("a tool that answers");
    let echo = server.call("echo", &json!({"message": "hello"})).await?;
    promises.keep("it does", text(&echo).contains("hello"));

    println!("a tool that fails");
    let before = service.stats();
    let failed = server.call("get-sum", &json!({"a": "no number"})).await?;
    let after = service.stats();
    println!("  {}", text(&failed).lines().next().unwrap_or_default());
    promises.keep("the model gets to read why", failed.is_error == Some(true));
    promises.keep("it was called once", after.attempts - before.attempts == 1);
    promises.keep(
        "that was counted as a failure, but not against the server",
        after.failures.permanent - before.failures.permanent == 1
            && after.circuit.consecutive_failures == 0,
    );

    println!("the connection is closed");
    let old = server.session();
    old.cancellation_token().cancel();
    let before = service.stats();
    let echo = server.call("echo", &json!({"message": "again"})).await?;
    let after = service.stats();
    promises.keep("the call succeeds", text(&echo).contains("again"));
    promises.keep("over a new session", !Arc::ptr_eq(&old, &server.session()));
    promises.keep(
        "it was repeated, since `echo` says that it only reads",
        after.attempts - before.attempts == 2,
    );

    println!("a tool that takes too long, by somebody who knows nothing of it");
    let long = json!({"duration": 600, "steps": 1});
    let began = Instant::now();
    let cut = server.call_unknown("trigger-long-running-operation", &long);
    let cut = cut.await.err().ok_or("it should take too long")?;
    println!("  {cut}");
    promises.keep(
        "it was cut and the server told",
        began.elapsed() < Duration::from_secs(60),
    );
    promises.keep(
        "nobody knows what it did, so it was not called again",
        cut.classify().is_outcome_unknown() && service.stats().attempts - after.attempts == 1,
    );

    println!("the next call");
    let silent = server.session();
    server.call("echo", &json!({"message": "on"})).await?;
    promises.keep(
        "does not trust a session that was silent",
        !Arc::ptr_eq(&silent, &server.session()),
    );
    Ok(())
}

#[tokio::main]
async fn main() -> Result<ExitCode, BoxError> {
    let url =
        std::env::var("MCP_URL").map_err(|_| "MCP_URL is missing, see the top of this file")?;
    let server = Everything::connect(url).await?;
    for (name, tool) in &server.tools {
        if !ToolSafety::from(tool).may_repeat() {
            println!("{name} is not called again where nobody knows what it did");
        }
    }
    let mut promises = Promises::default();
    show(&server, &mut promises).await?;
    println!("{} broken promises", promises.broken);
    Ok(ExitCode::from(u8::from(promises.broken > 0)))
}
