//! `exhausted = "wrap"` keeps the error as a source.

use std::io;

use resilience_runtime::{ResilienceError, resilient};

struct Own;
impl From<ResilienceError> for Own {
    fn from(_: ResilienceError) -> Self {
        Own
    }
}

#[resilient(service = "s", retry(exhausted = "wrap"))]
async fn f() -> Result<u8, Own> {
    let _ = io::empty();
    Err(Own)
}

fn main() {}
