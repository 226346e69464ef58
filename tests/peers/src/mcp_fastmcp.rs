//! An MCP server of fastmcp, in Python: `servers/fastmcp_orders.py`.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::Result;
use reqwest::{Client, Method};

use crate::http::client;
use crate::mcp_orders::CallLog;
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/fastmcp_orders.py");

/// One that speaks streamable HTTP, with sessions and without. Its tools are `place_order`, `orders` and `hang_once` of
/// [`McpOrders`](crate::McpOrders), and `fail(how)`.
pub struct McpFastmcp {
    place: Place,
    client: Client,
    middlewares: &'static [&'static str],
}

impl McpFastmcp {
    /// Starts one with these middlewares: see its script.
    pub async fn start(middlewares: &'static [&'static str]) -> Result<Server<Self>> {
        Server::new(Self {
            place: Place::new()?,
            client: client()?,
            middlewares,
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

impl Peer for McpFastmcp {
    const NAME: &'static str = "mcp-fastmcp";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        anyhow::ensure!(Path::new(SCRIPT).exists(), "{SCRIPT} is missing");
        let port = self.place.port().number().to_string();
        Ok(Launch::new(provisioned::file("venv/bin/python")?)
            .args([SCRIPT.to_owned(), self.place.text("calls"), port])
            .args(self.middlewares.iter().copied()))
    }

    async fn ready(&self) -> Result<()> {
        // Any answer will do; this one takes nothing from a limit.
        let request = self.client.request(Method::OPTIONS, self.url());
        request.send().await?;
        Ok(())
    }

    async fn version(&self) -> Result<String> {
        provisioned::python_package_version("fastmcp").await
    }

    async fn recorded(&self) -> Result<Faults> {
        self.calls().faults()
    }
}
