//! NATS.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;

use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// One with JetStream.
pub struct Nats {
    place: Place,
}

impl Nats {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        Server::new(Self {
            place: Place::new()?,
        })
        .await
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }

    /// What it says to whoever connects.
    async fn info(&self) -> Result<serde_json::Value> {
        let mut stream = BufReader::new(TcpStream::connect(self.address()).await?);
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let info = line.strip_prefix("INFO ").context("no greeting")?;
        Ok(serde_json::from_str(info)?)
    }
}

impl Peer for Nats {
    const NAME: &'static str = "nats";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::program("nats-server")?)
            .args(["--addr", "127.0.0.1", "--port"])
            .args([self.place.port().number().to_string()])
            .args(["--jetstream", "--store_dir"])
            .args([self.place.text("store")]))
    }

    async fn ready(&self) -> Result<()> {
        self.info().await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        let info = self.info().await?;
        let version = info["version"].as_str();
        Ok(version.context("no version")?.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let log = self.place.log();
        // [123] 2026/01/01 00:00:00.000000 [ERR] …
        let faults = log.lines().filter(|line| line.contains(" [ERR] "));
        Ok(faults.map(|_| "ERR").collect())
    }
}
