//! RabbitMQ.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::port::Port;
use crate::process::Launch;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};
use crate::unprivileged;

/// Its script as it is, without Debian's, which would become another user.
const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// A node of its own, with Erlang's directory of nodes beside it, so that it starts none that stays.
pub struct RabbitMq {
    place: Place,
    names: Port,
    /// For other nodes.
    nodes: Port,
}

impl RabbitMq {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        let (clients, names) = Port::reserve_pair()?;
        let place = Place::at(clients)?;
        unprivileged::give(&place.path(""))?;
        fs::write(place.path("plugins"), "[].")?;
        fs::write(place.path("env"), "")?;
        let nodes = Port::reserve()?;
        Server::new(Self {
            place,
            names,
            nodes,
        })
        .await
    }

    /// For clients.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address())
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }
}

impl Peer for RabbitMq {
    const NAME: &'static str = "rabbitmq";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        ensure!(
            fs::exists(PROGRAM)?,
            "rabbitmq-server is missing: run scripts/provision-peers"
        );
        let port = self.place.port().number().to_string();
        let names = self.names.number().to_string();
        let script =
            format!("epmd -port {names} -address 127.0.0.1 & trap '' CHLD; exec {PROGRAM}");
        let launch = unprivileged::launch("sh".into()).args(["-c".to_owned(), script]);
        let folder = |name: &str| self.place.text(name);
        Ok(launch
            .env("HOME", folder(""))
            .env("ERL_EPMD_PORT", names)
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", format!("peer{port}@localhost"))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", port)
            .env("RABBITMQ_DIST_PORT", self.nodes.number().to_string())
            .env("RABBITMQ_MNESIA_BASE", folder("mnesia"))
            .env("RABBITMQ_LOG_BASE", folder(""))
            .env("RABBITMQ_LOGS", "-")
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder("plugins"))
            .env("RABBITMQ_CONFIG_FILE", folder("rabbitmq"))
            .env("RABBITMQ_CONF_ENV_FILE", folder("env"))
            .env("RABBITMQ_GENERATED_CONFIG_DIR", folder("")))
    }

    async fn ready(&self) -> Result<()> {
        let mut stream = TcpStream::connect(self.address()).await?;
        stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
        let mut frame = [0; 1];
        stream.read_exact(&mut frame).await?;
        // The greeting, or "AMQP" for another version.
        ensure!(frame[0] == 1, "no method");
        Ok(())
    }

    async fn version(&self) -> Result<String> {
        let log = self.place.log();
        let version = log
            .lines()
            .find_map(|line| line.split_once("Starting RabbitMQ ")?.1.split(' ').next())
            .context("it does not say which")?;
        Ok(version.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let log = self.place.log();
        // operation basic.publish caused a channel exception not_found: …
        let faults = log.lines().filter_map(|line| {
            let (_, rest) = line
                .split_once("caused a channel exception ")
                .or_else(|| line.split_once("caused a connection exception "))?;
            Some(rest.split(':').next()?.to_owned())
        });
        Ok(faults.collect())
    }
}
