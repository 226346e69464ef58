//! A host of MCP tools behind the attribute, as programs write them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use resilience_peers::McpOrdersStdio;
use resilience_runtime::rmcp::tool_error;
use resilience_runtime::{
    Classify as _, Registry, Service, ServiceKind, Verdict, mcp_resilient, telemetry::ServiceStats,
};
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientRequest, CustomRequest, ServerResult, Tool,
};
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::Value;

use crate::mcp::{self, Session};

/// How the server is reached.
pub(crate) enum Way {
    Http(String),
    /// With the client's defaults.
    Patient(String),
    /// By a client that knows which request an error is about.
    Identified(String),
    /// By the version without sessions.
    Stateless(String),
    Stdio(Arc<McpOrdersStdio>),
}

/// The timeout of `call_quickly` and `call_once`.
pub(crate) const CUT: Duration = Duration::from_secs(5);

pub(crate) struct Tools {
    way: Way,
    /// Calls that run keep theirs while it is replaced.
    session: Mutex<Arc<Session>>,
    /// As the server lists them.
    known: HashMap<String, Tool>,
    renewals: AtomicUsize,
    registry: Registry,
}

impl Tools {
    pub(crate) async fn over(way: Way) -> Result<Self> {
        let session = connect(&way).await?;
        let known = session.list_all_tools().await?;
        Ok(Self {
            way,
            session: Mutex::new(Arc::new(session)),
            known: known
                .into_iter()
                .map(|tool| (tool.name.to_string(), tool))
                .collect(),
            renewals: AtomicUsize::new(0),
            registry: Registry::new(),
        })
    }

    pub(crate) async fn http(url: impl Into<String>) -> Result<Self> {
        Self::over(Way::Http(url.into())).await
    }

    fn session(&self) -> Arc<Session> {
        let session = self.session.lock();
        session.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn renewals(&self) -> usize {
        self.renewals.load(Ordering::SeqCst)
    }

    pub(crate) fn stats(&self) -> Result<ServiceStats> {
        Ok(self.service()?.stats())
    }

    pub(crate) fn service(&self) -> Result<Arc<Service>> {
        Ok(self.registry.service("mcp", ServiceKind::Mcp)?)
    }

    fn safety(&self, tool: &str, _: &Value) -> Option<&Tool> {
        self.known.get(tool)
    }

    async fn renew<T: ?Sized>(&self, _: &T, _: &Value) -> Result<()> {
        let new = Arc::new(connect(&self.way).await?);
        self.renewals.fetch_add(1, Ordering::SeqCst);
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    async fn ask(&self, tool: &str, arguments: &Value) -> Result<CallToolResult> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        let call = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        Ok(self.session().call_tool(call).await?)
    }

    /// What the server says of its tools decides.
    #[mcp_resilient(
        registry = &self.registry,
        retry(max_attempts = 1_000, base_delay = "20ms", max_delay = "200ms"),
        retry_budget = off,
        circuit_breaker = off,
        timeout = "30s",
        deadline = "120s",
        safety = Self::safety,
        reconnect = Self::renew
    )]
    pub(crate) async fn call(&self, tool: &str, arguments: &Value) -> Result<CallToolResult> {
        self.ask(tool, arguments).await
    }

    /// The same with less patience: [`CUT`] is longer than what any answer takes.
    #[mcp_resilient(
        registry = &self.registry,
        retry(base_delay = "20ms"),
        circuit_breaker = off,
        timeout = "5s",
        safety = Self::safety,
        reconnect = Self::renew
    )]
    pub(crate) async fn call_quickly(
        &self,
        tool: &str,
        arguments: &Value,
    ) -> Result<CallToolResult> {
        self.ask(tool, arguments).await
    }

    /// The same with hardly any, for servers that leave a call without an answer.
    #[mcp_resilient(
        registry = &self.registry,
        retry(max_attempts = 1_000, base_delay = "20ms", max_delay = "200ms"),
        retry_budget = off,
        circuit_breaker = off,
        timeout = "800ms",
        deadline = "60s",
        safety = Self::safety,
        reconnect = Self::renew
    )]
    pub(crate) async fn call_briefly(
        &self,
        tool: &str,
        arguments: &Value,
    ) -> Result<CallToolResult> {
        self.ask(tool, arguments).await
    }

    /// Nothing is known of the tool.
    #[mcp_resilient(
        registry = &self.registry,
        retry(base_delay = "20ms"),
        timeout = "5s",
        reconnect = Self::renew
    )]
    pub(crate) async fn call_once(&self, tool: &str, arguments: &Value) -> Result<CallToolResult> {
        self.ask(tool, arguments).await
    }

    /// A tool that failed is a failed call.
    #[mcp_resilient(registry = &self.registry, idempotent, classify_ok = tool_error)]
    pub(crate) async fn call_or_fail(
        &self,
        tool: &str,
        arguments: &Value,
    ) -> Result<CallToolResult> {
        self.ask(tool, arguments).await
    }

    /// A method that is not in the protocol.
    #[mcp_resilient(registry = &self.registry, idempotent, reconnect = Self::renew)]
    pub(crate) async fn request(&self, method: &str, params: &Value) -> Result<ServerResult> {
        let request = CustomRequest::new(method, Some(params.clone()));
        let request = ClientRequest::CustomRequest(request);
        Ok(self.session().send_request(request).await?)
    }

    /// Orders if there were `before` of them, and finds out whether it did where the answer got lost.
    #[mcp_resilient(
        registry = &self.registry,
        retry(base_delay = "20ms"),
        timeout = "30s",
        verify = Self::placed
    )]
    pub(crate) async fn order(&self, item: &str, before: usize) -> Result<String> {
        let _ = before;
        let arguments = serde_json::json!({"item": item, "seconds": 0.1});
        Ok(mcp::text(&self.ask("place_order", &arguments).await?).to_owned())
    }

    async fn placed(&self, item: &str, before: &usize) -> Result<Option<String>> {
        let orders = self.call("orders", &Value::Null).await?;
        let now: usize = mcp::text(&orders).parse()?;
        Ok((now > *before).then(|| format!("found {now}: {item}")))
    }
}

async fn connect(way: &Way) -> Result<Session> {
    match way {
        Way::Http(url) => mcp::over_http(url).await,
        Way::Patient(url) => {
            let config = StreamableHttpClientTransportConfig::with_uri(url.as_str());
            mcp::over_http_with(config).await
        }
        Way::Identified(url) => mcp::over_http_identified(url).await,
        Way::Stateless(url) => mcp::without_session(url).await,
        Way::Stdio(server) => mcp::over_stdio(server.command()?).await,
    }
}

/// What an error means.
pub(crate) fn meaning(error: &anyhow::Error) -> Verdict {
    let chain: &(dyn std::error::Error + Send + Sync + 'static) = error.as_ref();
    chain.classify()
}
