//! `exhausted = "wrap"` keeps the error as a source.

use resilience_runtime::{ResilienceError, resilient};

struct Own;
impl From<ResilienceError> for Own {
    fn from(_: ResilienceError) -> Self {
        Own
    }
}

#[resilient(service = "s", retry(exhausted = "wrap"))]
async fn f() -> Result<u8, Own> {
    Err(Own)
}

fn main() {}
