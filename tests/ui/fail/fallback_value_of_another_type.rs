//! The error is reported at the value.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", fallback(value = "later"))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
