//! What is wrong with the sharing of a limit is reported, with the nearest word or the name that it has here.

use std::io;

use resilience_runtime::{resilient, service};

#[resilient(service = "s", rate_limit(requests_per_minute = 60, shared = 3, on_store_loss = "clsoed"))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", rate_limit(requests_per_minute = 60, shared = off, on_store_loss = closed))]
async fn g() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", rate_limit(requests_per_minute = 60, shared("fleet"), on_store_loss))]
async fn h() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", rate_limit(requests_per_minute = 60, distributed, on_store_los = "open"))]
async fn i() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", shared, retry(global = true))]
async fn j() -> io::Result<u8> {
    Ok(1)
}

service! {
    static S: Custom = "s" { rate_limit(requests_per_minute = 60, shared, on_store_loss = "local") }
    static T: Custom = "t" { rate_limit(requests_per_minute = 60, shared) }
}

#[resilient(service = T, rate_limit(shared))]
async fn k() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
