//! A limiter has one rate.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    rate_limit(
        requests_per_minute = 60,
        requests_per_second = 1,
        requests_per_hour = 5
    )
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
