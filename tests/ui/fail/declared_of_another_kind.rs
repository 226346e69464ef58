//! The attribute and the declared service are of one kind. `#[resilient]` takes any.

use std::io;

use resilience_runtime::{llm_resilient, resilient, service};

service! {
    static ORDERS: Database = "orders";
}

#[llm_resilient(service = ORDERS)]
async fn ask() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = ORDERS)]
async fn load() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
