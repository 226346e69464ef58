//! What the harness itself asks servers over HTTP.

use anyhow::{Result, bail};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

/// A client for the loopback, whatever proxies the environment names. It keeps no connections: those would belong to the
/// runtime of the test, and a record is read on another.
pub(crate) fn client() -> Result<Client> {
    Ok(Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .build()?)
}

/// The answer; not that of a server that refuses.
pub(crate) async fn ask(request: RequestBuilder) -> Result<Response> {
    let response = request.send().await?;
    if !response.status().is_success() {
        bail!(
            "{} {}: {}",
            response.status(),
            response.url().clone(),
            response.text().await?
        );
    }
    Ok(response)
}

/// The answer as JSON; null where there is none.
pub(crate) async fn ask_json(request: RequestBuilder) -> Result<Value> {
    let body = ask(request).await?.bytes().await?;
    Ok(if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body)?
    })
}
