//! One argument that does not parse hides no other error.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", retry(max_attempts: 3, multiplier = 0.5), timeout "1s", deadline = , circuit_breaker(failure_threshold = 0))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
