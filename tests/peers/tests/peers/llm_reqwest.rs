//! A plain HTTP client behind `#[llm_resilient]`, with the API of OpenAI and that of Anthropic.

use std::time::Duration;

use anyhow::Result;
use futures_util::future::try_join_all;
use resilience_peers::{LlMock, Served};
use resilience_runtime::{Registry, llm_resilient};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::llm_clients::{HttpError, Plain};
use crate::llm_openai::asked_to_wait;

#[llm_resilient(
    service = "plain",
    retry(base_delay = "20ms"),
    rate_limit(max_wait = "30s")
)]
async fn ask(plain: &Plain, model: &str, prompt: &str) -> Result<Value, HttpError> {
    plain.ask(model, prompt, 9).await
}

async fn fail(llmock: &LlMock, model: &str, mut failure: Value) -> Result<()> {
    failure["type"] = "fail".into();
    failure["match"] = json!({ "model": model });
    llmock.scenario(&json!({ "behaviors": [failure] })).await
}

fn statuses(served: &[Served]) -> Vec<u64> {
    served.iter().map(|request| request.status).collect()
}

#[tokio::test]
async fn a_retry_after_is_obeyed_by_all_callers() -> Result<()> {
    let mut llmock = LlMock::start().await?;
    let clients = [Plain::openai(&llmock), Plain::anthropic(&llmock)];
    for (model, wait, plain) in [("soon", 0.4, &clients[0]), ("later", 1.0, &clients[1])] {
        let failure = json!({"status": 429, "retry_after": wait});
        fail(&llmock, model, failure).await?;
        let registry = Registry::new();
        let mut changes = registry.subscribe_to_changes();
        let first = registry.scope(ask(plain, model, "first"));
        let others = async {
            let asked = asked_to_wait(&mut changes).await?;
            assert_eq!(asked, Duration::from_secs_f64(wait));
            let prompts = ["a", "b", "c", "d", "e", "f"];
            let others = prompts.map(|prompt| registry.scope(ask(plain, model, prompt)));
            anyhow::Ok(try_join_all(others).await?)
        };
        let (first, others) = tokio::join!(first, others);
        first?;
        others?;

        let served = llmock.served(model).await?;
        assert_eq!(statuses(&served), [429, 200, 200, 200, 200, 200, 200, 200]);
        for request in &served[1..] {
            let waited = request.began - served[0].ended;
            assert!(waited >= wait - 0.01, "{model}: {waited}");
            assert!(waited < wait + 10.0, "{model}: {waited}");
        }
    }
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);

    // What the verdict is worth: a loop that does not listen is found out.
    llmock.reset().await?;
    fail(&llmock, "m", json!({"status": 429, "retry_after": 60})).await?;
    while clients[0].ask("m", "hello", 9).await.is_err() {
        sleep(Duration::from_millis(1)).await;
    }
    let verdict = llmock.verdict().await?;
    assert!(!verdict.passed && verdict.text.contains("retry_after_ignored"));
    Ok(())
}

#[tokio::test]
async fn failures_are_retried_or_not_as_they_should() -> Result<()> {
    #[llm_resilient(
        service = "plain",
        retry(base_delay = "20ms"),
        rate_limit(max_wait = "30s"),
        fallback(on_context_too_large = larger, on_throttled = other)
    )]
    async fn with_others(plain: &Plain, model: &str, prompt: &str) -> Result<Value, HttpError> {
        plain.ask(model, prompt, 9).await
    }
    async fn larger(_: &Plain, _: &str, _: &str) -> Result<Value, HttpError> {
        Ok("larger model".into())
    }
    async fn other(_: &Plain, _: &str, _: &str) -> Result<Value, HttpError> {
        Ok("other provider".into())
    }
    let llmock = LlMock::start_with(&["--context-window", "100"]).await?;
    let (openai, anthropic) = (Plain::openai(&llmock), Plain::anthropic(&llmock));

    // A burst of failures under four callers; Anthropic's body of a 529 says `overloaded_error`.
    for (model, plain) in [("gpt", &openai), ("claude", &anthropic)] {
        for status in [500, 502, 503, 529] {
            let failure = json!({"status": status, "retry_after": 0.05});
            fail(&llmock, model, failure).await?;
        }
        let registry = Registry::new();
        let prompts = ["a", "b", "c", "d"];
        let calls = prompts.map(|prompt| registry.scope(ask(plain, model, prompt)));
        try_join_all(calls).await?;
        let mut burst = statuses(&llmock.served(model).await?);
        burst.sort_unstable();
        assert_eq!(burst, [200, 200, 200, 200, 500, 502, 503, 529]);
    }

    let quota = |code| json!({"status": 429, "code": code, "retry_after": 0});
    let busy = json!({"status": 429, "retry_after": 0.05, "times": 3});
    for (model, plain, failure, asked) in [
        ("spent", &openai, quota("insufficient_quota"), 1),
        ("unpaid", &anthropic, quota("billing_error"), 1),
        ("busy gpt", &openai, busy.clone(), 3),
        ("busy claude", &anthropic, busy, 3),
    ] {
        fail(&llmock, model, failure).await?;
        let out = Registry::new().scope(with_others(plain, model, "hello"));
        assert_eq!(out.await?, "other provider");
        assert_eq!(statuses(&llmock.served(model).await?), vec![429; asked]);
    }

    let long = "far too long ".repeat(100);
    let out = Registry::new().scope(with_others(&openai, "small", &long));
    assert_eq!(out.await?, "larger model");
    assert_eq!(statuses(&llmock.served("small").await?), [400]);

    for status in [400, 401, 403, 404, 422] {
        let model = format!("status {status}");
        fail(&llmock, &model, json!({"status": status, "times": 2})).await?;
        for plain in [&openai, &anthropic] {
            let out = Registry::new().scope(ask(plain, &model, "hello"));
            assert!(out.await.is_err());
        }
        assert_eq!(statuses(&llmock.served(&model).await?), [status; 2]);
    }

    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);
    Ok(())
}
