//! What all functions of a declared service share stands in its declaration.

use std::io;

use resilience_runtime::{llm_resilient, service};

service! {
    static OPENAI: Llm = "openai" { rate_limit(requests_per_minute = 500) }
}

#[llm_resilient(
    service = crate::OPENAI,
    rate_limit(requests_per_second = 5, burst = 3, max_wait = "1s", key = user, cost = 3),
    circuit_breaker(failure_threshold = 3, window = 10),
    bulkhead(max_concurrent = 2, max_wait = "1s"),
    retry_budget(capacity = 10),
    retry(max_attempts = 2),
    timeout = "3s",
)]
async fn ask(user: &str) -> io::Result<u8> {
    Ok(user.len() as u8)
}

fn main() {}
