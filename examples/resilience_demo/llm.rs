//! Retries, Retry-After, timeouts, the circuit breaker and fallbacks, over HTTP.

use std::time::{Duration, Instant};

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use resilience_runtime::{
    CircuitState, Classify, Registry, ResilienceError, ServiceKind, Verdict, llm_resilient,
};
use serde_json::{Value, json};

use crate::llm_server::{LlmServer, Mood};
use crate::log::{self, Log};
use crate::story::{Story, ms};

#[derive(Debug, thiserror::Error, Classify)]
pub enum LlmError {
    // Without its text: it holds the whole URL, and with some providers the URL holds the key.
    #[error("the request failed")]
    Http(
        #[from]
        #[classify(with = by_connection)]
        reqwest::Error,
    ),
    #[error("the model answered {}", .0.status)]
    Status(#[classify(with = by_status)] Refusal),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    /// With the Retry-After.
    headers: HeaderMap,
}

fn by_connection(error: &reqwest::Error) -> Verdict {
    if error.is_connect() {
        Verdict::transient()
    } else {
        Verdict::outcome_unknown()
    }
}

fn by_status(refusal: &Refusal) -> Verdict {
    Verdict::from_http(refusal.status, &refusal.headers)
}

/// How long an HTTP client waits that is in a hurry.
const HASTE: Duration = Duration::from_secs(1);

struct Llm {
    http: reqwest::Client,
    base: String,
}

impl Llm {
    /// The large model.
    #[llm_resilient(
        retry(max_attempts = 3, base_delay = "20ms", max_delay = "100ms"),
        circuit_breaker(failure_threshold = 4, recovery_timeout = "3s", success_threshold = 2),
        timeout = "10s"
    )]
    async fn complete(&self, prompt: &str) -> Result<String, LlmError> {
        self.post("large", prompt).await
    }

    /// The same for those who wait less long. It names no service either, so it shares everything with `complete`.
    #[llm_resilient(
        retry(max_attempts = 3, base_delay = "20ms", max_delay = "100ms"),
        timeout = "1s"
    )]
    async fn complete_soon(&self, prompt: &str) -> Result<String, LlmError> {
        self.post("large", prompt).await
    }

    /// The large model, else the small one, else a kind word. It names no service, so it shares
    /// everything with `complete`: the breaker that one opens is open for the other.
    #[llm_resilient(
        retry(max_attempts = 3, base_delay = "20ms", max_delay = "100ms"),
        fallback(call = Self::complete_small, value = "please try again later".to_owned())
    )]
    async fn complete_or_smaller(&self, prompt: &str) -> Result<String, LlmError> {
        self.post("large", prompt).await
    }

    /// The small model: a service of its own, so its health is its own too.
    #[llm_resilient(
        service = "llm-small",
        retry(max_attempts = 2, base_delay = "20ms"),
        timeout = "10s"
    )]
    async fn complete_small(&self, prompt: &str) -> Result<String, LlmError> {
        self.post("small", prompt).await
    }

    async fn post(&self, model: &str, prompt: &str) -> Result<String, LlmError> {
        post(&self.http, &self.base, model, prompt).await
    }
}

/// Asks the model of a server.
pub async fn post(
    http: &reqwest::Client,
    base: &str,
    model: &str,
    prompt: &str,
) -> Result<String, LlmError> {
    let request = http
        .post(format!("{base}/{model}"))
        .json(&json!({ "prompt": prompt }));
    let response = request.send().await?;
    if !response.status().is_success() {
        return Err(LlmError::Status(Refusal {
            status: response.status(),
            headers: response.headers().clone(),
        }));
    }
    let answer: Value = response.json().await?;
    Ok(answer["text"].as_str().unwrap_or_default().to_owned())
}

/// What it is, and when to come back.
fn rejection<T>(out: &Result<T, LlmError>) -> Option<&ResilienceError> {
    match out {
        Err(LlmError::Resilience(error)) if error.is_rejection() => Some(error),
        _ => None,
    }
}

