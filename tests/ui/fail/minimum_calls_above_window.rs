//! The window never holds so many calls.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    circuit_breaker(failure_rate = 0.5, window = 10, minimum_calls = 20)
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
