//! A negative number is reported with the least that is allowed.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    retry(max_attempts = -1, base_delay = -0.5, multiplier = -2),
    retry_budget(capacity = -1, refill = -0.1),
    circuit_breaker(failure_threshold = -1, failure_rate = -0.5, window = -10),
    rate_limit(requests_per_minute = -60, max_wait = -1),
    bulkhead(max_concurrent = -1),
    cache(ttl = "5m", refresh_ahead = -0.5),
    timeout = -1
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
