//! Values of `cache`.

use std::io;

use resilience_runtime::resilient;

#[resilient(
    service = "s",
    cache(
        ttl = 0,
        refresh_ahead = 1.0,
        stale_if_error = "0s",
        negative_ttl = "10 parsecs",
        max_entries = 0,
        max_entry = 1
    )
)]
async fn all() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", cache(ttl = "1m", refresh_ahead = "60s"))]
async fn always_due() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", cache(refresh_ahead = -0.5))]
async fn negative() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", cache(refresh_ahead = 30s))]
async fn unquoted() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", cache = off)]
async fn off() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", cache)]
async fn bare() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", fallback(cache(ttl = "1m", stale_if_error = "1h")))]
async fn of_the_other_cache() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
