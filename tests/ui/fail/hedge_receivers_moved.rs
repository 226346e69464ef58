//! A `self` by value is there for all attempts.

use std::io;

use resilience_runtime::llm_resilient;

struct Client(Box<u8>);

impl Client {
    #[llm_resilient(hedge(delay = "1s"))]
    async fn moved(self) -> io::Result<u8> {
        let Self(n) = self;
        Ok(*n)
    }
}

fn main() {}
