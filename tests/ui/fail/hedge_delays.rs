//! A delay is a time or a percentile that can be reached, and the same for all calls.

use std::io;
use std::time::Duration;

use resilience_runtime::{llm_resilient, service};

const NUMBER: u8 = 3;

#[llm_resilient(hedge(delay = "p0"))]
async fn before_every_answer() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = "p100"))]
async fn never() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = "p95th"))]
async fn no_percentile() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = "soon"))]
async fn no_time() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = "95%"))]
async fn percent() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = -1))]
async fn negative() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = 300ms))]
async fn suffix() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = p95))]
async fn without_quotes() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = NUMBER))]
async fn of_another_type() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(hedge(delay = patience))]
async fn argument(patience: Duration) -> io::Result<u128> {
    Ok(patience.as_millis())
}

#[llm_resilient(hedge(delay = patience * 2))]
async fn computed(patience: Duration) -> io::Result<u128> {
    Ok(patience.as_millis())
}

#[llm_resilient(hedge(delay = "10s"), timeout = "5s")]
async fn longer_than_the_timeout() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(timeout = 5, hedge(delay = "5000ms"))]
async fn as_long_as_the_timeout() -> io::Result<u8> {
    Ok(1)
}

service! {
    static LATE: Llm = "late" { timeout = "1s", hedge(delay = "1m") }
    static DECLARED: Llm = "declared" { hedge(delay = "p100") }
}

fn main() {}
