//! A client of MCP servers.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::{Client, Response};
use resilience_runtime::rmcp::IdentifiedErrors;
use rmcp::ServiceExt as _;
use rmcp::model::{CallToolRequestParams, CallToolResult, ProtocolVersion};
use rmcp::service::{
    ClientLifecycleMode, ClientServiceExt as _, RoleClient, RunningService, Service, ServiceError,
};
use rmcp::transport::common::client_side_sse::NeverRetry;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::transport::{StreamableHttpClientTransport, TokioChildProcess};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

/// An answer that comes takes less, on a busy machine as well.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) type Session = RunningService<RoleClient, ()>;

pub(crate) async fn over_http(url: &str) -> Result<Session> {
    let mut config = StreamableHttpClientTransportConfig::with_uri(url);
    // A stream that is gone is asked for again once, and not for ever.
    config.retry_config = Arc::new(NeverRetry::default());
    over_http_with(config).await
}

pub(crate) async fn over_http_with(config: StreamableHttpClientTransportConfig) -> Result<Session> {
    let http = Client::builder().no_proxy().build()?;
    let transport = StreamableHttpClientTransport::with_client(http, config);
    Ok(().serve(transport).await?)
}

/// By a client that knows which request an error is about.
pub(crate) async fn over_http_identified(url: &str) -> Result<Session> {
    let http = IdentifiedErrors(Client::builder().no_proxy().build()?);
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(http, config);
    Ok(().serve(transport).await?)
}

/// The same without a session: each request says that it speaks 2026-07-28.
pub(crate) async fn without_session(url: &str) -> Result<Session> {
    let session = without_session_as((), url).await?;
    let version = session
        .peer_info()
        .map(|server| server.protocol_version.clone());
    anyhow::ensure!(
        version == Some(ProtocolVersion::V_2026_07_28),
        "{version:?}"
    );
    Ok(session)
}

pub(crate) async fn without_session_as<H: Service<RoleClient>>(
    host: H,
    url: &str,
) -> Result<RunningService<RoleClient, H>> {
    let http = Client::builder().no_proxy().build()?;
    let config = StreamableHttpClientTransportConfig::with_uri(url);
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    };
    Ok(host.serve_with_lifecycle(transport, lifecycle).await?)
}

pub(crate) async fn over_stdio(command: Command) -> Result<Session> {
    Ok(().serve(TokioChildProcess::new(command)?).await?)
}

/// `None` after so long that no answer will come.
pub(crate) async fn call(
    session: &Session,
    tool: &'static str,
    arguments: Value,
) -> Option<Result<CallToolResult, ServiceError>> {
    let arguments = arguments.as_object().cloned().unwrap_or_default();
    let call = session.call_tool(CallToolRequestParams::new(tool).with_arguments(arguments));
    timeout(PATIENCE, call).await.ok()
}

pub(crate) fn text(result: &CallToolResult) -> &str {
    result
        .content
        .first()
        .and_then(|content| content.as_text())
        .map_or("", |text| &text.text)
}

/// How a server answers to a session that it does not know.
pub(crate) async fn lost_session(url: &str) -> Result<(u16, Value)> {
    let request = Client::builder()
        .no_proxy()
        .build()?
        .post(url)
        .header("Mcp-Session-Id", "lost");
    let request = request.header("Accept", "application/json, text/event-stream");
    let list = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"});
    let answer: Response = request.json(&list).send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.json::<Value>().await.context("its body")?))
}
