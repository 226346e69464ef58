//! litellm in front of a model that counts what it has to answer, and of llmock: what its statuses mean.

use std::time::Duration;

use anyhow::Result;
use resilience_peers::{LiteLlm, LlMock, Port, Reply, Server, Upstream};
use resilience_runtime::verdict::Reason;
use resilience_runtime::{Classify, Registry, ResilienceError, Verdict, llm_resilient};
use serde_json::{Value, json};

#[derive(Debug, thiserror::Error, Classify)]
enum ModelError {
    #[error("no answer")]
    Lost(#[from] reqwest::Error),
    #[error("status {}: {}", .0.0, .0.2)]
    Refused(#[classify(with = refused)] (u16, reqwest::header::HeaderMap, String)),
    #[error(transparent)]
    Guard(#[from] ResilienceError),
}

fn refused((status, headers, body): &(u16, reqwest::header::HeaderMap, String)) -> Verdict {
    Verdict::from_llm_response(*status, headers, body.as_bytes())
}

/// To pay for an answer twice would be wrong.
#[llm_resilient(
    service = "litellm",
    retry(max_attempts = 5, base_delay = "5ms", max_retry_after = "2s"),
    idempotent = false,
    circuit_breaker = off,
    timeout = "60s",
    deadline = "120s"
)]
async fn ask(litellm: &Server<LiteLlm>, model: &str) -> Result<String, ModelError> {
    send(litellm, model).await
}

async fn send(litellm: &Server<LiteLlm>, model: &str) -> Result<String, ModelError> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let url = format!("{}/v1/chat/completions", litellm.url());
    let body = json!({"model": model, "messages": [{"role": "user", "content": "hello"}]});
    let request = http.post(url).bearer_auth(litellm.key());
    let answer = request.json(&body).send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.text().await?;
    if status.is_success() {
        return Ok(body);
    }
    Err(ModelError::Refused((status.as_u16(), headers, body)))
}

fn attempts(registry: &Registry) -> u64 {
    registry
        .get("litellm")
        .map_or(0, |service| service.stats().attempts)
}

struct Scene {
    upstream: Upstream,
    llmock: Server<LlMock>,
    litellm: Server<LiteLlm>,
    _nobody: Port,
}

impl Scene {
    async fn new() -> Result<Self> {
        let upstream = Upstream::start().await?;
        let llmock = LlMock::start().await?;
        let nobody = Port::reserve()?;
        let (there, mock) = (upstream.url(), format!("{}/v1", llmock.url()));
        let nowhere = format!("http://{}", nobody.address());
        let litellm = LiteLlm::start(&[
            ("once", there.clone(), json!({"timeout": 1})),
            ("thrice", there, json!({"timeout": 1, "num_retries": 2})),
            ("nobody", nowhere, json!({})),
            ("mock", mock.clone(), json!({})),
            ("mock-thrice", mock, json!({"num_retries": 2})),
        ])
        .await?;
        Ok(Self {
            upstream,
            llmock,
            litellm,
            _nobody: nobody,
        })
    }

    /// The verdict on what is executed and then lost.
    async fn lost(&self, model: &str, reply: Reply, status: u16, executed: u64) -> Result<Verdict> {
        self.upstream.replies(reply);
        let before = self.upstream.executed();
        let registry = Registry::new();
        let error = registry.scope(ask(&self.litellm, model)).await;
        let error = error.expect_err("lost");
        let ModelError::Refused((answered, ..)) = &error else {
            anyhow::bail!("{error}");
        };
        let executions = self.upstream.executed() - before;
        assert_eq!(
            (*answered, executions, attempts(&registry)),
            (status, executed, 1),
            "{error}"
        );
        Ok(error.classify())
    }
}

#[tokio::test]
async fn litellm_statuses_are_not_those_of_the_model() -> Result<()> {
    let scene = Scene::new().await?;

    // A timeout is a 408, of a request that the model got and bills.
    for (model, executed) in [("once", 1), ("thrice", 3)] {
        let verdict = scene.lost(model, Reply::Never, 408, executed).await?;
        assert!(verdict.is_outcome_unknown() && verdict.is_breaker_failure());
        assert_eq!(verdict.reason(), Some(Reason::TimedOut));
        let verdict = scene.lost(model, Reply::Close, 500, executed).await?;
        assert!(verdict.is_outcome_unknown() && verdict.is_breaker_failure());
    }
    // Refused is the same 500: nobody can tell, so nobody asks again.
    let registry = Registry::new();
    let error = registry
        .scope(ask(&scene.litellm, "nobody"))
        .await
        .expect_err("refused");
    assert!(error.classify().is_outcome_unknown(), "{error}");
    assert_eq!(attempts(&registry), 1);

    for (model, sends) in [("mock", 1), ("mock-thrice", 3)] {
        // The wait of the model's provider comes under another name.
        scene
            .fail(json!({"status": 429, "retry_after": 3, "times": 9}))
            .await?;
        let registry = Registry::new();
        let error = registry
            .scope(ask(&scene.litellm, model))
            .await
            .expect_err("too many");
        let verdict = error.classify();
        assert_eq!(
            verdict.retry_after(),
            Some(Duration::from_secs(3)),
            "{error}"
        );
        assert!(verdict.is_ignored_by_breaker(), "{error}");
        // Longer than what is waited for.
        assert_eq!(attempts(&registry), 1);
        assert_eq!(scene.llmock.requests().await?.len(), sends);

        // Where the model's provider is overloaded, litellm makes a 503 of its 529.
        for (status, answered) in [(529, 503), (503, 503), (500, 500), (408, 408)] {
            scene
                .fail(json!({"status": status, "retry_after": 0, "times": 99}))
                .await?;
            let error = send(&scene.litellm, model).await.expect_err("failed");
            let ModelError::Refused((status, ..)) = &error else {
                anyhow::bail!("{error}");
            };
            assert_eq!(*status, answered, "{error}");
            assert!(error.classify().is_breaker_failure(), "{error}");
            assert_eq!(scene.llmock.requests().await?.len(), sends, "{error}");
        }

        // A caller's fault is not asked again, by nobody.
        for status in [400, 401, 404] {
            scene.fail(json!({"status": status, "times": 99})).await?;
            let registry = Registry::new();
            let error = registry
                .scope(ask(&scene.litellm, model))
                .await
                .expect_err("wrong");
            let verdict = error.classify();
            assert!(
                verdict.is_permanent() && !verdict.is_breaker_failure(),
                "{error}"
            );
            assert_eq!(
                (attempts(&registry), scene.llmock.requests().await?.len()),
                (1, 1),
                "{error}"
            );
        }
    }
    let error = send(&scene.litellm, "no-such-model")
        .await
        .expect_err("unknown");
    assert!(error.classify().is_permanent(), "{error}");
    Ok(())
}

impl Scene {
    /// What llmock does from now on, of which it then knows nothing else.
    async fn fail(&self, mut failure: Value) -> Result<()> {
        failure["type"] = "fail".into();
        self.llmock.forget().await?;
        self.llmock.scenario(&json!({"behaviors": [failure]})).await
    }
}
