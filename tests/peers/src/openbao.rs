//! OpenBao, which is what HashiCorp's Vault was.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::http::{ask, ask_json, client};
use crate::port::Port;
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// One in development mode: unsealed, in memory, so that a restart forgets everything. Every request that it takes while
/// unsealed is in its audit log.
pub struct OpenBao {
    place: Place,
    client: Client,
    /// It talks to others of its kind there.
    _cluster: Port,
}

impl OpenBao {
    /// The token that may do everything.
    pub const TOKEN: &'static str = "root";

    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        let (port, cluster) = Port::reserve_pair()?;
        let place = Place::at(port)?;
        let options = format!("options = {{ file_path = {:?} }}", place.text("audit"));
        fs::write(
            place.path("config.hcl"),
            format!("audit \"file\" \"record\" {{ {options} }}\n"),
        )?;
        let bao = Server::new(Self {
            place,
            client: client()?,
            _cluster: cluster,
        })
        .await?;
        let told = json!({"enable_rate_limit_response_headers": true, "enable_rate_limit_audit_logging": true});
        bao.call(Method::POST, "sys/quotas/config", Some(told))
            .await?;
        Ok(bao)
    }

    /// For clients: paths begin with `/v1`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }

    /// Does anything that its API can, such as `sys/health`, as root.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value> {
        let request = self
            .client
            .request(method, format!("{}/v1/{path}", self.url()));
        let request = request.header("X-Vault-Token", Self::TOKEN);
        ask_json(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    /// Writes a secret, which is read at `/v1/secret/data/<name>`.
    pub async fn put(&self, name: &str, data: Value) -> Result<()> {
        self.call(
            Method::POST,
            &format!("secret/data/{name}"),
            Some(json!({"data": data})),
        )
        .await
        .map(drop)
    }

    /// From now on it answers 503.
    pub async fn seal(&self) -> Result<()> {
        self.call(Method::PUT, "sys/seal", None).await.map(drop)
    }

    /// It answers again, when this returns.
    pub async fn unseal(&self) -> Result<()> {
        let key = self.unseal_key()?;
        self.call(Method::PUT, "sys/unseal", Some(json!({"key": key})))
            .await?;
        let active = async {
            while self.healthy().await.is_err() {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(60), active)
            .await
            .context("it stays sealed")
    }

    /// What unseals it, since it was started last.
    pub fn unseal_key(&self) -> Result<String> {
        let log = self.place.log();
        let mut lines = log.lines().rev();
        let key = lines.find_map(|line| line.strip_prefix("Unseal Key: "));
        Ok(key.context("no unseal key")?.trim().to_owned())
    }

    /// So many requests in so many seconds for paths like `secret/`, and 429 with Retry-After for more.
    pub async fn limit(&self, path: &str, requests: u32, seconds: u32) -> Result<()> {
        let quota = json!({"path": path, "rate": requests, "interval": format!("{seconds}s")});
        self.call(Method::POST, "sys/quotas/rate-limit/test", Some(quota))
            .await
            .map(drop)
    }

    /// No limit any more.
    pub async fn unlimit(&self) -> Result<()> {
        self.call(Method::DELETE, "sys/quotas/rate-limit/test", None)
            .await
            .map(drop)
    }

    /// The requests for this path, such as `secret/data/db`, that are in the audit log: how often clients came through.
    pub fn requests(&self, path: &str) -> Result<usize> {
        let audit = self.audit()?;
        Ok(audit
            .iter()
            .filter(|line| line["type"] == "request" && line["request"]["path"] == path)
            .count())
    }

    /// Its audit log: a line for each request, and one for each answer.
    pub fn audit(&self) -> Result<Vec<Value>> {
        let audit = fs::read_to_string(self.place.path("audit"))?;
        // The last line may be on its way.
        Ok(audit
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect())
    }

    async fn healthy(&self) -> Result<Value> {
        self.call(Method::GET, "sys/health", None).await
    }
}

impl Peer for OpenBao {
    const NAME: &'static str = "openbao";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::file("venv/bin/bao")?)
            .args(["server", "-dev", "-dev-no-store-token"])
            .args([format!("-dev-root-token-id={}", Self::TOKEN)])
            .args([format!("-dev-listen-address={}", self.address())])
            .args([format!("-config={}", self.place.text("config.hcl"))])
            .env("HOME", self.place.text("")))
    }

    async fn ready(&self) -> Result<()> {
        self.healthy().await?;
        // What development mode sets up comes a little later.
        ask(self
            .client
            .get(format!("{}/v1/secret/config", self.url()))
            .header("X-Vault-Token", Self::TOKEN))
        .await?;
        self.place
            .log()
            .contains("Unseal Key: ")
            .then_some(())
            .context("it has not said its key")
    }

    async fn version(&self) -> Result<String> {
        Ok(self.healthy().await?["version"]
            .as_str()
            .context("no version")?
            .to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let audit = self.audit()?;
        // Most are on two lines, but a request over the limit is not, since it has no answer of a backend.
        let faults: BTreeMap<_, _> = audit
            .iter()
            .enumerate()
            .filter_map(|(line, entry)| {
                let error = entry["error"].as_str()?;
                let kind = ["permission denied", "quota exceeded"]
                    .into_iter()
                    .find(|kind| error.contains(kind));
                let request = entry["request"]["id"]
                    .as_str()
                    .map_or_else(|| line.to_string(), str::to_owned);
                Some((request, kind.unwrap_or("error")))
            })
            .collect();
        Ok(faults.into_values().collect())
    }
}
