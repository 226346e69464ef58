//! Errors of a bare type parameter cannot be classified.

use resilience_runtime::{ResilienceError, resilient};

#[resilient(service = "s")]
async fn f<E: From<ResilienceError>>(result: Result<u8, E>) -> Result<u8, E> {
    result
}

fn main() {}
