//! Counts are at least 1.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    retry(max_attempts = 0),
    circuit_breaker(failure_threshold = 0, success_threshold = 0, window = 0),
    bulkhead(max_concurrent = 0),
    rate_limit(requests_per_second = 0, burst = 0)
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
