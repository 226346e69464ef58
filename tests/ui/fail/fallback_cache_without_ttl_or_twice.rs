//! The `ttl` of the last good answer has no default.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", fallback(cache(), cache(ttl = "1m")))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
