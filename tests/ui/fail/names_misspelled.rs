//! A misspelled name is reported with the nearest one.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", fallbak = g, retry(base_dealy = "1s"), rate_limit(request_per_minute = 3))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
