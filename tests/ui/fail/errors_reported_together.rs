//! All mistakes are reported together, each at its own token.

use std::io;

use resilience_runtime::llm_resilient;

#[llm_resilient(
    service = "",
    retires(max_attempts = 5),
    retry(max_attempts = 0, base_delay = "2 sec", max_attempt = 3, jitter = "ful"),
    circuit_breaker(failure_rate = 1.5, window = 5, minimum_calls = 10),
    timeout = 500ms,
    deadline = -1,
    max_wait = "1s",
    idempotent = "yes",
    borrow(propmt),
)]
async fn f(prompt: String) -> io::Result<String> {
    Ok(prompt)
}

async fn callers_get_no_error_of_their_own() -> io::Result<String> {
    f(String::new()).await
}

fn main() {}
