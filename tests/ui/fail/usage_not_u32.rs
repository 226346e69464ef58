//! The error is reported at the path or in the closure.

use std::io;

use resilience_runtime::llm_resilient;

struct Usage {
    total: u64,
}

fn total(usage: &Usage) -> u64 {
    usage.total
}

fn of_text(_: &String) -> u32 {
    1
}

#[llm_resilient(rate_limit(tokens_per_minute = 90_000, cost = 10, usage = total))]
async fn by_path() -> io::Result<Usage> {
    Ok(Usage { total: 1 })
}

#[llm_resilient(rate_limit(tokens_per_minute = 90_000, cost = 10, usage = |usage| usage.total))]
async fn by_closure() -> io::Result<Usage> {
    Ok(Usage { total: 1 })
}

#[llm_resilient(rate_limit(tokens_per_minute = 90_000, cost = 10, usage = of_text))]
async fn of_another_answer() -> io::Result<Usage> {
    Ok(Usage { total: 1 })
}

#[llm_resilient(rate_limit(tokens_per_minute = 90_000, cost = "ten"))]
async fn an_estimate_of_another_type() -> io::Result<Usage> {
    Ok(Usage { total: 1 })
}

fn main() {}
