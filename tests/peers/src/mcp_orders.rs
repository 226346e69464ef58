//! An MCP server of our own, in Python: `servers/orders.py`.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::json;
use tokio::process::Command;

use crate::http::{ask, client};
use crate::process::{Launch, for_stdio};
use crate::provisioned;
use crate::report::{self, Faults};
use crate::server::{Peer, Place, Server};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/orders.py");

/// One that speaks streamable HTTP, and answers 404 to a session that it does not know. Its tools:
///
/// * `place_order(item, seconds = 0)`: not idempotent; the order is in the [call log](Self::calls) before it answers.
/// * `orders()`: read only; how many there are.
/// * `flaky(times, name = "")`: fails so many times for each name.
/// * `slow(seconds)`.
/// * `hang_once()`: read only; answers each call but the first one, which it leaves without an answer for ever.
pub struct McpOrders {
    place: Place,
    client: Client,
}

impl McpOrders {
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
        CallLog(self.place.path("calls"))
    }
}

/// Lines that survive whatever happens to the server: `began place_order`, then `ended …` or `failed …`.
#[derive(Debug, Clone)]
pub struct CallLog(PathBuf);

impl CallLog {
    pub(crate) fn at(file: PathBuf) -> Self {
        Self(file)
    }

    /// Forgets all of it, with the first call of `hang_once`.
    pub fn clear(&self) -> Result<()> {
        Ok(fs::write(&self.0, "")?)
    }

    /// The lines.
    pub fn lines(&self) -> Vec<String> {
        let log = fs::read_to_string(&self.0).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// How many calls of this tool began: how often it was executed.
    pub fn began(&self, tool: &str) -> usize {
        self.count("began", tool)
    }

    /// How many calls of this tool ended well.
    pub fn ended(&self, tool: &str) -> usize {
        self.count("ended", tool)
    }

    fn count(&self, what: &str, tool: &str) -> usize {
        let wanted = format!("{what} {tool}");
        self.lines().iter().filter(|line| **line == wanted).count()
    }

    pub(crate) fn faults(&self) -> Result<Faults> {
        let lines = self.lines();
        let count = |word: &str| lines.iter().filter(|line| line.starts_with(word)).count() as u64;
        let (began, ended, failed) = (count("began "), count("ended "), count("failed "));
        let mut faults = Faults::default();
        faults.count_many("failed", failed);
        faults.count_many("unfinished", began.saturating_sub(ended + failed));
        Ok(faults)
    }
}

/// The same server for clients that start it and speak stdio: any number of times, with one call log.
pub struct McpOrdersStdio {
    place: Place,
    version: String,
}

impl McpOrdersStdio {
    /// Prepares the call log.
    pub async fn new() -> Result<Self> {
        Ok(Self {
            place: Place::new()?,
            version: provisioned::python_package_version("mcp").await?,
        })
    }

    /// For a client.
    pub fn command(&self) -> Result<Command> {
        let mut python = for_stdio(
            &provisioned::file("venv/bin/python")?,
            &self.place.path("log"),
        );
        python.arg(SCRIPT).arg(self.place.path("calls"));
        Ok(python)
    }

    /// Kills the one that was started last, in the middle of whatever it does: it is a client's child, not ours.
    pub async fn kill_hard(&self) -> Result<()> {
        let lines = self.calls().lines();
        let process = lines
            .iter()
            .rev()
            .find_map(|line| line.strip_prefix("serves "))
            .context("none has run")?;
        let status = Command::new("kill")
            .args(["-KILL", process])
            .status()
            .await?;
        anyhow::ensure!(status.success(), "it does not run any more: {status}");
        Ok(())
    }

    /// What has been called, by all of them.
    pub fn calls(&self) -> CallLog {
        CallLog(self.place.path("calls"))
    }
}

impl Drop for McpOrdersStdio {
    fn drop(&mut self) {
        let reported = self
            .calls()
            .faults()
            .and_then(|faults| report::append(McpOrders::NAME, &self.version, &faults));
        if let Err(error) = reported {
            eprintln!("no report of {}: {error:#}", McpOrders::NAME);
        }
    }
}

impl Peer for McpOrders {
    const NAME: &'static str = "mcp-orders";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        anyhow::ensure!(Path::new(SCRIPT).exists(), "{SCRIPT} is missing");
        Ok(Launch::new(provisioned::file("venv/bin/python")?).args([
            SCRIPT.to_owned(),
            self.place.text("calls"),
            self.place.port().number().to_string(),
        ]))
    }

    async fn ready(&self) -> Result<()> {
        self.version().await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "harness", "version": "1"},
        }});
        let request = self
            .client
            .post(self.url())
            .header("Accept", "application/json, text/event-stream");
        let answer = ask(request.json(&hello)).await?.text().await?;
        let data = answer
            .lines()
            .find_map(|line| line.strip_prefix("data: "))
            .unwrap_or(&answer);
        let answer: serde_json::Value = serde_json::from_str(data)?;
        Ok(answer["result"]["serverInfo"]["version"]
            .as_str()
            .context("no version")?
            .to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        self.calls().faults()
    }
}
