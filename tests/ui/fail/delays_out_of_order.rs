//! A delay that is longer than its maximum.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    retry(base_delay = "2s", max_delay = "1s"),
    circuit_breaker(recovery_timeout = 60, max_recovery_timeout = "30s")
)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
