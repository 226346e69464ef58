//! llmock: language model providers that fail by a script and judge the client.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use reqwest::Client;
use serde_json::Value;
use tokio::process::Command;

use crate::http::{ask, ask_json, client};
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// One that answers `/v1/chat/completions` as OpenAI does, `/anthropic/v1/messages` as Anthropic does, and so on.
pub struct LlMock {
    place: Place,
    client: Client,
    limits: Vec<String>,
}

/// A request as it was recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Served {
    /// The HTTP status of the answer.
    pub status: u64,
    /// When it came, in seconds of the server's clock.
    pub began: f64,
    /// When the answer ended.
    pub ended: f64,
    /// The fault that it met, if any.
    pub fault: Option<String>,
}

/// What it thinks of the clients since the last reset.
#[derive(Debug)]
pub struct LlMockVerdict {
    /// No client ignored a Retry-After, repeated what cannot be repeated, stormed, or took half a stream for a whole.
    pub passed: bool,
    /// The report for people.
    pub text: String,
}

impl LlMock {
    /// Starts one without limits of its own.
    pub async fn start() -> Result<Server<Self>> {
        Self::start_with(&[]).await
    }

    /// Starts one with options such as `--rpm 6` and `--tpm 100`.
    pub async fn start_with(options: &[&str]) -> Result<Server<Self>> {
        let limits = options.iter().map(|&option| option.to_owned()).collect();
        Server::new(Self {
            place: Place::new()?,
            client: client()?,
            limits,
        })
        .await
    }

    /// For clients: paths begin after this.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }

    /// Queues behaviours: `{"behaviors": [{"type": "fail", "status": 429, "retry_after": 1, "times": 2}]}`.
    pub async fn scenario(&self, behaviors: &Value) -> Result<()> {
        ask(self.client.post(self.control("scenario")).json(behaviors))
            .await
            .map(drop)
    }

    /// Forgets what is queued and what was served, without a trace in the report.
    pub async fn forget(&self) -> Result<()> {
        ask(self.client.post(self.control("reset"))).await.map(drop)
    }

    /// The requests that it has served, oldest first.
    pub async fn requests(&self) -> Result<Vec<Value>> {
        let mut journal = ask_json(self.client.get(self.control("requests"))).await?;
        match journal["requests"].take() {
            Value::Array(requests) => Ok(requests),
            _ => anyhow::bail!("a journal without requests: {journal}"),
        }
    }

    /// Those that asked this model.
    pub async fn served(&self, model: &str) -> Result<Vec<Served>> {
        let requests = self.requests().await?.into_iter();
        let asked = requests.filter(|request| request["model"] == model);
        Ok(asked
            .map(|request| Served {
                status: request["status"].as_u64().unwrap_or(0),
                began: request["started_at"].as_f64().unwrap_or(f64::NAN),
                ended: request["ended_at"].as_f64().unwrap_or(f64::NAN),
                fault: request["fault"].as_str().map(str::to_owned),
            })
            .collect())
    }

    /// What it thinks of the clients, which is what `llmock report` says and exits with.
    pub async fn verdict(&self) -> Result<LlMockVerdict> {
        let mut report = Command::new(provisioned::file("venv/bin/llmock")?);
        report
            .args(["report", "--url", &self.url()])
            .env("NO_PROXY", "*")
            .kill_on_drop(true);
        let output = report.output().await?;
        Ok(LlMockVerdict {
            passed: output.status.success(),
            text: String::from_utf8_lossy(&output.stdout).into_owned()
                + &String::from_utf8_lossy(&output.stderr),
        })
    }

    fn control(&self, path: &str) -> String {
        format!("{}/_llmock/{path}", self.url())
    }
}

impl Server<LlMock> {
    /// Forgets what is queued and what was served: the next verdict is about what comes now.
    pub async fn reset(&mut self) -> Result<()> {
        self.keep_record().await;
        ask(self.client.post(self.control("reset"))).await.map(drop)
    }
}

impl Peer for LlMock {
    const NAME: &'static str = "llmock";
    const RECORD_SURVIVES: bool = false;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::file("venv/bin/llmock")?)
            .args(["serve", "--host", "127.0.0.1", "--port"])
            .args([self.place.port().number().to_string()])
            .args(self.limits.clone()))
    }

    async fn ready(&self) -> Result<()> {
        self.requests().await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        let api = ask_json(self.client.get(format!("{}/openapi.json", self.url()))).await?;
        Ok(api["info"]["version"]
            .as_str()
            .context("no version")?
            .to_owned())
    }

    async fn recorded(&self) -> Result<Faults> {
        let requests = self.requests().await?;
        let faults = requests.iter().filter_map(|request| {
            let status = request["status"].as_u64().unwrap_or(0);
            // A scripted fault has a name, one of the limits only a status.
            let fault = request["fault"].as_str().map(str::to_owned);
            fault.or_else(|| (status >= 400).then(|| status.to_string()))
        });
        Ok(faults.collect())
    }
}
