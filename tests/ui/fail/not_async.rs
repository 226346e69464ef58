//! A retry waits.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s")]
fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
