//! A fallback has at least one step.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", fallback())]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
