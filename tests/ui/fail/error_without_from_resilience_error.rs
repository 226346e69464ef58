//! The error type must implement `From<ResilienceError>`.

use resilience_runtime::resilient;

struct Own;

#[resilient(service = "s")]
async fn f() -> Result<u8, Own> {
    Err(Own)
}

fn main() {}
