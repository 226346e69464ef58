//! Names of earlier versions are reported with the present ones.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    circuit(failure_threshold = 5),
    rate_limit(
        tokens_per_minute = 90_000,
        cost = 1,
        settle = |n: &u8| u32::from(*n),
        max_park = "60s",
        batch = 10
    ),
    cache(ttl = "5m", stale_for = "1h")
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
