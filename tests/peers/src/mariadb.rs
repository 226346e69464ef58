//! MariaDB.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};
use crate::template::{keep, output, run};
use crate::unprivileged;

/// One without passwords, for the user `root` and the database `shop`.
pub struct MariaDb {
    place: Place,
    settings: Vec<String>,
}

impl MariaDb {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        Self::start_with(&[]).await
    }

    /// Starts one with settings such as `--max-connections=5`.
    pub async fn start_with(settings: &[&str]) -> Result<Server<Self>> {
        let place = Place::new()?;
        let template = template().await?;
        unprivileged::give(&place.path(""))?;
        run(Command::new("cp")
            .arg("-a")
            .arg(template)
            .arg(place.path("data")))?;
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        Server::new(Self { place, settings }).await
    }

    /// For clients.
    pub fn url(&self) -> String {
        Self::url_at(self.address())
    }

    /// For clients, by way of a proxy.
    pub fn url_at(address: SocketAddr) -> String {
        format!("mysql://root@{address}/shop")
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }

    /// Runs statements with the client that comes with it, beside whatever is tested; the columns of a row are between tabs.
    pub fn run(&self, statements: &str) -> Result<String> {
        let mut client = Command::new(provisioned::program("mariadb")?);
        client
            .args(["--no-defaults", "--protocol=TCP", "--host=127.0.0.1"])
            .args([
                "--user=root",
                "--database=shop",
                "--batch",
                "--skip-column-names",
            ])
            .arg(format!("--port={}", self.address().port()))
            .arg(format!("--execute={statements}"));
        Ok(output(&mut client)?.trim().to_owned())
    }
}

impl Peer for MariaDb {
    const NAME: &'static str = "mariadb";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(unprivileged::launch(provisioned::program("mariadbd")?)
            .args(["--no-defaults", "--bind-address=127.0.0.1"])
            .args([format!("--port={}", self.address().port())])
            .args([format!("--datadir={}", self.place.text("data"))])
            .args([format!("--socket={}", self.place.text("socket"))])
            // Errors that it sends to clients are on no other record.
            .args(["--plugin-load-add=sql_errlog"])
            .args([format!(
                "--sql-error-log-filename={}",
                self.place.text("errors")
            )])
            .args([
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=16M",
            ])
            .args(["--skip-name-resolve", "--innodb-lock-wait-timeout=1"])
            .args(self.settings.clone()))
    }

    async fn ready(&self) -> Result<()> {
        // It says hello when it listens, and a client that goes then is no error.
        let mut hello = [0; 5];
        let mut stream = TcpStream::connect(self.address()).await?;
        stream.read_exact(&mut hello).await?;
        self.run("SELECT 1").map(drop)
    }

    async fn version(&self) -> Result<String> {
        self.run("SELECT version()")
    }

    async fn recorded(&self) -> Result<Faults> {
        // 2026-11-30  8:20:31 root[root] @ [127.0.0.1] ERROR 1062: Duplicate entry … : INSERT …
        let log = fs::read_to_string(self.place.path("errors")).unwrap_or_default();
        let codes = log
            .lines()
            .filter_map(|line| line.split_once(" ERROR ")?.1.split_once(": "));
        Ok(codes.map(|(code, _)| code).collect())
    }
}

/// A data folder to copy.
async fn template() -> Result<PathBuf> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());
    let _guard = ONE_AT_A_TIME.lock().await;

    let version = output(Command::new(provisioned::program("mariadbd")?).arg("--version"))?;
    // mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for …
    let version = version.split_whitespace().nth(2).context("no version")?;
    let owner = output(Command::new("id").arg("-un"))?;
    let template = provisioned::folder().join(format!("mariadb-{version}-{}", owner.trim()));
    if template.exists() {
        return Ok(template);
    }

    let made = tempfile::tempdir()?;
    unprivileged::give(made.path())?;
    let data = made.path().join("data");
    let install = unprivileged::launch(provisioned::program("mariadb-install-db")?)
        .args(["--no-defaults", "--auth-root-authentication-method=normal"])
        .args(["--skip-test-db", "--skip-name-resolve"])
        .args([format!("--datadir={}", data.display())]);
    run(&mut install.command())?;
    // A database is a folder.
    fs::create_dir(data.join("shop"))?;
    unprivileged::give(&data.join("shop"))?;
    keep(&data, &template)?;
    Ok(template)
}
