//! A declaration says `keyed`, and a function gives the `key`.

use std::io;

use resilience_runtime::{resilient, service};

service! {
    static KEY: Custom = "key" {
        circuit_breaker(failure_threshold = 5, key = host),
        bulkhead(max_concurrent = 4, key = host),
        rate_limit(requests_per_minute = 60, key = host),
    }
    static BADLY: Custom = "badly" { bulkhead(max_concurrent = 4, keyed = tenant, max_keys = 0) }
    static KEYED: Custom = "keyed" { bulkhead(max_concurrent = 4, keyed) }
}

#[resilient(service = "s", circuit_breaker(keyed), bulkhead(max_concurrent = 1, keyed = true), rate_limit(keyed))]
async fn keyed(host: &str) -> io::Result<usize> {
    Ok(host.len())
}

#[resilient(service = "s", circuit_breaker(keys = host, max_key = 5), bulkhead(max_keys = 0, key))]
async fn misspelt(host: &str) -> io::Result<usize> {
    Ok(host.len())
}

#[resilient(service = KEYED, bulkhead(key = host, max_keys = 5))]
async fn shared_value(host: &str) -> io::Result<usize> {
    Ok(host.len())
}

#[resilient(service = "s", key = host, max_keys = 5)]
async fn outside(host: &str) -> io::Result<usize> {
    Ok(host.len())
}

fn main() {}
