//! Patterns take parentheses or `off`.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", retry, circuit_breaker = 5, bulkhead = none)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
