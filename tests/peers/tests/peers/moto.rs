//! What a client of AWS sees.

use anyhow::Result;
use resilience_peers::Moto;
use serde_json::{Value, json};

#[tokio::test]
async fn it_answers_and_refuses_and_knows_of_it() -> Result<()> {
    let mut moto = Moto::start().await?;
    assert_eq!(moto.version(), "5.2.5");
    moto.create_secret("db", "s3cret").await?;
    assert_eq!(moto.secret("db").await?, "s3cret");

    let missing = moto
        .request("GetSecretValue", &json!({"SecretId": "nope"}))
        .send()
        .await?;
    assert_eq!(missing.status().as_u16(), 404, "AWS itself says 400");
    assert_eq!(
        missing.json::<Value>().await?["__type"],
        "ResourceNotFoundException"
    );
    assert_eq!(moto.recorded().await?.of("404"), 1);

    moto.kill_hard().await;
    let refused = moto
        .request("GetSecretValue", &json!({"SecretId": "db"}))
        .send()
        .await
        .expect_err("down");
    assert!(refused.is_connect(), "{refused}");
    Ok(())
}
