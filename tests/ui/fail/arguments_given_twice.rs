//! Arguments that are repeated, or set and switched off.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", service = "t", retry = off, retry(max_attempts = 2), timeout = "1s", timeout = off)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
