//! An MCP server of the TypeScript SDK: `servers/typescript_orders.mjs`.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context as _, Result};
use reqwest::{Client, Method};
use serde_json::Value;

use crate::http::client;
use crate::mcp_orders::CallLog;
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/typescript_orders.mjs");
const SDK: &str = "npm/node_modules/@modelcontextprotocol/sdk";

/// One that speaks streamable HTTP with sessions. It answers 400, "Server not initialized", to a session of a former process. Its
/// tools are `place_order`, `orders` and `hang_once` of [`McpOrders`](crate::McpOrders).
pub struct McpTypescript {
    place: Place,
    client: Client,
}

impl McpTypescript {
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

impl Peer for McpTypescript {
    const NAME: &'static str = "mcp-typescript";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        anyhow::ensure!(Path::new(SCRIPT).exists(), "{SCRIPT} is missing");
        Ok(Launch::new(provisioned::program("node")?).args([
            SCRIPT.to_owned(),
            provisioned::file(SDK)?.display().to_string(),
            self.place.text("calls"),
            self.place.port().number().to_string(),
        ]))
    }

    async fn ready(&self) -> Result<()> {
        let request = self.client.request(Method::OPTIONS, self.url());
        request.send().await?;
        Ok(())
    }

    async fn version(&self) -> Result<String> {
        let package = fs::read_to_string(provisioned::file(&format!("{SDK}/package.json"))?)?;
        let package: Value = serde_json::from_str(&package)?;
        let version = package["version"].as_str().context("no version")?;
        Ok(version.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        self.calls().faults()
    }
}
