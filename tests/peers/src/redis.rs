//! Redis.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// One that keeps nothing on disk.
pub struct Redis {
    place: Place,
    options: Vec<String>,
}

impl Redis {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        Self::start_with(&[]).await
    }

    /// Starts one with options such as `--cluster-enabled yes`, word by word.
    pub async fn start_with(options: &[&str]) -> Result<Server<Self>> {
        Server::new(Self {
            place: Place::new()?,
            options: options.iter().map(|&option| option.to_owned()).collect(),
        })
        .await
    }

    /// For clients.
    pub fn url(&self) -> String {
        format!("redis://{}/", self.address())
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }

    /// Sends one command on a connection of its own, beside whatever is tested. Returns the reply as text; of an array,
    /// its elements by line. What Redis answers with an error is one.
    pub async fn command(&self, words: &[&str]) -> Result<String> {
        command(self.address(), words).await
    }

    /// Closes all connections of other clients; how many.
    pub async fn kill_clients(&self) -> Result<u64> {
        Ok(self
            .command(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"])
            .await?
            .parse()?)
    }

    /// Every command that needs memory is answered with `OOM` from now on, or no longer.
    pub async fn out_of_memory(&self, out: bool) -> Result<()> {
        self.command(&["CONFIG", "SET", "maxmemory", if out { "1" } else { "0" }])
            .await
            .map(drop)
    }

    /// Every write is answered with `READONLY` from now on, as after a failover, or no longer.
    pub async fn read_only(&self, replica: bool) -> Result<()> {
        let words = if replica {
            ["REPLICAOF", "127.0.0.1", "1"]
        } else {
            ["REPLICAOF", "NO", "ONE"]
        };
        self.command(&words).await.map(drop)
    }
}

/// Sends one command on a connection of its own.
pub(crate) async fn command(address: SocketAddr, words: &[&str]) -> Result<String> {
    let mut stream = BufStream::new(TcpStream::connect(address).await?);
    let mut request = format!("*{}\r\n", words.len());
    for word in words {
        request.push_str(&format!("${}\r\n{word}\r\n", word.len()));
    }
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;

    let mut elements = 1;
    let mut reply = Vec::new();
    while elements > 0 {
        elements -= 1;
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let (kind, rest) = line
            .trim_end()
            .split_at_checked(1)
            .context("Redis closed the connection")?;
        match kind {
            "-" => bail!("{rest}"),
            "*" => elements += rest.parse::<usize>().unwrap_or(0),
            "$" if rest == "-1" => reply.push(String::new()),
            "$" => {
                // The value and the end of its line.
                let mut value = vec![0; rest.parse::<usize>()? + 2];
                stream.read_exact(&mut value).await?;
                value.truncate(value.len() - 2);
                reply.push(String::from_utf8_lossy(&value).into_owned());
            }
            _ => reply.push(rest.to_owned()),
        }
    }
    Ok(reply.join("\n"))
}

impl Peer for Redis {
    const NAME: &'static str = "redis";
    const RECORD_SURVIVES: bool = false;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::program("redis-server")?)
            .args(["--port".to_owned(), self.place.port().number().to_string()])
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--dir".to_owned(), self.place.text("")])
            .args(self.options.clone()))
    }

    async fn ready(&self) -> Result<()> {
        self.command(&["PING"]).await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        let server = self.command(&["INFO", "server"]).await?;
        let version = server
            .lines()
            .find_map(|line| line.strip_prefix("redis_version:"));
        Ok(version.context("INFO without a version")?.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let mut faults = Faults::default();
        // errorstat_OOM:count=2
        for line in self.command(&["INFO", "errorstats"]).await?.lines() {
            let Some((kind, count)) = line
                .strip_prefix("errorstat_")
                .and_then(|line| line.split_once(":count="))
            else {
                continue;
            };
            // Clients that introduce themselves in words that are newer than the server.
            if kind != "ERR" {
                faults.count_many(kind, count.trim().parse()?);
            }
        }
        // cmdstat_client|kill:calls=1,usec=…
        for line in self.command(&["INFO", "commandstats"]).await?.lines() {
            if let Some(rest) = line.strip_prefix("cmdstat_client|kill:calls=") {
                let calls = rest.split(',').next().unwrap_or(rest);
                faults.count_many("CLIENT-KILL", calls.parse()?);
            }
        }
        Ok(faults)
    }
}
