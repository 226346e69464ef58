//! The error is reported at the constant.

use std::io;

use resilience_runtime::resilient;

const LIMIT: u32 = 3;

#[resilient(service = "s", timeout = LIMIT)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
