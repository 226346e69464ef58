//! A provider's limits as it publishes them, for two tenants and two priorities, against the demo's server.
//!
//! `cargo run --example provider_limits` needs nothing else. OpenAI limits requests and tokens, by the minute and by the
//! day, and images by the minute; the numbers here are small, so that the program is over in seconds. It ends with an
//! error unless all that it prints is true.

#[path = "resilience_demo/llm_server.rs"]
#[allow(dead_code)] // The demo uses all of it.
mod llm_server;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use resilience_runtime::rate_limit::{LimitName, Priority};
use resilience_runtime::{
    Classify, Registry, ResilienceError, Settings, Verdict, hint, llm_resilient, service,
};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use llm_server::{LlmServer, Mood};

service! {
    /// Four of the limits of the account, and what each tenant may use of it.
    static CHAT: Llm = "openai-chat" {
        rate_limit(
            requests_per_minute = 1_200,
            burst = 4,
            requests_per_day = 10_000,
            tokens_per_minute = 60_000,
            tokens_per_day = 2_000_000,
            per_key(requests_per_minute = 900, burst = 3, tokens_per_minute = 20_000),
            max_wait = "10s",
        ),
        retry = off, // So that each refusal is seen.
    }
}

service! {
    /// The fifth one: a request costs as many as it asks for.
    static IMAGES: Llm = "openai-images" {
        rate_limit(requests_per_minute = 5),
        retry = off,
    }
}

