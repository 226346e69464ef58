//! Several limits together, with costs and usages of both forms.

#![forbid(unsafe_code)]
#![deny(warnings)]

use std::io;

use resilience_runtime::llm_resilient;
use resilience_runtime::rate_limit::{Cost, Usage};

struct Answer {
    input: u32,
    output: u32,
}

fn estimate(prompt: &str) -> Cost {
    Cost::new(prompt.len() as u32 / 4, 500)
}

fn used(answer: &Answer) -> Usage {
    Usage::new(answer.input, answer.output)
}

#[llm_resilient(
    service = "all",
    rate_limit(
        requests_per_second = 5,
        requests_per_minute = 60,
        requests_per_hour = 1_000,
        requests_per_day = 10_000,
        tokens_per_second = 10_000,
        tokens_per_minute = 90_000,
        tokens_per_hour = 900_000,
        tokens_per_day = 5_000_000,
        input_tokens_per_second = 10_000,
        input_tokens_per_minute = 90_000,
        input_tokens_per_hour = 900_000,
        input_tokens_per_day = 5_000_000,
        output_tokens_per_second = 10_000,
        output_tokens_per_minute = 90_000,
        output_tokens_per_hour = 900_000,
        output_tokens_per_day = 5_000_000,
        burst = 2,
        key = prompt,
        cost = estimate(prompt),
        usage = used,
    )
)]
async fn all(prompt: &str) -> io::Result<Answer> {
    Ok(Answer { input: 1, output: prompt.len() as u32 })
}

#[llm_resilient(
    service = "sorts",
    retry = off,
    rate_limit(input_tokens_per_minute = 100, cost = Cost::new(10, 0), usage = |answer| Usage::new(answer.input, 0))
)]
async fn sorts() -> io::Result<Answer> {
    Ok(Answer { input: 1, output: 1 })
}

#[llm_resilient(service = "mixed", rate_limit(tokens_per_day = 100, cost = 10, usage = used))]
async fn number_and_usage() -> io::Result<Answer> {
    Ok(Answer { input: 1, output: 1 })
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(all("hello").await.unwrap().output, 5);
    assert_eq!(sorts().await.unwrap().input, 1);
    assert_eq!(number_and_usage().await.unwrap().output, 1);
}
