//! A rate is above 0 and at most 1.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", circuit_breaker(failure_rate = 0, slow_call_rate = 1.5))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", circuit_breaker(failure_rate = 50, slow_call_rate = 12.5))]
async fn percentages() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