#[derive(Debug, thiserror::Error, Classify)]
enum ApiError {
    #[error("the request failed")]
    #[classify(outcome_unknown)]
    Http(#[from] reqwest::Error),
    #[error("the model answered {}", .0.status)]
    Status(#[classify(with = by_status)] Refusal),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

#[derive(Debug)]
struct Refusal {
    status: StatusCode,
    /// With the Retry-After.
    headers: HeaderMap,
}

fn by_status(refusal: &Refusal) -> Verdict {
    Verdict::from_http(refusal.status, &refusal.headers)
}

struct Answer {
    total_tokens: u32,
}

/// What a prompt takes, and as much for the answer.
fn estimate(prompt: &str) -> u32 {
    let words = prompt.split_whitespace().count();
    u32::try_from(words).unwrap_or(u32::MAX).saturating_mul(2) + 20
}

struct OpenAi {
    http: reqwest::Client,
    base: String,
}

impl OpenAi {
    #[llm_resilient(
        service = CHAT,
        rate_limit(
            per_key(key = tenant),
            priority = priority,
            cost = estimate(prompt),
            usage = |answer| answer.total_tokens,
        ),
    )]
    async fn chat(
        &self,
        tenant: &str,
        priority: Priority,
        prompt: &str,
    ) -> Result<Answer, ApiError> {
        let answer = self.post("large", &json!({ "prompt": prompt })).await?;
        let used = answer["usage"]["total_tokens"].as_u64().unwrap_or_default();
        let total_tokens = u32::try_from(used).unwrap_or(u32::MAX);
        Ok(Answer { total_tokens })
    }

    #[llm_resilient(service = IMAGES, rate_limit(cost = count))]
    async fn images(&self, count: u32) -> Result<(), ApiError> {
        self.post("small", &json!({ "count": count })).await?;
        Ok(())
    }

    async fn post(&self, model: &str, body: &Value) -> Result<Value, ApiError> {
        let url = format!("{}/{model}", self.base);
        let response = self.http.post(url).json(body).send().await?;
        let headers = response.headers();
        // What is left of the provider's own quotas, where it says so.
        hint::headers(headers);
        // A 429 is about the account, unless the gateway in front of it says that it is about this tenant.
        if headers
            .get("x-throttled")
            .is_some_and(|whom| whom == "tenant")
        {
            hint::for_key();
        }
        if !response.status().is_success() {
            return Err(ApiError::Status(Refusal {
                status: response.status(),
                headers: headers.clone(),
            }));
        }
        Ok(response.json().await?)
    }
}

/// Which limit rejected it, and when to come back.
fn rejection<T>(out: &Result<T, ApiError>) -> Option<(Option<LimitName>, Option<Duration>)> {
    match out {
        Err(ApiError::Resilience(ResilienceError::RateLimitExceeded {
            limit,
            retry_after,
            ..
        })) => Some((*limit, *retry_after)),
        _ => None,
    }
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // The numbers shall be the same everywhere, so the variables of this process stay out of it. A program of yours says
    // `Settings::from_env()` here.
    Registry::global().configure(Settings::from_vars([("", ""); 0])?)?;
    Registry::global().declare(&[&CHAT, &IMAGES])?;
    let server = LlmServer::start().await?;
    let openai = Arc::new(OpenAi {
        http: reqwest::Client::new(),
        base: format!("http://{}", server.address),
    });
    in_turns(&openai, &server).await?;
    scarce(&openai).await?;
    throttled(&openai, &server).await
}

/// A tenant with a batch, one with a smaller one, and somebody who waits for an answer.
async fn in_turns(openai: &Arc<OpenAi>, server: &LlmServer) -> anyhow::Result<()> {
    let groups = [
        ("acme", Priority::Low, 60),
        ("globex", Priority::Low, 20),
        ("globex", Priority::High, 5),
    ];
    let (start, mut calls) = (Instant::now(), JoinSet::new());
    for (tenant, priority, count) in groups {
        for call in 0..count {
            let openai = Arc::clone(openai);
            calls.spawn(async move {
                if priority == Priority::High {
                    tokio::time::sleep(Duration::from_millis(200 + 150 * call)).await;
                }
                let asked = start.elapsed();
                let answer = openai.chat(tenant, priority, "what is a limit?").await;
                let waited = start.elapsed() - asked;
                answer.map(|_| ((tenant, priority.name()), waited, start.elapsed()))
            });
        }
    }
    let mut groups: BTreeMap<_, Vec<(Duration, Duration)>> = BTreeMap::new();
    while let Some(call) = calls.join_next().await {
        let (group, waited, passed) = call??;
        groups.entry(group).or_default().push((waited, passed));
    }
    println!("1,200 requests a minute for the account, 900 for each tenant:");
    println!("  tenant   priority  calls  longest wait  last answer after");
    for ((tenant, priority), calls) in &groups {
        let longest = calls.iter().map(|call| call.0).max().unwrap_or_default();
        let last = calls.iter().map(|call| call.1).max().unwrap_or_default();
        let calls = calls.len();
        println!("  {tenant:8} {priority:8} {calls:6} {longest:>13.1?} {last:>18.1?}");
    }
    let requests = server.take_requests();
    let last = |group| {
        groups[&group]
            .iter()
            .map(|call: &(_, Duration)| call.1)
            .max()
    };
    let longest = |group| {
        groups[&group]
            .iter()
            .map(|call: &(Duration, _)| call.0)
            .max()
    };
    // The burst, and 20 each second. Clocks and sockets have some slack.
    let span = requests.last().zip(requests.first());
    let span = span.map(|(last, first)| *last - *first).unwrap_or_default();
    let allowed = 4.0 + 20.0 * (span.as_secs_f64() + 0.1);
    ensure!(requests.len() == 85, "{} requests", requests.len());
    ensure!(85.0 <= allowed, "{allowed} were allowed in {span:?}");
    // They take turns: the small batch is not held up by the large one, and the urgent by neither.
    ensure!(last(("globex", "low")) < last(("acme", "low")), "no turns");
    ensure!(
        longest(("globex", "high")) < longest(("globex", "low")),
        "no priority"
    );
    println!("  {} requests within {span:.1?}\n", requests.len());
    Ok(())
}

/// The gateway throttles one tenant, and the others go on; then the provider throttles the account.
async fn throttled(openai: &OpenAi, server: &LlmServer) -> anyhow::Result<()> {
    let ask = |tenant| openai.chat(tenant, Priority::Normal, "too much?");
    // They would wait for as long as `max_wait`, which is less than either pause.
    for (mood, whom, goes_on) in [
        (Mood::ThrottlingTenant(20), "acme", true),
        (Mood::Throttling(40), "the account", false),
    ] {
        server.next(&[mood]);
        let refused = if goes_on { "acme" } else { "globex" };
        ensure!(ask(refused).await.is_err(), "it was throttled");
        println!("a 429 for {whom}:");
        for tenant in ["acme", "globex"] {
            let answer = ask(tenant).await;
            match rejection(&answer) {
                None => println!("  {tenant} is answered"),
                Some((_, pause)) => println!(
                    "  {tenant} is paused for another {:.0?}",
                    pause.unwrap_or_default()
                ),
            }
            let expected = goes_on && tenant == "globex";
            ensure!(answer.is_ok() == expected, "{tenant}");
        }
    }
    println!();
    Ok(())
}

/// The error names the limit that is short.
async fn scarce(openai: &OpenAi) -> anyhow::Result<()> {
    let long = "word ".repeat(15_000);
    let too_long = openai.chat("globex", Priority::Normal, &long).await;
    let (of_tenant, never) = rejection(&too_long).unwrap_or_default();
    openai.images(3).await?;
    let more = openai.images(3).await;
    let (images, later) = rejection(&more).unwrap_or_default();
    let name = |limit: Option<LimitName>| limit.map_or("-", LimitName::as_str);
    println!("a prompt above the limit:  {}, never", name(of_tenant));
    println!(
        "two more images than left: {}, in {:.0?}",
        name(images),
        later.unwrap_or_default()
    );
    ensure!(of_tenant == Some(LimitName::TOKENS_PER_MINUTE.per_key()) && never.is_none());
    ensure!(images == Some(LimitName::REQUESTS_PER_MINUTE) && later.is_some());

    let chat = Registry::global().get("openai-chat").expect("declared");
    let limiter = chat.rate_limiter().expect("limited");
    for tenant in ["globex", "somebody new"] {
        let left = limiter.peek(tenant);
        println!(
            "left for {tenant}: {} of {} tokens",
            left.remaining, left.limit
        );
    }
    Ok(())
}
