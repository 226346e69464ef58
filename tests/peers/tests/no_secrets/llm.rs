//! No prompt, key, answer or message of a server is in a log, an event or an error.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use anyhow::Result;
use resilience_peers::{FaultProxy, LlMock, Mode};
use resilience_runtime::{Registry, ResilienceError, llm_resilient};
use serde_json::{Value, json};
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use crate::llm_clients::{HttpError, OpenAi, Plain, complete, openai};

/// In the prompt, the key in a header and the one in a URL, the model's answer, and the server's words.
const CANARIES: [&str; 5] = [
    "canary-prompt",
    "canary-key",
    "canary-query",
    "canary-answer",
    "canary-words",
];

/// Everything that is said under our name, as text.
#[derive(Clone, Default)]
struct Ours(Arc<Mutex<String>>);

struct Line<'a>(&'a mut String);

impl Visit for Line<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Ours {
    fn line(&self, metadata: Option<&Metadata<'_>>, record: impl FnOnce(&mut Line<'_>)) {
        if metadata.is_none_or(|metadata| metadata.target().starts_with("resilience")) {
            let mut text = self.0.lock().expect("text");
            text.push_str(metadata.map_or("recorded", |metadata| metadata.name()));
            record(&mut Line(&mut text));
            text.push('\n');
        }
    }

    fn text(&self) -> String {
        self.0.lock().expect("text").clone()
    }
}

impl<S: Subscriber> Layer<S> for Ours {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.line(Some(attributes.metadata()), |line| attributes.record(line));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.line(None, |line| values.record(line));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        self.line(Some(event.metadata()), |line| event.record(line));
    }
}

#[llm_resilient(
    service = "openai",
    timeout = "1s",
    retry(max_attempts = 2, base_delay = "5ms", exhausted = "wrap"),
    circuit_breaker(failure_threshold = 4),
    rate_limit(
        requests_per_minute = 600,
        tokens_per_minute = 60_000,
        cost = 100,
        max_wait = "1s"
    )
)]
async fn ask(openai: &OpenAi, model: &str, prompt: String) -> Result<String> {
    complete(openai, model, &prompt).await
}

async fn fails(_: &Plain, _: &str, prompt: String) -> Result<Value, HttpError> {
    let body = format!("canary-words {prompt}");
    let verdict = resilience_runtime::Verdict::permanent();
    Err(HttpError::Refused {
        status: 400,
        body,
        verdict,
    })
}

#[llm_resilient(
    service = "plain",
    timeout = "100ms",
    retry(max_attempts = 2, base_delay = "5ms"),
    circuit_breaker(failure_threshold = 3),
    fallback = fails
)]
async fn ask_plainly(plain: &Plain, model: &str, prompt: String) -> Result<Value, HttpError> {
    plain.ask(model, &prompt, 9).await
}

#[tokio::test]
async fn nothing_of_it_is_ever_written() -> Result<()> {
    let llmock = LlMock::start().await?;
    let words = "canary-words, try again in 10ms";
    let behaviors: Vec<Value> = [400, 401, 429, 500, 503, 529]
        .map(|status| {
            json!({"type": "fail", "status": status, "times": 4, "message": words,
                "retry_after": 0.01, "match": {"model": status.to_string()}})
        })
        .into_iter()
        .chain([json!({"type": "reply", "text": "canary-answer", "match": {"model": "good"}})])
        .collect();
    llmock.scenario(&json!({ "behaviors": behaviors })).await?;
    let proxy = FaultProxy::to(llmock.address()).await?;
    let openai = openai(&llmock.url());
    let path = "v1/chat/completions?api_key=canary-query";
    let direct = Plain::at(format!("{}/{path}", llmock.url()));
    let proxied = Plain::at(format!("{}/{path}", proxy.url()));
    let prompt = || "canary-prompt".to_owned();

    let ours = Ours::default();
    // What the errors themselves say is the caller's; of ours, all that can be printed.
    let mut printed = String::new();
    let mut print = |error: &ResilienceError| {
        let _ = writeln!(printed, "{error} {error:?} {error:#?}");
    };
    let mut told = String::new();
    let calls = async {
        let registry = Registry::new();
        let out = registry.scope(ask(&openai, "good", prompt())).await?;
        assert_eq!(out, "canary-answer");
        for model in ["400", "401", "429", "500", "503", "529", "529"] {
            let error = registry.scope(ask(&openai, model, prompt())).await;
            let error = error.expect_err("a failure");
            let _ = writeln!(told, "{error:?}");
            if let Some(error) = error.downcast_ref() {
                print(error);
            }
        }
        for (plain, mode) in [
            (&direct, Mode::Pass),
            (&proxied, Mode::Reset),
            (&proxied, Mode::cut_after(300)),
            (&proxied, Mode::cut_after(40)),
            (&proxied, Mode::Hang),
        ] {
            proxy.all(mode);
            for model in ["400", "429", "500", "else"] {
                let registry = Registry::new();
                for _ in 0..2 {
                    let out = registry.scope(ask_plainly(plain, model, prompt())).await;
                    if let Err(error) = out {
                        let _ = writeln!(told, "{error} {error:?}");
                        if let HttpError::Guard(error) = &error {
                            print(error);
                        }
                    }
                }
            }
        }
        proxy.refuse().await;
        let out = Registry::new().scope(ask_plainly(&proxied, "m", prompt()));
        if let Err(HttpError::Guard(error)) = out.await {
            print(&error);
        }
        anyhow::Ok(())
    };
    let subscriber = tracing_subscriber::registry().with(ours.clone());
    calls.with_subscriber(subscriber).await?;

    let text = ours.text();
    for expected in [
        "attempt failed, trying again",
        "call failed",
        "circuit breaker opened",
        "fallback failed",
        "server requested back-off",
    ] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
    for expected in ["RetryExhausted", "FallbackFailed", "CircuitBreakerOpen"] {
        assert!(printed.contains(expected), "{expected}:\n{printed}");
    }
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary}:\n{text}");
        assert!(!printed.contains(canary), "{canary}:\n{printed}");
    }
    // They were there to be told.
    assert!(told.contains("canary-words"), "{told}");
    Ok(())
}
