//! The attribute is written on single functions.

use std::io;

use resilience_runtime::resilient;

struct Client;

#[resilient(service = "s")]
impl Client {
    async fn f(&self) -> io::Result<u8> {
        Ok(1)
    }
}

fn main() {}
