//! PgBouncer, between clients and a PostgreSQL.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use tokio_postgres::{Client, SimpleQueryMessage};

use crate::postgres::connect;
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};
use crate::unprivileged;

/// One that pools transactions, for the user `postgres`.
pub struct PgBouncer {
    place: Place,
}

impl PgBouncer {
    /// Starts one in front of this address with settings such as `query_wait_timeout=1`, `max_client_conn=3`,
    /// `default_pool_size=1` and `ignore_startup_parameters=extra_float_digits`.
    pub async fn start(postgres: SocketAddr, settings: &[&str]) -> Result<Server<Self>> {
        let place = Place::new()?;
        let (host, port) = (postgres.ip(), postgres.port());
        let mut lines = vec![
            "[databases]".to_owned(),
            format!("* = host={host} port={port}"),
            "[pgbouncer]".to_owned(),
            format!(
                "listen_addr=127.0.0.1\nlisten_port={}",
                place.port().number()
            ),
            "unix_socket_dir=\npool_mode=transaction".to_owned(),
            format!(
                "auth_type=trust\nauth_file={}\nadmin_users=postgres",
                place.text("users")
            ),
        ];
        lines.extend(settings.iter().map(|&setting| setting.to_owned()));
        fs::write(place.path("pgbouncer.ini"), lines.join("\n") + "\n")?;
        fs::write(place.path("users"), "\"postgres\" \"\"\n")?;
        for file in ["", "pgbouncer.ini", "users"] {
            unprivileged::give(&place.path(file))?;
        }
        Server::new(Self { place }).await
    }

    /// For clients.
    pub fn url(&self) -> String {
        self.database("postgres")
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }

    /// Its own console, which knows `PAUSE`, `RESUME`, `RECONNECT` and `SHOW …`.
    pub async fn console(&self) -> Result<Client> {
        connect(&self.database("pgbouncer")).await
    }

    fn database(&self, name: &str) -> String {
        format!("postgres://postgres@{}/{name}", self.address())
    }
}

impl Peer for PgBouncer {
    const NAME: &'static str = "pgbouncer";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        let program = provisioned::program("pgbouncer")?;
        Ok(unprivileged::launch(program).args([self.place.text("pgbouncer.ini")]))
    }

    async fn ready(&self) -> Result<()> {
        self.version().await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        let answer = self.console().await?.simple_query("SHOW VERSION").await?;
        let version = answer.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        Ok(version
            .context("no version")?
            .trim_start_matches("PgBouncer ")
            .to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let log = self.place.log();
        let errors = log
            .lines()
            .filter_map(|line| Some(line.split_once("pooler error: ")?.1.trim()));
        Ok(errors.collect())
    }
}
