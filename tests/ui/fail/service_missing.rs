//! `#[resilient]` has no default service.

use std::io;

use resilience_runtime::resilient;

#[resilient()]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
