//! `async-openai` behind `#[llm_resilient]`: what llmock records, and what it thinks of that.

use std::time::Duration;

use anyhow::Result;
use futures_util::future::{join_all, try_join_all};
use resilience_peers::{LlMock, Served};
use resilience_runtime::telemetry::{EventKind, Events};
use resilience_runtime::{CircuitState, Registry, ServiceKind, llm_resilient};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::llm_clients::{OpenAi, complete, openai, with_hidden_retries};

#[llm_resilient(
    service = "openai",
    retry(base_delay = "20ms"),
    rate_limit(max_wait = "30s")
)]
async fn ask(openai: &OpenAi, model: &str, prompt: &str) -> Result<String> {
    complete(openai, model, prompt).await
}

/// Queues a failure for one model.
async fn fail(llmock: &LlMock, model: &str, mut failure: Value) -> Result<()> {
    failure["type"] = "fail".into();
    failure["match"] = json!({ "model": model });
    llmock.scenario(&json!({ "behaviors": [failure] })).await
}

/// For how long the server, in its next answer that says so, asks to be left alone.
pub(crate) async fn asked_to_wait(changes: &mut Events) -> Result<Duration> {
    loop {
        if let EventKind::Cooldown { retry_after, .. } = changes.recv().await?.kind {
            return Ok(retry_after);
        }
    }
}

fn statuses(served: &[Served]) -> Vec<u64> {
    served.iter().map(|request| request.status).collect()
}

#[tokio::test]
async fn a_retry_after_is_obeyed_by_all_callers() -> Result<()> {
    let llmock = LlMock::start().await?;
    let openai = openai(&llmock.url());
    // Once in milliseconds, beside a second that would be longer, and once in both alike.
    for (model, wait) in [("soon", 0.4), ("later", 1.0)] {
        let failure = json!({"status": 429, "retry_after": wait});
        fail(&llmock, model, failure).await?;
        let registry = Registry::new();
        let mut changes = registry.subscribe_to_changes();
        let first = registry.scope(ask(&openai, model, "first"));
        let others = async {
            assert_eq!(
                asked_to_wait(&mut changes).await?,
                Duration::from_secs_f64(wait)
            );
            let prompts = ["a", "b", "c", "d", "e", "f"];
            try_join_all(prompts.map(|prompt| registry.scope(ask(&openai, model, prompt)))).await
        };
        tokio::try_join!(first, others)?;

        let served = llmock.served(model).await?;
        assert_eq!(statuses(&served), [429, 200, 200, 200, 200, 200, 200, 200]);
        for request in &served[1..] {
            let waited = request.began - served[0].ended;
            assert!(
                waited >= wait - 0.01 && waited < wait + 10.0,
                "{model}: {waited}"
            );
        }
    }
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);
    Ok(())
}

