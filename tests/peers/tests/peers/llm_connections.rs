//! Connections to a language model that break or stand still.

use std::time::Duration;

use anyhow::Result;
use resilience_peers::{FaultProxy, LlMock, Mode};
use resilience_runtime::{Registry, ResilienceError, ServiceKind, llm_resilient};
use serde_json::json;
use tokio::time::sleep;

use crate::llm_clients::{HttpError, OpenAi, Plain, complete, openai};

#[llm_resilient(
    service = "openai",
    client_retries = off,
    retry(
        max_attempts = 5,
        base_delay = "50ms",
        max_delay = "100ms",
        jitter = "none"
    )
)]
async fn ask(openai: &OpenAi, model: &str) -> Result<String> {
    complete(openai, model, "hello").await
}

#[llm_resilient(
    service = "plain",
    retry(
        max_attempts = 5,
        base_delay = "50ms",
        max_delay = "100ms",
        jitter = "none"
    )
)]
async fn ask_plainly(plain: &Plain, model: &str) -> Result<String, HttpError> {
    let answer = plain.ask(model, "hello", 9).await?;
    Ok(answer["id"].to_string())
}

/// Long enough for the server to hear of it.
#[llm_resilient(
    service = "openai",
    timeout = "3s",
    retry(max_attempts = 5, base_delay = "50ms")
)]
async fn ask_briefly(openai: &OpenAi, model: &str) -> Result<String> {
    complete(openai, model, "hello").await
}

#[llm_resilient(
    service = "plain",
    timeout = "3s",
    retry(max_attempts = 5, base_delay = "50ms")
)]
async fn ask_plainly_and_briefly(plain: &Plain, model: &str) -> Result<(), HttpError> {
    plain.ask(model, "hello", 9).await.map(drop)
}

#[tokio::test]
async fn an_answer_that_hangs_is_waited_for_twice_at_most() -> Result<()> {
    let llmock = LlMock::start().await?;
    // The server has read the request, and takes its time; and the network has swallowed it.
    let slow = json!({"type": "delay", "seconds": 8.0, "times": null});
    llmock.scenario(&json!({ "behaviors": [slow] })).await?;
    let proxy = FaultProxy::to(llmock.address()).await?;
    proxy.all(Mode::Hang);
    let slow = openai(&llmock.url());
    let hanging = Plain::at(format!("{}/v1/chat/completions", proxy.url()));
    let registry = Registry::new();
    let (slow, hanging) = tokio::join!(
        registry.scope(ask_briefly(&slow, "slow")),
        registry.scope(ask_plainly_and_briefly(&hanging, "hanging")),
    );
    let error = slow.expect_err("too slow");
    let timeout = error.downcast_ref();
    assert!(matches!(timeout, Some(ResilienceError::Timeout { .. })));
    let error = hanging.expect_err("no answer");
    let HttpError::Guard(ResilienceError::Timeout { .. }) = error else {
        panic!("{error:?}");
    };
    // It knows of them when it is done with them.
    while llmock.served("slow").await?.len() < 2 {
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(llmock.served("slow").await?.len(), 2);
    assert_eq!((proxy.connections(), proxy.faults()), (2, 2));
    assert_eq!(llmock.served("hanging").await?.len(), 0);
    Ok(())
}

#[tokio::test]
async fn one_that_breaks_off_is_asked_for_again() -> Result<()> {
    let llmock = LlMock::start().await?;
    let proxy = FaultProxy::to(llmock.address()).await?;
    let openai = openai(&proxy.url());
    let plain = Plain::at(format!("{}/v1/chat/completions", proxy.url()));
    let registry = Registry::new();
    // In the head, in the body, and before either.
    for (after, name) in [(40, "head"), (300, "body"), (0, "nothing")] {
        for mode in [Mode::cut_after(after), Mode::cut_after(after).with_reset()] {
            let faults = proxy.faults();
            proxy.all(mode.clone().times(1));
            registry.scope(ask(&openai, name)).await?;
            proxy.all(mode.times(1));
            registry.scope(ask_plainly(&plain, name)).await?;
            assert_eq!(proxy.faults(), faults + 2, "{name}");
        }
        // The server answered each of them in full.
        let served = llmock.served(name).await?;
        assert!(served.iter().all(|request| request.status == 200));
        assert_eq!(served.len(), 4 * 2, "{name}");
    }
    // Reset before anything is sent: the server never hears of it.
    proxy.open_connections(Mode::Reset);
    proxy.new_connections(Mode::Reset.times(2));
    registry.scope(ask(&openai, "reset")).await?;
    assert_eq!(llmock.served("reset").await?.len(), 1);
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);
    Ok(())
}

#[tokio::test]
async fn refused_is_retried_and_then_answered_by_somebody_else() -> Result<()> {
    async fn elsewhere(_: &OpenAi, model: &str) -> Result<String> {
        Ok(format!("{model} elsewhere"))
    }
    #[llm_resilient(
        service = "openai",
        client_retries = off,
        retry(max_attempts = 3, base_delay = "10ms"),
        fallback = elsewhere
    )]
    async fn with_fallback(openai: &OpenAi, model: &str) -> Result<String> {
        complete(openai, model, "hello").await
    }
    let llmock = LlMock::start().await?;
    let proxy = FaultProxy::to(llmock.address()).await?;
    let openai = openai(&proxy.url());
    proxy.refuse().await;
    let registry = Registry::new();
    let out = registry.scope(with_fallback(&openai, "m")).await?;
    assert_eq!(out, "m elsewhere");
    let service = registry.service("openai", ServiceKind::Llm)?;
    let stats = service.stats();
    assert_eq!((stats.attempts, stats.failures.transient), (3, 3));

    let registry = Registry::new();
    let service = registry.service("openai", ServiceKind::Llm)?;
    let comes_back = async {
        while service.stats().failures.transient == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        Ok(proxy.listen()?)
    };
    tokio::try_join!(registry.scope(ask(&openai, "m")), comes_back)?;
    assert_eq!(llmock.served("m").await?.len(), 1);
    Ok(())
}
