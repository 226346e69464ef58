//! Keys are identified by their hash.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", rate_limit(requests_per_minute = 1, key = weight))]
async fn f(weight: f64) -> io::Result<f64> {
    Ok(weight)
}

fn main() {}
