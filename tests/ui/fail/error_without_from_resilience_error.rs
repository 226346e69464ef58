//! The runtime has errors of its own.

use resilience_runtime::resilient;

struct Own;

#[resilient(service = "s")]
async fn f() -> Result<u8, Own> {
    Err(Own)
}

fn main() {}
