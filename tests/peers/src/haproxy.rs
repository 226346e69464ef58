//! HAProxy, in front of HTTP servers.

use std::fs;

use anyhow::{Context as _, Result};
use reqwest::Client;
use tokio::process::Command;

use crate::http::{ask, client};
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// What all of them begin with. Whatever a test waits for has a limit of its own.
const GLOBAL: &str = "
global
    noreuseport
defaults
    mode http
    timeout connect 30s
    timeout client 60s
    timeout server 60s
    timeout queue 60s
    option httplog
    log stderr format raw daemon
    log-format \"flags %ST%ts\"
";

/// One that sends what begins with the name of a backend there, without the name.
pub struct HaProxy {
    place: Place,
    client: Client,
}

impl HaProxy {
    /// Starts one with these backends: a name, and lines such as `server a 127.0.0.1:80` and `retries 0`.
    pub async fn start(backends: &[(&str, &str)]) -> Result<Server<Self>> {
        let haproxy = Self {
            place: Place::new()?,
            client: client()?,
        };
        let address = haproxy.place.port().address();
        let mut config = format!(
            "{GLOBAL}
frontend all
    bind {address}
    monitor-uri /monitor
    use_backend %[path,field(2,/)]
"
        );
        for (name, lines) in backends {
            config.push_str(&format!(
                "backend {name}\n    http-request replace-path /[^/]*/(.*) /\\1\n{lines}\n"
            ));
        }
        fs::write(haproxy.place.path("haproxy.cfg"), config)?;
        Server::new(haproxy).await
    }

    /// For clients of this backend.
    pub fn url(&self, backend: &str) -> String {
        format!("http://{}/{backend}/", self.place.port().address())
    }
}

impl Peer for HaProxy {
    const NAME: &'static str = "haproxy";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::program("haproxy")?).args([
            "-db".to_owned(),
            "-f".to_owned(),
            self.place.text("haproxy.cfg"),
        ]))
    }

    async fn ready(&self) -> Result<()> {
        let monitor = format!("http://{}/monitor", self.place.port().address());
        ask(self.client.get(monitor)).await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        let mut haproxy = Command::new(provisioned::program("haproxy")?);
        let output = haproxy.arg("-v").kill_on_drop(true).output().await?;
        let text = String::from_utf8(output.stdout)?;
        // HAProxy version 2.6.12-1+deb12u4 2026/…
        let version = text.split_whitespace().nth(2);
        Ok(version.context("no version")?.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        // The status, and where the request stood when it ended: `503SC`.
        let log = self.place.log();
        let flags = log.lines().filter_map(|line| line.strip_prefix("flags "));
        Ok(flags.filter(|flags| !flags.ends_with("--")).collect())
    }
}
