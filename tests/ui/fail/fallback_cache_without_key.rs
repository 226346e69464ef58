//! The last good answer of a function with arguments needs a key.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", fallback(cache(ttl = "1m")))]
async fn f(n: u8) -> io::Result<u8> {
    Ok(n)
}

fn main() {}
