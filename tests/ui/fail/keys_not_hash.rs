//! Keys are identified by their hash.

use std::io;

use resilience_runtime::resilient;

#[derive(Clone)]
struct Tenant;

#[resilient(service = "s", circuit_breaker(key = weight))]
async fn of_breaker(weight: f64) -> io::Result<f64> {
    Ok(weight)
}

#[resilient(service = "s", bulkhead(max_concurrent = 1, key = &tenant))]
async fn of_bulkhead(tenant: Tenant) -> io::Result<()> {
    drop(tenant);
    Ok(())
}

fn main() {}
