//! The receiver is an argument of the cache as well.

use std::io;

use resilience_runtime::resilient;

struct Client;

impl Client {
    #[resilient(service = "s", fallback(cache(ttl = "1m")))]
    async fn f(&self) -> io::Result<u8> {
        Ok(1)
    }
}

fn main() {}
