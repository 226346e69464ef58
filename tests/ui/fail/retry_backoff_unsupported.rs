//! The backoff is always exponential.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    retry(max_attempts = 3, backoff = "exponential"),
    backoff = "1s"
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
