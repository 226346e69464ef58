//! Answers to different arguments are not the same.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", fallback(cache(ttl = "1m")))]
async fn f(n: u8) -> io::Result<u8> {
    Ok(n)
}

fn main() {}
