//! A fallback that fails is reported with both errors.

use resilience_runtime::{ResilienceError, resilient};

struct Own;
impl From<ResilienceError> for Own {
    fn from(_: ResilienceError) -> Self {
        Own
    }
}

#[resilient(service = "s", fallback = other)]
async fn f() -> Result<u8, Own> {
    Err(Own)
}

fn other() -> Result<u8, Own> {
    Err(Own)
}

// A value answers in any case.
#[resilient(service = "s", fallback(call = other, value = 1))]
async fn g() -> Result<u8, Own> {
    Err(Own)
}

fn main() {}
