//! What a client of OpenBao or Vault sees.

use anyhow::Result;
use reqwest::{Client, Response};
use resilience_peers::OpenBao;
use serde_json::{Value, json};

async fn read(bao: &OpenBao, name: &str, token: &str) -> Result<Response> {
    let client = Client::builder().no_proxy().build()?;
    let request = client
        .get(format!("{}/v1/secret/data/{name}", bao.url()))
        .header("X-Vault-Token", token);
    Ok(request.send().await?)
}

#[tokio::test]
async fn it_answers_and_refuses_and_is_sealed_and_knows_of_it() -> Result<()> {
    let mut bao = OpenBao::start().await?;
    assert_eq!(bao.version(), "2.7.2");
    bao.put("db", json!({"password": "s3cret"})).await?;
    let found: Value = read(&bao, "db", OpenBao::TOKEN).await?.json().await?;
    assert_eq!(found["data"]["data"]["password"], "s3cret");
    assert_eq!(read(&bao, "nope", OpenBao::TOKEN).await?.status(), 404);
    assert_eq!(read(&bao, "db", "wrong").await?.status(), 403);
    assert_eq!(
        bao.requests("secret/data/db")?,
        3,
        "one written, one read, one refused"
    );

    bao.limit("secret/", 1, 60).await?;
    assert_eq!(read(&bao, "db", OpenBao::TOKEN).await?.status(), 200);
    let throttled = read(&bao, "db", OpenBao::TOKEN).await?;
    assert_eq!(throttled.status(), 429);
    assert!(throttled.headers().contains_key("retry-after"));
    bao.unlimit().await?;

    bao.seal().await?;
    assert_eq!(read(&bao, "db", OpenBao::TOKEN).await?.status(), 503);
    bao.unseal().await?;
    assert_eq!(read(&bao, "db", OpenBao::TOKEN).await?.status(), 200);

    let faults = bao.recorded().await?;
    assert_eq!(
        (faults.of("permission denied"), faults.of("quota exceeded")),
        (1, 1),
        "{faults:?}"
    );

    // Its secrets were in memory.
    bao.restart().await?;
    assert_eq!(read(&bao, "db", OpenBao::TOKEN).await?.status(), 404);
    Ok(())
}
