//! The function must return a `Result`.

use resilience_runtime::resilient;

#[resilient(service = "s")]
async fn f() {}

fn main() {}
