//! nginx, in front of HTTP servers.

use std::fs;

use anyhow::{Context as _, Result};
use reqwest::Client;
use tokio::process::Command;

use crate::http::{ask, client};
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};
use crate::unprivileged;

/// One with locations and upstreams as a test needs them.
pub struct Nginx {
    place: Place,
    client: Client,
}

impl Nginx {
    /// Starts one with these directives of the block `http`, and these of its only `server`, such as
    /// `location /once/ { proxy_pass http://127.0.0.1:80/; }`.
    pub async fn start(http: &str, server: &str) -> Result<Server<Self>> {
        let nginx = Self {
            place: Place::new()?,
            client: client()?,
        };
        let (folder, address) = (nginx.place.text(""), nginx.place.port().address());
        let paths: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|kind| format!("{kind}_temp_path {folder}/{kind};\n"))
            .concat();
        let config = format!(
            "daemon off;
worker_processes 1;
pid {folder}/pid;
error_log stderr warn;
events {{ worker_connections 256; }}
http {{
    {paths}
    log_format faults 'status $status';
    access_log {folder}/answers faults;
    {http}
    server {{
        listen {address};
        location = /ready {{ access_log off; return 204; }}
        {server}
    }}
}}
"
        );
        fs::write(nginx.place.path("nginx.conf"), config)?;
        for file in ["", "nginx.conf"] {
            unprivileged::give(&nginx.place.path(file))?;
        }
        Server::new(nginx).await
    }

    /// For clients of this location.
    pub fn url(&self, location: &str) -> String {
        format!("http://{}/{location}/", self.place.port().address())
    }
}

impl Peer for Nginx {
    const NAME: &'static str = "nginx";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        let launch = unprivileged::launch(provisioned::program("nginx")?);
        // Before it has read where else to write.
        Ok(launch
            .args(["-e", "stderr", "-c"])
            .args([self.place.text("nginx.conf")]))
    }

    async fn ready(&self) -> Result<()> {
        let ready = format!("http://{}/ready", self.place.port().address());
        ask(self.client.get(ready)).await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        let mut nginx = Command::new(provisioned::program("nginx")?);
        let output = nginx.arg("-v").kill_on_drop(true).output().await?;
        let text = String::from_utf8(output.stderr)?;
        // nginx version: nginx/1.22.1
        let version = text.trim().rsplit('/').next();
        Ok(version.context("no version")?.to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let answers = fs::read_to_string(self.place.path("answers")).unwrap_or_default();
        let statuses = answers
            .lines()
            .filter_map(|line| line.strip_prefix("status "));
        Ok(statuses.filter(|status| *status >= "400").collect())
    }
}
