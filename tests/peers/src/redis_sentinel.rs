//! Redis' sentinel, which finds out that a master is gone, and makes a replica the new one.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};

use crate::process::Launch;
use crate::provisioned;
use crate::redis::{Redis, command};
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// One that decides alone, about the master `shop`.
pub struct RedisSentinel {
    place: Place,
}

impl RedisSentinel {
    /// Starts one that watches this master, and returns when it knows of so many replicas.
    pub async fn start(master: &Redis, replicas: usize) -> Result<Server<Self>> {
        let place = Place::new()?;
        let (host, port) = (master.address().ip(), master.address().port());
        let config = format!(
            "port {}
bind 127.0.0.1
dir {}
sentinel monitor shop {host} {port} 1
sentinel down-after-milliseconds shop 1000
sentinel failover-timeout shop 10000
",
            place.port().number(),
            place.text("")
        );
        fs::write(place.path("sentinel.conf"), config)?;
        let sentinel = Server::new(Self { place }).await?;
        while sentinel.replicas().await? < replicas {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        Ok(sentinel)
    }

    /// For clients.
    pub fn url(&self) -> String {
        format!("redis://{}/", self.place.port().address())
    }

    /// Where the master is.
    pub async fn master(&self) -> Result<SocketAddr> {
        let address = self
            .ask(&["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "shop"])
            .await?;
        Ok(address.replace('\n', ":").parse()?)
    }

    async fn replicas(&self) -> Result<usize> {
        let master = self.ask(&["SENTINEL", "MASTER", "shop"]).await?;
        let mut lines = master.lines();
        let count = lines.find(|line| *line == "num-slaves").and(lines.next());
        Ok(count.context("no number of replicas")?.parse()?)
    }

    async fn ask(&self, words: &[&str]) -> Result<String> {
        command(self.place.port().address(), words).await
    }
}

impl Peer for RedisSentinel {
    const NAME: &'static str = "redis-sentinel";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::program("redis-server")?)
            .args([self.place.text("sentinel.conf"), "--sentinel".to_owned()]))
    }

    async fn ready(&self) -> Result<()> {
        let answer = self.ask(&["PING"]).await?;
        ensure!(answer == "PONG", "{answer}");
        Ok(())
    }

    async fn version(&self) -> Result<String> {
        let server = self.ask(&["INFO", "server"]).await?;
        let version = server
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"));
        Ok(version.context("INFO without a version")?.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        // … # +switch-master shop 127.0.0.1 1 127.0.0.1 2
        let log = self.place.log();
        let events = log
            .lines()
            .filter_map(|line| line.split_once("# +")?.1.split(' ').next());
        let told = ["sdown", "odown", "switch-master"];
        Ok(events.filter(|event| told.contains(event)).collect())
    }
}
