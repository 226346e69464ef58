//! A duration is the same for all calls.

use std::io;
use std::time::Duration;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    timeout = timeout,
    deadline = limits,
    retry(base_delay = timeout),
    rate_limit(requests_per_minute = 60, max_wait = timeout),
    cache(key = (timeout, limits), ttl = (limits))
)]
async fn f(timeout: Duration, limits: Duration) -> io::Result<u8> {
    drop((timeout, limits));
    Ok(1)
}

#[resilient(service = "s", timeout = self.timeout)]
async fn g() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
