//! The runtime has errors of its own.

use std::io;

use resilience_runtime::resilient;

struct Own;

#[resilient(service = "s")]
async fn f() -> Result<u8, Own> {
    let _ = io::empty();
    Err(Own)
}

fn main() {}
