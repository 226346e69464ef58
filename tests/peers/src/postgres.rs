//! PostgreSQL.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use tokio::sync::Mutex;
use tokio_postgres::{Client, NoTls};

use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};
use crate::template::{keep, output, run};
use crate::unprivileged;

/// A cluster of its own, without passwords, for the user and the database `postgres`.
pub struct Postgres {
    place: Place,
    settings: Vec<String>,
}

impl Postgres {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        Self::start_with(&[]).await
    }

    /// Starts one with settings such as `max_connections=5`.
    pub async fn start_with(settings: &[&str]) -> Result<Server<Self>> {
        let place = Place::new()?;
        let template = template().await?;
        // It is the server that writes there.
        unprivileged::give(&place.path(""))?;
        run(Command::new("cp")
            .arg("-a")
            .arg(template)
            .arg(place.path("data")))?;
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        Server::new(Self { place, settings }).await
    }

    /// Starts a hot standby of this one, with settings such as `max_standby_streaming_delay=0`: it follows, and answers
    /// whoever only reads.
    pub async fn standby_of(primary: &Self, settings: &[&str]) -> Result<Server<Self>> {
        let place = Place::new()?;
        unprivileged::give(&place.path(""))?;
        let backup = unprivileged::launch(provisioned::postgres_program("pg_basebackup")?);
        let backup = backup
            .args(["--write-recovery-conf", "--no-sync", "--checkpoint=fast"])
            .args(["--dbname".to_owned(), primary.url()])
            .args(["--pgdata".to_owned(), place.text("data")]);
        run(&mut backup.command())?;
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        Server::new(Self { place, settings }).await
    }

    /// Makes a standby the one that takes writes.
    pub async fn promote(&self) -> Result<()> {
        let client = self.client().await?;
        let promoted = client.query_one("SELECT pg_promote()", &[]).await?;
        ensure!(promoted.get::<_, bool>(0), "it was not promoted in time");
        Ok(())
    }

    /// For clients.
    pub fn url(&self) -> String {
        format!(
            "postgres://postgres@{}/postgres",
            self.place.port().address()
        )
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> std::net::SocketAddr {
        self.place.port().address()
    }

    /// A client of its own, beside whatever is tested.
    pub async fn client(&self) -> Result<Client> {
        connect(&self.url()).await
    }

    /// The deadlocks that it has ended.
    pub async fn deadlocks(&self) -> Result<u64> {
        let client = self.client().await?;
        let row = client
            .query_one("SELECT sum(deadlocks)::bigint FROM pg_stat_database", &[])
            .await?;
        Ok(u64::try_from(row.get::<_, i64>(0))?)
    }
}

impl Server<Postgres> {
    /// Breaks off all connections without a word, as a crash of one of its processes would, and starts it again.
    pub async fn restart_immediately(&mut self) -> Result<()> {
        // What `pg_ctl -m immediate` sends.
        self.stop_by("QUIT").await;
        self.start().await
    }
}

/// Connects a client whose connection lives on a task.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

impl Peer for Postgres {
    const NAME: &'static str = "postgres";
    /// `pg_ctl -m fast`: clients are told 57P01 instead of being waited for.
    const STOP: &'static str = "INT";
    const STARTS_LATER: Option<&'static str> = Some("still in use");
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        let settings = [
            format!("port={}", self.place.port().number()),
            "listen_addresses=127.0.0.1".to_owned(),
            "unix_socket_directories=".to_owned(),
            // The SQLSTATE, by which faults are counted.
            "log_line_prefix=%m [%p] %e ".to_owned(),
            // Whatever a test kills, it is not the machine.
            "fsync=off".to_owned(),
        ];
        Ok(
            unprivileged::launch(provisioned::postgres_program("postgres")?)
                .args(["-D".to_owned(), self.place.text("data")])
                .args(
                    settings
                        .into_iter()
                        .chain(self.settings.clone())
                        .flat_map(|setting| ["-c".to_owned(), setting]),
                )
                // Its processes have sessions of their own: only it can end them all.
                .farewell("QUIT"),
        )
    }

    async fn ready(&self) -> Result<()> {
        // Asking earlier would leave a 57P03 in the log that no test has caused.
        let state = fs::read_to_string(self.place.path("data/postmaster.pid"))?;
        ensure!(
            state
                .lines()
                .nth(7)
                .is_some_and(|status| ["ready", "standby"].contains(&status.trim())),
            "it is starting up"
        );
        self.client().await?.simple_query("SELECT 1").await?;
        Ok(())
    }

    async fn version(&self) -> Result<String> {
        Ok(self
            .client()
            .await?
            .query_one("SHOW server_version", &[])
            .await?
            .get(0))
    }

    async fn recorded(&self) -> Result<Faults> {
        // Its statistics would not survive a crash.
        let log = self.place.log();
        let faults = log.lines().filter_map(|line| {
            let (before, after) = line.split_once("] ")?;
            let (state, message) = after.split_once(' ')?;
            let severe = ["ERROR:", "FATAL:", "PANIC:"]
                .iter()
                .any(|severity| message.starts_with(severity));
            // A line that starts like others, not one of a statement.
            (severe && before.starts_with("20")).then_some(state)
        });
        Ok(faults.collect())
    }
}

/// A cluster to copy, since making one takes seconds. It is kept for the next time.
async fn template() -> Result<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _guard = ONE_AT_A_TIME.lock().await;

    let initdb = provisioned::postgres_program("initdb")?;
    let version = output(Command::new(&initdb).arg("--version"))?;
    let version = version
        .split_whitespace()
        .nth(2)
        .context("the version of initdb")?;
    // Not one of another user, who may be another tomorrow.
    let owner = output(Command::new("id").arg("-un"))?;
    let template = provisioned::folder().join(format!("postgres-{version}-{}", owner.trim()));
    if template.exists() {
        return Ok(template);
    }

    let made = tempfile::tempdir()?;
    unprivileged::give(made.path())?;
    let data = made.path().join("data");
    let launch = unprivileged::launch(initdb).args(["-D".to_owned(), data.display().to_string()]);
    run(&mut launch
        .args([
            "-A",
            "trust",
            "-U",
            "postgres",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ])
        .command())?;
    keep(&data, &template)?;
    Ok(template)
}
