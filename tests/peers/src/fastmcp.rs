//! An MCP server of our own, by the framework fastmcp: `servers/fast_orders.py`.

use std::net::SocketAddr;

use anyhow::Result;
use reqwest::{Client, Method};

use crate::http::client;
use crate::mcp_orders::CallLog;
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/fast_orders.py");

/// One that speaks streamable HTTP, with sessions and without. Its tools:
///
/// * `place_order(item, seconds = 0)`: not idempotent; the order is in the [call log](Self::calls) before it answers.
/// * `orders()`: read only; how many there are.
/// * `hang_once()`: read only; answers each call but the first one, which it leaves without an answer for ever.
/// * `fail(how)`: fails after it has begun.
pub struct FastMcp {
    place: Place,
    client: Client,
    middlewares: &'static [&'static str],
}

impl FastMcp {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        Self::start_with(&[]).await
    }

    /// Starts one with these middlewares: see its script.
    pub async fn start_with(middlewares: &'static [&'static str]) -> Result<Server<Self>> {
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

impl Peer for FastMcp {
    const NAME: &'static str = "fastmcp";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
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
