//! There is no error to judge.

use resilience_runtime::resilient;

#[resilient(service = "s")]
async fn f() {}

fn main() {}
