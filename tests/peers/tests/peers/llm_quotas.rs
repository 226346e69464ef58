//! Quotas of a provider that are never exceeded: by a limit of one's own, and by what its headers say.

use std::time::Instant;

use anyhow::Result;
use futures_util::future::{join_all, try_join_all};
use resilience_peers::LlMock;
use resilience_runtime::{Registry, ResilienceError, llm_resilient};
use serde_json::Value;

use crate::llm_clients::{HttpError, Plain};

/// What llmock charges for a request; it gives nothing back for an answer that is shorter.
fn charged(model: &str, prompt: &str, max_tokens: u32) -> u32 {
    let body = Plain::body(model, prompt, max_tokens).to_string();
    u32::try_from(body.len() / 4).unwrap_or(u32::MAX) + max_tokens
}

struct Answer {
    charged: u32,
}

/// The quota of the server, for each key of the API, and of what can come at once 2 % less: the first of a burst may be
/// longer on its way than the ones that follow. The estimate is too high and is corrected.
#[llm_resilient(
    service = "openai",
    rate_limit(
        requests_per_minute = 100,
        burst = 98,
        tokens_per_minute = 98_000,
        key = plain.key(),
        cost = charged(model, "", max_tokens) + 50,
        usage = |answer: &Answer| answer.charged,
        max_wait = "20s",
    )
)]
async fn ask(plain: &Plain, model: &str, max_tokens: u32) -> Result<Answer, HttpError> {
    plain.ask(model, "hello", max_tokens).await?;
    Ok(Answer {
        charged: charged(model, "hello", max_tokens),
    })
}

#[tokio::test]
async fn with_the_servers_quota_as_a_limit_it_refuses_nobody() -> Result<()> {
    let llmock = LlMock::start_with(&["--rpm", "100", "--tpm", "100000"]).await?;
    let plain = Plain::openai(&llmock);
    let registry = Registry::new();
    // More than the quota has requests, with one key, and with the other more than it has tokens.
    let (many, large) = (plain.with_key("sk-many"), plain.with_key("sk-large"));
    let began = Instant::now();
    let many = (0..101).map(|_| registry.scope(ask(&many, "many", 9)));
    let large = (0..52).map(|_| registry.scope(ask(&large, "large", 1_930)));
    tokio::try_join!(try_join_all(many), try_join_all(large))?;
    assert!(began.elapsed().as_millis() > 1_000, "somebody had to wait");
    for (model, count) in [("many", 101), ("large", 52)] {
        let served = llmock.served(model).await?;
        assert_eq!(served.len(), count);
        assert!(
            served.iter().all(|request| request.status == 200),
            "{model}"
        );
    }
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);
    Ok(())
}

/// Knows of no limit but what the server says.
#[llm_resilient(service = "plain")]
async fn listen(plain: &Plain, model: &str) -> Result<Value, HttpError> {
    plain.ask(model, "hello", 9).await
}

#[tokio::test]
async fn with_the_servers_headers_nobody_asks_what_it_would_refuse() -> Result<()> {
    let llmock = LlMock::start_with(&["--rpm", "5", "--tpm", "100000"]).await?;
    for (model, plain) in [
        ("gpt", Plain::openai(&llmock)),
        ("claude", Plain::anthropic(&llmock)),
    ] {
        let registry = Registry::new();
        let began = Instant::now();
        for _ in 0..5 {
            registry.scope(listen(&plain, model)).await?;
        }
        let calls = (0..20).map(|_| registry.scope(listen(&plain, model)));
        for refused in join_all(calls).await {
            let error = refused.expect_err("nothing is left");
            let HttpError::Guard(ResilienceError::RateLimitExceeded { retry_after, .. }) = error
            else {
                panic!("{error:?}");
            };
            // One comes back each 12 s.
            let seconds = retry_after.expect("a time").as_secs_f64();
            let passed = began.elapsed().as_secs_f64();
            assert!(
                seconds > 11.0 - passed && seconds < 13.0,
                "{model}: {seconds} after {passed}"
            );
        }
        let served = llmock.served(model).await?;
        assert_eq!(served.len(), 5, "{model}");
        assert!(served.iter().all(|request| request.status == 200));
    }
    assert_eq!(llmock.recorded().await?.total(), 0);
    Ok(())
}
