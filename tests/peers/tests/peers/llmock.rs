//! What a client of language models sees.

use std::time::{Duration, Instant};

use anyhow::Result;
use reqwest::{Client, Response};
use resilience_peers::LlMock;
use serde_json::json;

async fn ask(url: &str, stream: bool) -> Result<Response> {
    let client = Client::builder().no_proxy().build()?;
    let body =
        json!({"model": "m", "stream": stream, "messages": [{"role": "user", "content": "hello"}]});
    Ok(client
        .post(format!("{url}/v1/chat/completions"))
        .json(&body)
        .send()
        .await?)
}

#[tokio::test]
async fn it_answers_and_breaks_and_judges() -> Result<()> {
    let mut llmock = LlMock::start().await?;
    assert_eq!(llmock.version(), "0.2.2");
    assert_eq!(ask(&llmock.url(), false).await?.status(), 200);
    assert!(llmock.verdict().await?.passed);

    llmock
        .scenario(
            &json!({"behaviors": [{"type": "fail", "status": 429, "retry_after": 60, "times": 1}]}),
        )
        .await?;
    let began = Instant::now();
    let throttled = ask(&llmock.url(), false).await?;
    assert_eq!(
        (
            throttled.status().as_u16(),
            &throttled.headers()["retry-after"]
        ),
        (429, &"60".parse()?)
    );
    // Too early, and it says so.
    assert_eq!(ask(&llmock.url(), false).await?.status(), 200);
    assert!(began.elapsed() < Duration::from_secs(60));
    let verdict = llmock.verdict().await?;
    assert!(
        !verdict.passed && verdict.text.contains("retry_after_ignored"),
        "{}",
        verdict.text
    );

    llmock.reset().await?;
    assert!(llmock.verdict().await?.passed);
    llmock
        .scenario(&json!({"behaviors": [
            {"type": "fail", "status": 529, "times": 1, "match": {"provider": "anthropic"}},
            {"type": "stream_fault", "kind": "truncate", "after_chunks": 2, "times": 1},
        ]}))
        .await?;
    let text = ask(&llmock.url(), true).await?.text().await?;
    assert!(
        text.starts_with("data: ") && !text.contains("[DONE]"),
        "{text}"
    );
    let anthropic = Client::builder()
        .no_proxy()
        .build()?
        .post(format!("{}/anthropic/v1/messages", llmock.url()));
    let body =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hello"}]});
    let overloaded = anthropic.json(&body).send().await?;
    assert_eq!(overloaded.status().as_u16(), 529);
    assert!(overloaded.text().await?.contains("overloaded_error"));

    let faults = llmock.recorded().await?;
    assert_eq!(
        (llmock.requests().await?.len(), faults.total()),
        (2, 3),
        "{faults:?}"
    );
    Ok(())
}

#[tokio::test]
async fn it_has_limits_of_its_own() -> Result<()> {
    let llmock = LlMock::start_with(&["--rpm", "2"]).await?;
    for status in [200, 200, 429] {
        assert_eq!(ask(&llmock.url(), false).await?.status().as_u16(), status);
    }
    assert_eq!(llmock.recorded().await?.total(), 1);
    Ok(())
}
