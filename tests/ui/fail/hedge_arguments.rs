//! What `hedge(…)` takes, and what stands beside it.

use std::io;

use resilience_runtime::{llm_resilient, resilient, service};

#[llm_resilient(hedge(delay = "1s", max_hedges = 0))]
async fn none() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = "1s", max_hedges = -1))]
async fn negative() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = "1s"), retry(max_attempts = 1))]
async fn one_attempt() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(dealy = "1s", max_hedge = 2))]
async fn misspelt() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(hedging_delay = "1s", max_attempts = 2, percentile = 95))]
async fn of_elsewhere() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge = "1s")]
async fn a_value() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge("1s"))]
async fn without_name() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge())]
async fn empty() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = "1s", delay = "2s"))]
async fn twice() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(delay = "1s", max_hedges = 2)]
async fn outside() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedging(delay = "1s"))]
async fn other_name() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", idempotant, hedge)]
async fn what_seems_to_be_missing() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(retry(delay = "1s"))]
async fn delay_of_retries() -> io::Result<u8> {
    Ok(1)
}

service! {
    static DECLARED: Llm = "declared" { hedge(max_hedges = 0) }
}

#[resilient(service = "none", hedge(delay = "soon"))]
async fn two_mistakes_are_reported_together(out: &mut u8) -> io::Result<u8> {
    *out += 1;
    Ok(*out)
}

fn main() {}
