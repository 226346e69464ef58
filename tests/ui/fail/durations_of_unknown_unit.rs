//! Texts that are no durations.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", timeout = "5 parsecs", deadline = "2 min", retry(base_delay = 500ms, max_delay = "-1s", max_elapsed = "99999999999999999999h"))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
