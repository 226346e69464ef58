//! The function must return a `Result`.

use resilience_runtime::resilient;

#[resilient(service = "s")]
async fn f(n: u32) -> u32 {
    n
}

fn main() {}
