//! There are no positional arguments.

use std::io;

use resilience_runtime::resilient;

#[resilient("billing")]
async fn f() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", retry(3), circuit_breaker(5), rate_limit(60), bulkhead(10))]
async fn counts() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", idempotent, hedge("p95"), cache("5m"), retry("1s"), fallback("a"))]
async fn texts() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
