//! litellm, the gateway, in front of language models.

use std::fs;

use anyhow::Result;
use reqwest::Client;
use serde_json::{Value, json};

use crate::http::{ask, client};
use crate::process::Launch;
use crate::provisioned;
use crate::report::Faults;
use crate::server::{Peer, Place, Server};

/// It takes no key that is shorter or easier to guess.
const KEY: &str = "sk-0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978";

/// One that speaks as OpenAI does.
pub struct LiteLlm {
    place: Place,
    client: Client,
}

impl LiteLlm {
    /// Starts one with these models: a name, where an API like OpenAI's is, and further parameters such as `timeout` and
    /// `num_retries`. It repeats nothing unless they say so.
    pub async fn start(models: &[(&str, String, Value)]) -> Result<Server<Self>> {
        let models = models.iter().map(|(name, url, parameters)| {
            let mut all = json!({"model": "openai/gpt-4o-mini", "api_base": url, "api_key": "sk-upstream", "max_retries": 0});
            for (parameter, value) in parameters.as_object().into_iter().flatten() {
                all[parameter] = value.clone();
            }
            json!({"model_name": name, "litellm_params": all})
        });
        let config = json!({
            "model_list": models.collect::<Vec<_>>(),
            "router_settings": {"num_retries": 0, "disable_cooldowns": true},
            "general_settings": {"master_key": KEY},
        });
        let litellm = Self {
            place: Place::new()?,
            client: client()?,
        };
        // JSON is YAML.
        fs::write(litellm.place.path("config.yaml"), config.to_string())?;
        Server::new(litellm).await
    }

    /// For clients: paths such as `/v1/chat/completions` begin after this.
    pub fn url(&self) -> String {
        format!("http://{}", self.place.port().address())
    }

    /// What clients have to show.
    pub fn key(&self) -> &'static str {
        KEY
    }
}

impl Peer for LiteLlm {
    const NAME: &'static str = "litellm";
    const RECORD_SURVIVES: bool = true;

    fn place(&self) -> &Place {
        &self.place
    }

    fn launch(&self) -> Result<Launch> {
        Ok(Launch::new(provisioned::file("litellm/bin/litellm")?)
            .args(["--host", "127.0.0.1", "--port"])
            .args([self.place.port().number().to_string()])
            .args(["--config".to_owned(), self.place.text("config.yaml")])
            .args(["--telemetry", "False"])
            // Otherwise it asks the network what models cost.
            .env("LITELLM_LOCAL_MODEL_COST_MAP", "True")
            .env("NO_PROXY", "*"))
    }

    async fn ready(&self) -> Result<()> {
        let alive = format!("{}/health/liveliness", self.url());
        ask(self.client.get(alive)).await.map(drop)
    }

    async fn version(&self) -> Result<String> {
        provisioned::package_version("litellm", "litellm").await
    }

    async fn recorded(&self) -> Result<Faults> {
        // INFO:     127.0.0.1:1 - "POST /v1/chat/completions HTTP/1.1" 408 Request Timeout
        let log = self.place.log();
        let statuses = log.lines().filter_map(|line| {
            let answer = line.split_once("\"POST ")?.1;
            answer.split_once("\" ")?.1.split(' ').next()
        });
        Ok(statuses.filter(|status| *status >= "400").collect())
    }
}
