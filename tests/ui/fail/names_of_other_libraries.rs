//! Names of other libraries are reported with ours.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    retry(max_retries = 3),
    circuit_breaker(failure_threshold = 3)
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
