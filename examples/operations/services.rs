//! The annotated functions. With short pauses, so that there is something to see.

use resilience_runtime::{
    database_resilient, llm_resilient, mcp_resilient, resilient, secret_resilient,
};

use crate::remote::{Remote, RemoteError, Remotes};

type Answer = Result<u64, RemoteError>;

async fn ask(remote: &Remote, number: u64) -> Answer {
    remote.answer(number).await.map(|()| number)
}

#[llm_resilient(
    service = "openai",
    retry(max_attempts = 3, base_delay = "150ms"),
    circuit_breaker(failure_threshold = 5, recovery_timeout = "4s", success_threshold = 2),
    bulkhead(max_concurrent = 16),
    timeout = "2s",
    deadline = "6s",
    fallback(call = summarize_small),
)]
pub async fn complete(remotes: &Remotes, number: u64) -> Answer {
    ask(remotes.openai, number).await
}

async fn summarize_small(remotes: &Remotes, number: u64) -> Answer {
    summarize(remotes, number).await
}

#[llm_resilient(
    service = "small-model",
    rate_limit(requests_per_minute = 600, burst = 20)
)]
pub async fn summarize(remotes: &Remotes, number: u64) -> Answer {
    ask(remotes.small, number).await
}

#[database_resilient(
    service = "orders",
    circuit_breaker(failure_rate = 0.5, window = "10s", minimum_calls = 20, recovery_timeout = "3s"),
    timeout = "100ms",
    fallback(cache(key = number % 50, ttl = "1m"))
)]
pub async fn find_order(remotes: &Remotes, number: u64) -> Answer {
    ask(remotes.orders, number % 50).await
}

#[resilient(
    service = "search",
    rate_limit(requests_per_second = 8, burst = 8),
    idempotent
)]
pub async fn search(remotes: &Remotes, number: u64) -> Answer {
    ask(remotes.search, number).await
}

#[mcp_resilient(service = "tools", retry(max_attempts = 2), deadline = "4s")]
pub async fn call_tool(remotes: &Remotes, number: u64) -> Answer {
    ask(remotes.tools, number).await
}

#[resilient(
    service = "payments",
    bulkhead(max_concurrent = 4, max_wait = "200ms"),
    circuit_breaker(
        slow_call_duration = "1s",
        slow_call_rate = 0.6,
        window = "15s",
        recovery_timeout = "5s"
    ),
    timeout = "3s"
)]
pub async fn pay(remotes: &Remotes, number: u64) -> Answer {
    ask(remotes.payments, number).await
}

#[secret_resilient(
    service = "vault",
    circuit_breaker(recovery_timeout = "4s"),
    cache(key = number % 3, ttl = "2s", stale_if_error = "1m"),
)]
pub async fn read_secret(remotes: &Remotes, number: u64) -> Answer {
    ask(remotes.vault, number % 3).await
}
