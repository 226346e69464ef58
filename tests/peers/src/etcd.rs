//! etcd.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};

use crate::port::Port;
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// A cluster of one member.
pub struct Etcd {
    place: Place,
    /// For other members.
    peers: Port,
    /// How large its database may become, in bytes.
    quota: u32,
}

impl Etcd {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        Self::start_with_quota(64 << 20).await
    }

    /// Starts one whose database may become so large, in bytes.
    pub async fn start_with_quota(quota: u32) -> Result<Server<Self>> {
        let (clients, peers) = Port::reserve_pair()?;
        let place = Place::at(clients)?;
        Server::new(Self {
            place,
            peers,
            quota,
        })
        .await
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }

    async fn ask(&self, path: &str) -> Result<serde_json::Value> {
        let answer = reqwest::get(format!("http://{}{path}", self.address())).await?;
        Ok(answer.error_for_status()?.json().await?)
    }
}

impl Peer for Etcd {
    const NAME: &'static str = "etcd";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        let clients = format!("http://{}", self.address());
        let peers = format!("http://{}", self.peers.address());
        Ok(Launch::new(provisioned::program("etcd")?)
            .args(["--data-dir".to_owned(), self.place.text("data")])
            .args(["--listen-client-urls", &clients])
            .args(["--advertise-client-urls", &clients])
            .args(["--listen-peer-urls", &peers])
            .args(["--initial-advertise-peer-urls", &peers])
            .args(["--initial-cluster".to_owned(), format!("default={peers}")])
            .args(["--quota-backend-bytes".to_owned(), self.quota.to_string()]))
    }

    async fn ready(&self) -> Result<()> {
        let health = self.ask("/health").await?;
        ensure!(health["health"] == "true", "it is not healthy");
        Ok(())
    }

    async fn version(&self) -> Result<String> {
        let version = self.ask("/version").await?;
        Ok(version["etcdserver"]
            .as_str()
            .context("no version")?
            .to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let log = self.place.log();
        let alarms = log.lines().filter(|line| line.contains("alarm NOSPACE"));
        Ok(alarms.map(|_| "NOSPACE").collect())
    }
}
