//! Token limits need an estimate of the cost.

use std::io;

use resilience_runtime::llm_resilient;

#[llm_resilient(rate_limit(requests_per_minute = 500, tokens_per_minute = 90_000))]
async fn without_an_estimate() -> io::Result<u32> {
    Ok(1)
}

#[llm_resilient(rate_limit(requests_per_minute = 500, usage = |used| *used))]
async fn nothing_to_settle() -> io::Result<u32> {
    Ok(1)
}

#[llm_resilient(rate_limit(tokens_per_minute = 90_000, usage = |used| *used))]
async fn neither() -> io::Result<u32> {
    Ok(1)
}

#[llm_resilient(rate_limit(tokens_per_minute = 0, cost = 1, usage = "used"))]
async fn wrong_values() -> io::Result<u32> {
    Ok(1)
}

#[llm_resilient(rate_limit(tpm = 90_000, usage = used, tokens_per_minut = 5))]
async fn other_names() -> io::Result<u32> {
    Ok(1)
}

#[llm_resilient(tokens_per_minute = 90_000)]
async fn the_wrong_place() -> io::Result<u32> {
    Ok(1)
}

fn main() {}
