//! `rig-core` and `genai` behind `#[llm_resilient]`: what llmock records, and what it thinks of that.

use std::time::Duration;

use anyhow::{Context as _, Result};
use genai::adapter::AdapterKind;
use genai::chat::ChatRequest;
use genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use genai::{ModelIden, ServiceTarget};
use resilience_peers::LlMock;
use resilience_runtime::{CircuitState, Registry, ServiceKind, llm_resilient};
use rig_core::completion::CompletionRequest;
use rig_core::providers::openai::{OpenAI, OpenAIConfig};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// The client of a framework, as an application writes it.
#[derive(Clone)]
enum Framework {
    Rig(Box<OpenAI>),
    Genai(genai::Client),
}

impl Framework {
    fn all(url: &str) -> Result<[Self; 2]> {
        let rig = OpenAIConfig::new("sk-canary-key").with_base_url(format!("{url}/v1"));
        let url = url.to_owned();
        let resolver = ServiceTargetResolver::from_resolver_fn(move |target: ServiceTarget| {
            Ok(ServiceTarget {
                endpoint: Endpoint::from_owned(format!("{url}/v1/")),
                auth: AuthData::from_single("sk-canary-key"),
                model: ModelIden::new(AdapterKind::OpenAI, target.model.model_name),
            })
        });
        let genai = genai::Client::builder().with_service_target_resolver(resolver);
        Ok([
            Self::Rig(Box::new(rig.client())),
            Self::Genai(genai.build()?),
        ])
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Rig(_) => "rig",
            Self::Genai(_) => "genai",
        }
    }

    async fn complete(&self, model: &str, prompt: &str) -> Result<()> {
        match self {
            Self::Rig(client) => {
                let answer = client
                    .chat(model)
                    .call(CompletionRequest::new(prompt))
                    .await?;
                anyhow::ensure!(!answer.choice.is_empty());
            }
            Self::Genai(client) => {
                let request = ChatRequest::from_user(prompt);
                let answer = client.exec_chat(model, request, None).await;
                anyhow::ensure!(!answer.context("as a source")?.content.is_empty());
            }
        }
        Ok(())
    }
}

#[llm_resilient(
    service = "frameworks",
    retry(base_delay = "20ms"),
    rate_limit(max_wait = "30s"),
    fallback(on_context_too_large = larger)
)]
async fn ask(client: &Framework, model: &str, prompt: &str) -> Result<&'static str> {
    client.complete(model, prompt).await?;
    Ok("answer")
}

async fn larger(_: &Framework, _: &str, _: &str) -> Result<&'static str> {
    Ok("larger model")
}

/// Queues a failure for one model.
async fn fail(llmock: &LlMock, model: &str, mut failure: Value) -> Result<()> {
    failure["type"] = "fail".into();
    failure["match"] = json!({ "model": model });
    llmock.scenario(&json!({ "behaviors": [failure] })).await
}

async fn statuses(llmock: &LlMock, model: &str) -> Result<Vec<u64>> {
    let served = llmock.served(model).await?;
    Ok(served.iter().map(|request| request.status).collect())
}

#[tokio::test]
async fn failures_are_retried_or_not_as_they_should() -> Result<()> {
    let llmock = LlMock::start_with(&["--context-window", "100"]).await?;
    for client in Framework::all(&llmock.url())? {
        let model = |text: &str| format!("{} {text}", client.name());
        // After the wait that the server asked for, which only the headers hold.
        let late = model("late");
        let failure = json!({"status": 429, "retry_after": 0.5});
        fail(&llmock, &late, failure).await?;
        Registry::new().scope(ask(&client, &late, "hello")).await?;
        let served = llmock.served(&late).await?;
        let waited = served[1].began - served[0].ended;
        assert!((0.49..10.0).contains(&waited), "{late}: {waited}");

        for status in [500, 502, 503, 529] {
            let model = model(&status.to_string());
            let failure = json!({"status": status, "retry_after": 0.05});
            fail(&llmock, &model, failure).await?;
            Registry::new().scope(ask(&client, &model, "hello")).await?;
            assert_eq!(statuses(&llmock, &model).await?, [status, 200], "{model}");
        }

        let spent = model("spent");
        let failure = json!({"status": 429, "code": "insufficient_quota", "retry_after": 0});
        fail(&llmock, &spent, failure).await?;
        let out = Registry::new().scope(ask(&client, &spent, "hello")).await;
        assert!(out.is_err());
        assert_eq!(statuses(&llmock, &spent).await?, [429], "{spent}");

        let small = model("small");
        let long = "far too long ".repeat(100);
        let out = Registry::new().scope(ask(&client, &small, &long)).await?;
        assert_eq!(out, "larger model");
        assert_eq!(statuses(&llmock, &small).await?, [400], "{small}");
    }
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);
    Ok(())
}

#[tokio::test]
async fn faults_of_the_caller_leave_the_circuit_closed() -> Result<()> {
    let llmock = LlMock::start().await?;
    for client in Framework::all(&llmock.url())? {
        let registry = Registry::new();
        for status in [400, 401, 403, 404, 422] {
            for attempt in ["first", "second"] {
                let model = format!("{} {status} {attempt}", client.name());
                fail(&llmock, &model, json!({ "status": status })).await?;
                let out = registry.scope(ask(&client, &model, "hello")).await;
                assert!(out.is_err());
                assert_eq!(statuses(&llmock, &model).await?, [status], "{model}");
            }
        }
        let service = registry.service("frameworks", ServiceKind::Llm)?;
        let state = service.circuit_breaker().state();
        assert_eq!(state, CircuitState::Closed, "{}", client.name());
    }
    let verdict = llmock.verdict().await?;
    assert!(verdict.passed, "{}", verdict.text);
    Ok(())
}

#[tokio::test]
async fn refused_connections_are_retried_and_open_the_circuit() -> Result<()> {
    #[llm_resilient(service = "gone", retry(base_delay = "1ms", max_delay = "2ms"))]
    async fn ask(client: &Framework) -> Result<()> {
        client.complete("m", "hello").await
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    drop(listener);
    for client in Framework::all(&url)? {
        let registry = Registry::new();
        let out = registry.scope(ask(&client)).await;
        assert!(out.is_err());
        let service = registry.service("gone", ServiceKind::Llm)?;
        assert_eq!(service.stats().attempts, 3, "{}", client.name());
        while service.circuit_breaker().state() == CircuitState::Closed {
            let out = tokio::time::timeout(Duration::from_secs(5), registry.scope(ask(&client)));
            assert!(out.await?.is_err());
        }
        assert_eq!(service.stats().attempts, 5, "{}", client.name());
    }
    Ok(())
}
