//! A duration is the same for all calls, apart from `timeout` and `deadline`.

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

#[resilient(service = "s", timeout = seconds, deadline = 3 + 4)]
async fn g(seconds: u64) -> io::Result<u64> {
    Ok(seconds)
}

fn main() {}
