//! An unknown mode is reported with the nearest one, and where it is called something else.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    circuit_breaker(mode = "shadwo"),
    rate_limit(requests_per_minute = 60, mode = "dry_run"),
    bulkhead(max_concurrent = 4, mode = shadow),
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", bulkhead(max_concurrent = 4, shadow = true))]
async fn g() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
