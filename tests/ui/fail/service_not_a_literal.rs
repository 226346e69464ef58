//! The name of a service is a literal.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = billing)]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
