//! Token limits with estimates and usage, in every shape and kind.

#![forbid(unsafe_code)]
#![deny(warnings)]

use std::io;

use resilience_runtime::{ResilienceError, llm_resilient, mcp_resilient, resilient};

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct OwnError(#[from] ResilienceError);

struct Answer<'a> {
    text: &'a str,
    total: Option<u64>,
}

fn estimate(prompt: &str) -> u32 {
    prompt.len() as u32 / 4
}

fn total(answer: &Answer<'_>) -> u32 {
    let total = answer.total.unwrap_or_default();
    total.try_into().unwrap_or(u32::MAX)
}

#[llm_resilient(rate_limit(
    requests_per_minute = 500,
    tokens_per_minute = 90_000,
    cost = estimate(prompt),
    usage = total,
))]
async fn by_path(prompt: &str) -> io::Result<Answer<'_>> {
    Ok(Answer { text: prompt, total: Some(1) })
}

struct Client {
    least: u32,
}

impl Client {
    fn used(answer: &Answer<'_>) -> u32 {
        total(answer)
    }

    #[llm_resilient(
        service = "methods",
        retry = off,
        rate_limit(tokens_per_minute = 90_000, cost = estimate(&prompt), usage = Self::used)
    )]
    async fn by_associated_function<'a>(&self, prompt: String, out: &'a str) -> Result<Answer<'a>, OwnError> {
        let _ = (prompt, self.least);
        Ok(Answer { text: out, total: None })
    }

    #[llm_resilient(
        service = "methods",
        rate_limit(cost = 5, usage = |answer| total(answer).max(self.least)),
        classify_ok = |answer| answer.text.is_empty().then(resilience_runtime::Verdict::transient),
        fallback(value = Answer { text: prompt, total: None }),
    )]
    async fn by_closure<'a>(&self, prompt: &'a str) -> Result<Answer<'a>, OwnError> {
        Ok(Answer { text: prompt, total: None })
    }
}

#[mcp_resilient(service = "tools", rate_limit(requests_per_second = 5, cost = 2, usage = |n| *n))]
async fn without_tokens(_: u8) -> Result<u32, OwnError> {
    Ok(2)
}

#[resilient(service = "any", rate_limit(tokens_per_minute = 10, cost = items.len() as u32))]
async fn any_kind<T: Sync>(items: &[T]) -> Result<usize, OwnError> {
    Ok(items.len())
}

#[async_trait::async_trait]
trait Model {
    async fn ask(&self, prompt: &str) -> io::Result<u32>;
}

#[async_trait::async_trait]
impl Model for Client {
    #[llm_resilient(
        service = "boxed",
        rate_limit(tokens_per_minute = 1_000, cost = estimate(prompt) + self.least, usage = |n| *n + self.least)
    )]
    async fn ask(&self, prompt: &str) -> io::Result<u32> {
        Ok(prompt.len() as u32)
    }
}

fn is_send<F: Send>(future: F) -> F {
    future
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let client = Client { least: 3 };
    assert_eq!(is_send(by_path("hello")).await.unwrap().text, "hello");
    let answer = is_send(client.by_associated_function("hello".into(), "out")).await;
    assert_eq!(answer.unwrap().text, "out");
    assert_eq!(is_send(client.by_closure("hello")).await.unwrap().text, "hello");
    assert_eq!(is_send(without_tokens(1)).await.unwrap(), 2);
    assert_eq!(is_send(any_kind(&[1, 2])).await.unwrap(), 2);
    assert_eq!(is_send(client.ask("hello")).await.unwrap(), 5);
}