pub async fn scene(story: &mut Story, log: &Log) -> anyhow::Result<()> {
    story.scene("An LLM over HTTP — #[llm_resilient]");
    let server = LlmServer::start().await?;
    let llm = Llm {
        http: reqwest::Client::builder().no_proxy().build()?,
        base: format!("http://{}", server.address),
    };
    let mut requests = 0;
    let mut lines = Vec::new();

    requests += overloaded(story, &server, &llm).await?;
    lines.extend(log.take());
    requests += throttled(story, &server, &llm).await?;
    lines.extend(log.take());
    requests += hanging(story, &server, &llm).await?;
    lines.extend(log.take());
    requests += outage(story, &server, &llm).await;
    lines.extend(log.take());
    requests += fallbacks(story, &server, &llm).await?;
    lines.extend(log.take());
    requests += recovery(story, &server, &llm).await?;
    lines.extend(log.take());

    story.tell("Afterwards.");
    let attempts: u64 = Registry::global()
        .services()
        .iter()
        .filter(|service| service.kind() == ServiceKind::Llm)
        .map(|service| service.stats().attempts)
        .sum();
    story.promise(
        usize::try_from(attempts) == Ok(requests),
        format_args!(
            "the server saw {requests} requests, the statistics count {attempts} attempts"
        ),
    );
    story.promise(
        log::all_carry(&lines, "demo-llm"),
        format_args!(
            "all {} log lines of this scene carry correlation_id=demo-llm",
            lines.len()
        ),
    );
    let address = server.address.to_string();
    story.promise(
        lines.iter().all(|line| !line.contains(&address)),
        "and none of them shows an error's text, where the URL stands",
    );
    Ok(())
}

async fn overloaded(story: &mut Story, server: &LlmServer, llm: &Llm) -> anyhow::Result<usize> {
    story.tell("The server is overloaded: 503, 503, and then it answers.");
    server.next(&[Mood::Overloaded, Mood::Overloaded]);
    let answer = llm.complete("hello").await?;
    let requests = server.take_requests().len();
    story.promise(
        requests == 3,
        format_args!("one call, {requests} requests, and the caller sees only: {answer}"),
    );
    Ok(requests)
}

async fn throttled(story: &mut Story, server: &LlmServer, llm: &Llm) -> anyhow::Result<usize> {
    story.tell("It says 429 with `Retry-After: 1`, and meanwhile a second caller comes along.");
    server.next(&[Mood::Throttling(1)]);
    let service = Registry::global().service("llm", ServiceKind::Llm)?;
    let before = service.stats().cooldowns;
    let first = llm.complete("what is a bulkhead?");
    let second = async {
        // Once the first has been refused.
        while service.stats().cooldowns == before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        llm.complete("me too").await
    };
    let (first, second) = tokio::join!(first, second);
    let answer = first?;
    let requests = server.take_requests();
    let gap = match requests.as_slice() {
        [refused, answered] => *answered - *refused,
        _ => Duration::ZERO,
    };
    story.promise(
        gap >= Duration::from_secs(1),
        format_args!(
            "asked again after {}, not earlier than it was asked to: {answer}",
            ms(gap)
        ),
    );
    let wait = rejection(&second).and_then(ResilienceError::retry_after);
    story.promise(
        matches!(
            rejection(&second),
            Some(ResilienceError::RateLimitExceeded { .. })
        ) && requests.len() == 2,
        format_args!(
            "the second caller was rejected before it reached the server, it may retry in {}",
            ms(wait.unwrap_or_default())
        ),
    );
    Ok(requests.len())
}

