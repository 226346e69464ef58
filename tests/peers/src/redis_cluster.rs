//! A Redis cluster of three masters, each with a third of the slots.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::time::sleep;

use crate::port::Port;
use crate::redis::Redis;
use crate::server::Server;

/// What keys are spread over.
const SLOTS: u16 = 16_384;

/// Three that keep nothing on disk but what they know of each other.
pub struct RedisCluster {
    nodes: Vec<Server<Redis>>,
    /// Where they talk with each other.
    _buses: Vec<Port>,
}

impl RedisCluster {
    /// Starts one.
    pub async fn start() -> Result<Self> {
        let buses = [Port::reserve()?, Port::reserve()?, Port::reserve()?];
        let numbers = [0, 1, 2].map(|node: usize| buses[node].number().to_string());
        let [a, b, c] = [0, 1, 2].map(|node: usize| {
            let options = [
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                numbers[node].as_str(),
                // It takes a node for lost after this many milliseconds; what the others have is still served.
                "--cluster-node-timeout",
                "2000",
                "--cluster-require-full-coverage",
                "no",
            ];
            async move { Redis::start_with(&options).await }
        });
        let (a, b, c) = tokio::try_join!(a, b, c)?;
        let cluster = Self {
            nodes: vec![a, b, c],
            _buses: buses.into(),
        };
        cluster.meet().await?;
        Ok(cluster)
    }

    async fn meet(&self) -> Result<()> {
        let third = SLOTS / 3 + 1;
        for (node, first) in self.nodes.iter().zip((0..).step_by(usize::from(third))) {
            let last = (first + third).min(SLOTS) - 1;
            let slots = [first.to_string(), last.to_string()];
            node.command(&["CLUSTER", "ADDSLOTSRANGE", &slots[0], &slots[1]])
                .await?;
        }
        for (node, bus) in self.nodes.iter().zip(&self._buses) {
            let (port, bus) = (node.address().port(), bus.number());
            let words = ["CLUSTER", "MEET", "127.0.0.1"];
            let ports = [port.to_string(), bus.to_string()];
            let words = [words.as_slice(), &[&ports[0], &ports[1]]].concat();
            self.nodes[0].command(&words).await?;
        }
        let began = Instant::now();
        loop {
            let mut ready = true;
            for node in &self.nodes {
                let info = node.command(&["CLUSTER", "INFO"]).await?;
                ready &= info.contains("cluster_state:ok")
                    && info.contains("cluster_known_nodes:3")
                    && info.contains("cluster_slots_ok:16384");
            }
            if ready {
                return Ok(());
            }
            if began.elapsed() > Duration::from_secs(60) {
                bail!("the nodes do not find each other");
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// For clients.
    pub fn urls(&self) -> Vec<String> {
        self.nodes.iter().map(|node| node.url()).collect()
    }

    /// One of them.
    pub fn node(&self, node: usize) -> &Server<Redis> {
        &self.nodes[node]
    }

    /// One of them, to stop and start.
    pub fn node_mut(&mut self, node: usize) -> &mut Server<Redis> {
        &mut self.nodes[node]
    }

    /// The one that serves the slot of this key, by its number.
    pub async fn home_of(&self, key: &str) -> Result<usize> {
        let slot: u16 = self.nodes[0]
            .command(&["CLUSTER", "KEYSLOT", key])
            .await?
            .parse()?;
        Ok(usize::from(slot / (SLOTS / 3 + 1)))
    }

    /// Gives the slot of this key to another node, without the key: whoever asks here is told `MOVED`.
    pub async fn move_slot(&self, key: &str, to: usize) -> Result<()> {
        let slot = self.nodes[0].command(&["CLUSTER", "KEYSLOT", key]).await?;
        let id = self.nodes[to].command(&["CLUSTER", "MYID"]).await?;
        // The new home first: it is what the others learn from.
        for node in [to, 0, 1, 2] {
            let words = ["CLUSTER", "SETSLOT", &slot, "NODE", &id];
            self.nodes[node].command(&words).await?;
        }
        Ok(())
    }

    /// Tells clients that this node is at another address: that of a proxy. Returns when all nodes say so.
    pub async fn announce(&self, node: usize, address: SocketAddr) -> Result<()> {
        let port = address.port().to_string();
        let words = ["CONFIG", "SET", "cluster-announce-port", &port];
        self.nodes[node].command(&words).await?;
        for other in &self.nodes {
            while !other
                .command(&["CLUSTER", "SLOTS"])
                .await?
                .lines()
                .any(|line| line == port)
            {
                sleep(Duration::from_millis(20)).await;
            }
        }
        Ok(())
    }
}
