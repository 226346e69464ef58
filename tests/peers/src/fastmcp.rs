//! An MCP server of our own, by the framework fastmcp: `servers/fast_orders.py`.

use std::net::SocketAddr;

use anyhow::Result;
use reqwest::Client;
use serde_json::json;

use crate::http::{ask, client};
use crate::mcp_orders::CallLog;
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/fast_orders.py");

/// One that speaks streamable HTTP. Its tools:
///
/// * `place_order(item, seconds = 0)`: not idempotent; the order is in the [call log](Self::calls) before it answers.
/// * `orders()`: read only; how many there are.
pub struct FastMcp {
    place: Place,
    client: Client,
}

impl FastMcp {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        Server::new(Self {
            place: Place::new()?,
            client: client()?,
        })
        .await
    }

    /// For clients.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address())
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }

    /// What has been called, from before restarts as well.
    pub fn calls(&self) -> CallLog {
        CallLog::at(self.place.path("calls"))
    }
}

impl Peer for FastMcp {
    const NAME: &'static str = "fastmcp";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::file("venv/bin/python")?).args([
            SCRIPT.to_owned(),
            self.place.text("calls"),
            self.place.port().number().to_string(),
        ]))
    }

    async fn ready(&self) -> Result<()> {
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "harness", "version": "1"},
        }});
        let request = self.client.post(self.url()).json(&hello);
        let request = request.header("accept", "application/json, text/event-stream");
        ask(request).await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        provisioned::python_package_version("fastmcp").await
    }

    async fn recorded(&self) -> Result<Faults> {
        self.calls().faults()
    }
}