async fn hanging(story: &mut Story, server: &LlmServer, llm: &Llm) -> anyhow::Result<usize> {
    story.tell("It takes a request and never answers. The HTTP client gives up after 1 s.");
    let hasty = Llm {
        http: reqwest::Client::builder()
            .timeout(HASTE)
            .no_proxy()
            .build()?,
        base: llm.base.clone(),
    };
    server.next(&[Mood::Hanging]);
    let began = Instant::now();
    let answer = hasty.complete("still there?").await?;
    let took = began.elapsed();
    let first = server.take_requests().len();
    story.promise(
        first == 2 && took >= HASTE && took < Duration::from_secs(10),
        format_args!(
            "reading is idempotent, so it was asked again; answered after {}: {answer}",
            ms(took)
        ),
    );

    story.tell("The same with a client that has no timeout of its own: the attribute's cuts it.");
    let timeouts = || {
        Registry::global()
            .service("llm", ServiceKind::Llm)
            .map(|it| it.stats().timeouts)
    };
    let before = timeouts()?;
    server.next(&[Mood::Hanging, Mood::Hanging, Mood::Hanging]);
    let began = Instant::now();
    let out = llm.complete_soon("and now?").await;
    let took = began.elapsed();
    let second = server.take_requests().len();
    // The third hang was for a request that never came.
    server.forget_next();
    story.promise(
        matches!(
            out,
            Err(LlmError::Resilience(ResilienceError::Timeout { after, .. }))
                if after == Duration::from_secs(1)
        ) && timeouts()? - before == 2,
        format_args!("two attempts were cut after 1 s each, {} in all", ms(took)),
    );
    story.promise(
        second == 2,
        "no third one: an LLM bills the answers nobody waited for, so there is one retry after a timeout",
    );
    let answer = llm.complete("welcome back").await?;
    let third = server.take_requests().len();
    story.promise(third == 1, format_args!("a moment later: {answer}"));
    Ok(first + second + third)
}

async fn outage(story: &mut Story, server: &LlmServer, llm: &Llm) -> usize {
    story.tell("Outage: every request is answered with 503. Three calls, one after the other.");
    server.becomes(Mood::Overloaded, Mood::Well);
    let mut total = 0;
    let mut sent = Vec::new();
    let mut outs = Vec::new();
    for _ in 0..3 {
        outs.push(llm.complete("anyone?").await);
        let requests = server.take_requests().len();
        total += requests;
        sent.push(requests);
    }
    story.promise(
        sent == [3, 1, 0],
        format_args!("they made {sent:?} requests: the 4th failure in a row opened the breaker"),
    );
    story.promise(
        matches!(
            &outs[1],
            &Err(LlmError::Status(Refusal { status, .. })) if status == StatusCode::SERVICE_UNAVAILABLE
        ),
        "the second caller got the server's own error, at once: waiting for a retry was pointless",
    );
    let wait = match rejection(&outs[2]) {
        Some(ResilienceError::CircuitBreakerOpen { retry_after, .. }) => *retry_after,
        _ => None,
    };
    story.promise(
        wait.is_some_and(|wait| !wait.is_zero() && wait <= Duration::from_secs(3)),
        format_args!(
            "the third was rejected without a request, it may retry in {}",
            ms(wait.unwrap_or_default())
        ),
    );
    total
}

async fn fallbacks(story: &mut Story, server: &LlmServer, llm: &Llm) -> anyhow::Result<usize> {
    story.tell("The breaker is still open, but somebody asks a function that has fallbacks.");
    let answer = llm.complete_or_smaller("a short answer will do").await?;
    let first = server.take_requests().len();
    story.promise(
        first == 1 && answer.starts_with("small model"),
        format_args!("answered by the smaller model: {answer}"),
    );

    story.tell("Then the small one goes down as well.");
    server.becomes(Mood::Overloaded, Mood::Overloaded);
    let answer = llm.complete_or_smaller("anything?").await?;
    let second = server.take_requests().len();
    story.promise(
        second == 2 && answer == "please try again later",
        format_args!("after {second} attempts there, answered by the value: {answer}"),
    );
    Ok(first + second)
}

async fn recovery(story: &mut Story, server: &LlmServer, llm: &Llm) -> anyhow::Result<usize> {
    story.tell("The server recovers, and the breaker's three seconds are over.");
    server.becomes(Mood::Well, Mood::Well);
    let breaker = Registry::global()
        .service("llm", ServiceKind::Llm)?
        .circuit_breaker();
    let mut states = vec![breaker.state()];
    tokio::time::sleep(Duration::from_secs(3)).await;
    states.push(breaker.state());
    for _ in 0..2 {
        llm.complete("are you well?").await?;
        states.push(breaker.state());
    }
    let told: Vec<String> = states.iter().map(ToString::to_string).collect();
    story.promise(
        states
            == [
                CircuitState::Open,
                CircuitState::HalfOpen,
                CircuitState::HalfOpen,
                CircuitState::Closed,
            ],
        format_args!("two successful probes close it: {}", told.join(" → ")),
    );
    let requests = server.take_requests().len();
    story.promise(
        requests == 2,
        format_args!("{requests} calls, {requests} requests: back to normal"),
    );
    Ok(requests)
}
