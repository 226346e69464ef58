//! moto: AWS, as far as secrets are concerned.

use std::net::SocketAddr;

use anyhow::{Context as _, Result};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::http::{ask, ask_json, client};
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// One that is empty. It answers well or as AWS would; other faults are a proxy's.
pub struct Moto {
    place: Place,
    client: Client,
}

impl Moto {
    /// Starts one.
    pub async fn start() -> Result<Server<Self>> {
        Server::new(Self {
            place: Place::new()?,
            client: client()?,
        })
        .await
    }

    /// The endpoint for clients.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Its address, for a proxy in front of it.
    pub fn address(&self) -> SocketAddr {
        self.place.port().address()
    }

    /// Creates a secret.
    pub async fn create_secret(&self, name: &str, value: &str) -> Result<()> {
        ask(self.request(
            "CreateSecret",
            &json!({"Name": name, "SecretString": value}),
        ))
        .await
        .map(drop)
    }

    /// A secret's value.
    pub async fn secret(&self, name: &str) -> Result<String> {
        let answer = ask_json(self.request("GetSecretValue", &json!({"SecretId": name}))).await?;
        Ok(answer["SecretString"]
            .as_str()
            .context("no text")?
            .to_owned())
    }

    /// A request to the secrets manager, signed by nobody in particular.
    pub fn request(&self, action: &str, body: &Value) -> RequestBuilder {
        request(&self.client, &self.url(), action, body)
    }
}

fn request(client: &Client, url: &str, action: &str, body: &Value) -> RequestBuilder {
    let scope = "Credential=test/20260101/us-east-1/secretsmanager/aws4_request";
    client
        .post(url)
        .header("X-Amz-Target", format!("secretsmanager.{action}"))
        .header("Content-Type", "application/x-amz-json-1.1")
        .header(
            "Authorization",
            format!("AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"),
        )
        .body(body.to_string())
}

impl Peer for Moto {
    const NAME: &'static str = "moto";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::file("venv/bin/moto_server")?)
            .args(["-H", "127.0.0.1", "-p"])
            .args([self.place.port().number().to_string()]))
    }

    async fn ready(&self) -> Result<()> {
        ask(self.request("ListSecrets", &json!({}))).await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        provisioned::python_package_version("moto").await
    }

    async fn recorded(&self) -> Result<Faults> {
        // 127.0.0.1 - - [24/Nov/2026 02:21:41] "POST / HTTP/1.1" 404 -
        let log = self.place.log();
        let statuses = log.lines().filter_map(|line| {
            line.strip_suffix(" -")?
                .rsplit_once("\" ")?
                .1
                .parse::<u16>()
                .ok()
        });
        Ok(statuses
            .filter(|status| *status >= 400)
            .map(|status| status.to_string())
            .collect())
    }
}
