//! `client_retries` says only that they are off.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", client_retries = 3)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", client_retries)]
async fn g() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "s", client_retry = off)]
async fn h() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