#[tokio::test]
async fn failures_are_retried_or_not_as_they_should() -> Result<()> {
    #[llm_resilient(
        service = "openai",
        retry(base_delay = "20ms"),
        rate_limit(max_wait = "30s"),
        fallback(on_context_too_large = larger, on_throttled = other)
    )]
    async fn with_others(openai: &OpenAi, model: &str, prompt: &str) -> Result<String> {
        complete(openai, model, prompt).await
    }
    async fn larger(_: &OpenAi, _: &str, _: &str) -> Result<String> {
        Ok("larger model".to_owned())
    }
    async fn other(_: &OpenAi, _: &str, _: &str) -> Result<String> {
        Ok("other provider".to_owned())
    }
    let llmock = LlMock::start_with(&["--context-window", "100"]).await?;
    let openai = openai(&llmock.url());

    // A burst of failures under four callers.
    for status in [500, 502, 503, 529] {
        let failure = json!({"status": status, "retry_after": 0.05});
        fail(&llmock, "burst", failure).await?;
    }
    let registry = Registry::new();
    let prompts = ["a", "b", "c", "d"];
    let calls = prompts.map(|prompt| registry.scope(ask(&openai, "burst", prompt)));
    try_join_all(calls).await?;
    let mut burst = statuses(&llmock.served("burst").await?);
    burst.sort_unstable();
    assert_eq!(burst, [200, 200, 200, 200, 500, 502, 503, 529]);

    // The account is used up, whatever else the answer says; and one that is throttled for good.
    let spent = json!({"status": 429, "code": "insufficient_quota", "retry_after": 0});
    fail(&llmock, "spent", spent).await?;
    let throttled = json!({"status": 429, "retry_after": 0.05, "times": 3});
    fail(&llmock, "throttled", throttled).await?;
    for (model, asked) in [("spent", 1), ("throttled", 3)] {
        let out = Registry::new().scope(with_others(&openai, model, "hello"));
        assert_eq!(out.await?, "other provider");
        assert_eq!(statuses(&llmock.served(model).await?), vec![429; asked]);
    }

    let long = "far too long ".repeat(100);
    let out = Registry::new().scope(with_others(&openai, "small", &long));
    assert_eq!(out.await?, "larger model");
    assert_eq!(statuses(&llmock.served("small").await?), [400]);

    for status in [400, 401, 403, 404, 422] {
        let model = format!("status {status}");
        fail(&llmock, &model, json!({"status": status})).await?;
        let out = Registry::new().scope(ask(&openai, &model, "hello"));
        assert!(out.await.is_err());
        assert_eq!(statuses(&llmock.served(&model).await?), [status]);
    }

    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);
    Ok(())
}

#[tokio::test]
async fn attempts_are_requests_only_without_the_clients_own_retries() -> Result<()> {
    let mut llmock = LlMock::start().await?;
    let failure = json!({"status": 500, "retry_after": 0, "times": null});
    fail(&llmock, "down", failure).await?;
    let once = openai(&llmock.url());
    let out = Registry::new().scope(ask(&once, "down", "hello"));
    assert!(out.await.is_err());
    assert_eq!(statuses(&llmock.served("down").await?), [500; 3]);
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);

    llmock.reset().await?;
    let failure = json!({"status": 500, "retry_after": 0, "times": null});
    fail(&llmock, "down", failure).await?;
    let hidden = with_hidden_retries(&llmock.url());
    let out = Registry::new().scope(ask(&hidden, "down", "hello"));
    assert!(out.await.is_err());
    assert_eq!(statuses(&llmock.served("down").await?), [500; 12]);
    let verdict = llmock.verdict().await?;
    assert!(
        !verdict.passed && verdict.text.contains("retry_storm"),
        "{}",
        verdict.text
    );
    Ok(())
}

#[tokio::test]
async fn the_breaker_opens_lets_nothing_through_and_closes() -> Result<()> {
    #[llm_resilient(
        service = "openai",
        retry = off,
        circuit_breaker(recovery_timeout = "3s")
    )]
    async fn once(openai: &OpenAi, prompt: &str) -> Result<String> {
        complete(openai, "m", prompt).await
    }
    let llmock = LlMock::start().await?;
    let openai = openai(&llmock.url());
    let failure = json!({"status": 503, "retry_after": 0, "times": 5});
    fail(&llmock, "m", failure).await?;
    let registry = Registry::new();
    let ask = |prompt| registry.scope(once(&openai, prompt));
    for _ in 0..5 {
        assert!(ask("hello").await.is_err());
    }
    let refused = join_all((0..20).map(|_| ask("hello"))).await;
    assert!(refused.iter().all(Result::is_err));
    assert_eq!(statuses(&llmock.served("m").await?), [503; 5]);

    while ask("a").await.is_err() {
        sleep(Duration::from_millis(20)).await;
    }
    for prompt in ["b", "c"] {
        ask(prompt).await?;
    }
    let state = registry.service("openai", ServiceKind::Llm)?;
    assert_eq!(state.circuit_breaker().state(), CircuitState::Closed);
    join_all((0..20).map(|_| ask("d"))).await;
    assert_eq!(llmock.served("m").await?.len(), 5 + 3 + 20);
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);
    Ok(())
}
