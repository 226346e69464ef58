//! `hedge` for all methods of a block.

use std::io;

use resilience_runtime::{llm_resilient, resilient, resilient_methods};

struct Client(u8);

#[resilient_methods(service = "a", hedge(delay = "p95"))]
impl Client {
    async fn not_repeatable(&self) -> io::Result<u8> {
        Ok(self.0)
    }

    #[resilient(idempotent)]
    async fn exclusive(&mut self) -> io::Result<u8> {
        self.0 += 1;
        Ok(self.0)
    }

    #[resilient(hedge = off)]
    async fn off(&mut self) -> io::Result<u8> {
        self.0 += 1;
        Ok(self.0)
    }

    #[llm_resilient(hedge(delay = "p0"))]
    async fn of_its_own(&self) -> io::Result<u8> {
        Ok(self.0)
    }
}

#[resilient_methods(service = "b", idempotent, hedge(dely = "p95"))]
impl Client {
    async fn misspelt(&self) -> io::Result<u8> {
        Ok(self.0)
    }
}

fn main() {}
