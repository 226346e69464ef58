//! The reference server of the Model Context Protocol, in TypeScript.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::Value;
use tokio::process::Command;

use crate::http::client;
use crate::process::{Launch, for_stdio};
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

const PACKAGE: &str = "npm/node_modules/@modelcontextprotocol/server-everything";
/// It keeps no record of what it refuses, unless it is helped.
const REFUSALS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/refusals.cjs");
/// Nor of what it gets.
const HEARD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/heard.cjs");

/// One that speaks streamable HTTP. It answers 400 to a session that it does not know.
pub struct McpEverything {
    place: Place,
    client: Client,
}

impl McpEverything {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        Server::new(Self {
            place: Place::new()?,
            client: client()?,
        })
        .await
    }

    /// For a client that starts it and speaks stdio.
    pub fn stdio() -> Result<Command> {
        let mut node = for_stdio(&provisioned::program("node")?, Path::new("/dev/null"));
        node.arg(script()?).arg("stdio");
        Ok(node)
    }

    /// For clients.
    pub fn url(&self) -> String {
        format!("http://{}/mcp", self.address())
    }

    /// How many messages it got with this method and, where there is one, this name: `tools/call echo`. Before restarts
    /// as well.
    pub fn heard(&self, message: &str) -> usize {
        let log = self.place.log();
        let heard = log.lines().filter_map(|line| line.strip_prefix("heard "));
        heard.filter(|heard| *heard == message).count()
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }
}

fn script() -> Result<PathBuf> {
    provisioned::file(&format!("{PACKAGE}/dist/index.js"))
}

impl Peer for McpEverything {
    const NAME: &'static str = "mcp-everything";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::program("node")?)
            .args(["--require", REFUSALS, "--require", HEARD])
            .args([script()?.display().to_string(), "streamableHttp".to_owned()])
            .env("PORT", self.place.port().number().to_string()))
    }

    async fn ready(&self) -> Result<()> {
        // Any answer will do; this one is no refusal, which would be on the record.
        self.client
            .request(reqwest::Method::OPTIONS, self.url())
            .send()
            .await?;
        Ok(())
    }

    async fn version(&self) -> Result<String> {
        let package = fs::read_to_string(provisioned::file(&format!("{PACKAGE}/package.json"))?)?;
        let package: Value = serde_json::from_str(&package)?;
        Ok(package["version"]
            .as_str()
            .context("no version")?
            .to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let log = self.place.log();
        let refused = log
            .lines()
            .filter_map(|line| line.strip_prefix("refused ")?.split(' ').next());
        Ok(refused.collect())
    }
}
