//! Varnish, in front of HTTP servers.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use reqwest::Client;
use tokio::process::Command;

use crate::http::{ask, client};
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// One that sends what begins with the name of a backend there, without the name.
pub struct Varnish {
    place: Place,
    client: Client,
}

impl Varnish {
    /// Starts one with these backends: a name, an address, and further fields such as `.first_byte_timeout = 1s;`.
    pub async fn start(backends: &[(&str, SocketAddr, &str)]) -> Result<Server<Self>> {
        let varnish = Self {
            place: Place::new()?,
            client: client()?,
        };
        let (mut declared, mut chosen) = (String::new(), String::new());
        for (name, address, fields) in backends {
            let (host, port) = (address.ip(), address.port());
            declared.push_str(&format!(
                "backend {name} {{ .host = \"{host}\"; .port = \"{port}\"; {fields} }}\n"
            ));
            chosen.push_str(&format!(
                "    if (req.url ~ \"^/{name}/\") {{ set req.backend_hint = {name}; }}\n"
            ));
        }
        let program = format!(
            "vcl 4.1;
{declared}
sub vcl_recv {{
    if (req.url == \"/ready\") {{ return (synth(204)); }}
{chosen}
    set req.url = regsub(req.url, \"^/[^/]*/\", \"/\");
    return (pass);
}}
"
        );
        fs::write(varnish.place.path("default.vcl"), program)?;
        Server::new(varnish).await
    }

    /// For clients of this backend.
    pub fn url(&self, backend: &str) -> String {
        format!("http://{}/{backend}/", self.place.port().address())
    }
}

impl Peer for Varnish {
    const NAME: &'static str = "varnish";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::program("varnishd")?)
            .args(["-F", "-j", "none", "-s", "malloc,16m", "-a"])
            .args([self.place.port().address().to_string(), "-f".to_owned()])
            .args([self.place.text("default.vcl"), "-n".to_owned()])
            .args([self.place.text("work")])
            // Few threads are enough for a test, and a busy machine starts them slowly.
            .args(["-p", "thread_pool_min=10", "-p", "thread_pools=1"]))
    }

    async fn ready(&self) -> Result<()> {
        let ready = format!("http://{}/ready", self.place.port().address());
        ask(self.client.get(ready)).await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        let mut varnishd = Command::new(provisioned::program("varnishd")?);
        let output = varnishd.arg("-V").kill_on_drop(true).output().await?;
        let text = String::from_utf8(output.stderr)?;
        // varnishd (varnish-7.1.1 revision …)
        let version = text.split("varnish-").nth(1);
        let version = version.and_then(|rest| rest.split_whitespace().next());
        Ok(version.context("no version")?.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        // Fetches that failed, by its counters.
        let mut varnishstat = Command::new(provisioned::program("varnishstat")?);
        varnishstat.args(["-1", "-n", &self.place.text("work")]);
        varnishstat.args(["-f", "MAIN.fetch_failed", "-f", "MAIN.backend_*"]);
        let output = varnishstat.kill_on_drop(true).output().await?;
        let mut faults = Faults::default();
        for line in String::from_utf8(output.stdout)?.lines() {
            let mut words = line.split_whitespace();
            let (Some(name), Some(count)) = (words.next(), words.next()) else {
                continue;
            };
            let name = name.trim_start_matches("MAIN.");
            if [
                "fetch_failed",
                "backend_fail",
                "backend_unhealthy",
                "backend_busy",
            ]
            .contains(&name)
            {
                faults.count_many(name, count.parse()?);
            }
        }
        Ok(faults)
    }
}
