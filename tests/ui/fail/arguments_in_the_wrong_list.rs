//! A valid name in the wrong list is reported with its place.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    max_attempts = 3,
    requests_per_minute = 60,
    retry(timeout = "1s"),
    ttl = "1m"
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
