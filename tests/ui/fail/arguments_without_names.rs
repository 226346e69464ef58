//! There are no positional arguments.

use std::io;

use resilience_runtime::resilient;

#[resilient("billing")]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
