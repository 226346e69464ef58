//! A `self` by value is there for one attempt.

use std::io;

use resilience_runtime::resilient;

struct Client(Box<u8>);

impl Client {
    #[resilient(service = "s")]
    async fn f(self) -> io::Result<u8> {
        let Self(n) = self;
        Ok(*n)
    }
}

fn main() {}
