//! Limits of time are longer than zero; `off` removes them.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", timeout = 0, deadline = "0s")]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
