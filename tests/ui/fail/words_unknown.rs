//! An unknown word is reported with the nearest one.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", retry(jitter = "fulll", exhausted = wrap), rate_limit(strategy = "leaky_bucket"), circuit_breaker(abandoned = 3))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
