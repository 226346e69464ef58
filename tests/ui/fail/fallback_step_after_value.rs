//! `value` always answers.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", fallback(value = 1, call = g, registered))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
