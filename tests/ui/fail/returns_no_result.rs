//! There is no error to judge.

use resilience_runtime::resilient;

#[resilient(service = "s")]
async fn f(n: u32) -> u32 {
    n
}

fn main() {}
