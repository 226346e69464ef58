//! A cache of a function with arguments needs a key.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", cache(ttl = "1m"))]
async fn f(user: &str) -> io::Result<u8> {
    Ok(user.len() as u8)
}

struct Client;

impl Client {
    #[resilient(service = "s", cache())]
    async fn f(&self) -> io::Result<u8> {
        Ok(1)
    }
}

fn main() {}
