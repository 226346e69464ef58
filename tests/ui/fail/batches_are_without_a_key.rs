//! Tokens in batches are those of callers without a key.

use std::io;

use resilience_runtime::llm_resilient;

#[llm_resilient(rate_limit(requests_per_second = 100_000, batch = 64, key = user))]
async fn by_key(user: u32) -> io::Result<u32> {
    Ok(user)
}

#[llm_resilient(rate_limit(tokens_per_minute = 100_000, cost = 1, batch = 64))]
async fn with_tokens() -> io::Result<u32> {
    Ok(1)
}

#[llm_resilient(rate_limit(requests_per_second = 100_000, batch = 0))]
async fn of_none() -> io::Result<u32> {
    Ok(1)
}

#[llm_resilient(rate_limit(requests_per_second = 100_000, batch_size = 64))]
async fn another_name() -> io::Result<u32> {
    Ok(1)
}

#[llm_resilient(batch = 64)]
async fn the_wrong_place() -> io::Result<u32> {
    Ok(1)
}

fn main() {}
