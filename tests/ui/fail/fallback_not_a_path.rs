//! A fallback is the path of a function.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", fallback = g(), idempotent)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
