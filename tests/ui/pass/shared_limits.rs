//! Limits that a fleet shares, as a word and with a value, at functions and in a declaration.

#![forbid(unsafe_code)]
#![deny(warnings)]

use std::io;

use resilience_runtime::config::OnStoreLoss;
use resilience_runtime::{Registry, resilient, service};

service! {
    static DECLARED: Custom = "declared" {
        rate_limit(requests_per_minute = 60, shared, on_store_loss = "open"),
    }
}

#[resilient(service = DECLARED)]
async fn declared() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "word", rate_limit(requests_per_minute = 60, shared))]
async fn word() -> io::Result<u8> {
    Ok(2)
}

#[resilient(service = "yes", rate_limit(shared = true, requests_per_day = 60, on_store_loss = "closed"))]
async fn yes() -> io::Result<u8> {
    Ok(3)
}

#[resilient(service = "no", rate_limit(requests_per_minute = 60, shared = false, on_store_loss = "share"))]
async fn no() -> io::Result<u8> {
    Ok(4)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let sum = declared().await.unwrap() + word().await.unwrap() + yes().await.unwrap() + no().await.unwrap();
    assert_eq!(sum, 10);
    for (service, expected) in [
        ("declared", (true, OnStoreLoss::Open)),
        ("word", (true, OnStoreLoss::Share)),
        ("yes", (true, OnStoreLoss::Closed)),
        ("no", (false, OnStoreLoss::Share)),
    ] {
        let limit = Registry::global().get(service).unwrap().config().rate_limit.unwrap();
        assert_eq!((limit.shared, limit.on_store_loss), expected, "{service}");
    }
}
