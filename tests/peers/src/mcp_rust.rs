//! An MCP server of `rmcp`: `servers/rmcp_orders.rs`, an example of this package.

use std::env;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, Method};

use crate::http::client;
use crate::mcp_orders::CallLog;
use crate::process::Launch;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// One that speaks streamable HTTP, with sessions and without. Its tools:
///
/// * `place_order`, `orders` and `hang_once` of [`McpOrders`](crate::McpOrders);
/// * `confirm_order(item)`: asks whether it is meant before it places the order, with `input_required`;
/// * `bake(millis, fails = false)`: a task, polled every 50 ms.
///
/// `orders://open` is a resource that may be kept for a minute by its reader alone.
pub struct McpRust {
    place: Place,
    client: Client,
}

impl McpRust {
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

/// `cargo test` builds it beside the tests; `cargo test --test peers` does not.
fn executable() -> Result<PathBuf> {
    let test = env::current_exe()?;
    let profile = test.parent().and_then(|deps| deps.parent());
    let path = profile.context("…/deps")?.join("examples/rmcp-orders");
    ensure!(
        path.is_file(),
        "{} is missing: run `cargo build -p resilience-peers --examples` first",
        path.display()
    );
    Ok(path)
}

impl Peer for McpRust {
    const NAME: &'static str = "mcp-rust";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        let port = self.place.port().number().to_string();
        Ok(Launch::new(executable()?).args([self.place.text("calls"), port]))
    }

    async fn ready(&self) -> Result<()> {
        let request = self.client.request(Method::OPTIONS, self.url());
        request.send().await?;
        Ok(())
    }

    async fn version(&self) -> Result<String> {
        let lines = self.calls().lines();
        let version = lines.iter().find_map(|line| line.strip_prefix("version "));
        Ok(version.context("no version")?.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        self.calls().faults()
    }
}
