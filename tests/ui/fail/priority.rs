//! A priority is a word or a `Priority`.

use std::io;

use resilience_runtime::{llm_resilient, service};

#[llm_resilient(rate_limit(requests_per_minute = 60, priority = "hihg"))]
async fn slip() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(rate_limit(requests_per_minute = 60, priority = 1))]
async fn number() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(rate_limit(requests_per_minute = 60, priority = low))]
async fn without_quotes() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(rate_limit(requests_per_minute = 60, priority = name.len()))]
async fn of_another_type(name: &str) -> io::Result<u8> {
    Ok(name.len() as u8)
}

#[llm_resilient(priority = "high")]
async fn wrong_place() -> io::Result<u8> {
    Ok(1)
}

service! {
    static CHAT: Llm = "chat" { rate_limit(requests_per_second = 50, priority = "low") }
}

fn main() {}
