//! Blocks that cannot be annotated, and arguments that are wrong: reported once, not for each method.

use std::io;

use resilience_runtime::{llm_resilient, resilient, resilient_methods};

struct Client;

#[resilient_methods(service = "a", retires(max_attempts = 3))]
impl Client {
    async fn one(&self) -> io::Result<u8> {
        Ok(1)
    }

    #[resilient(skip)]
    async fn two(&self) -> io::Result<u8> {
        Ok(2)
    }
}

#[resilient_methods(service = "b")]
impl Client {
    fn three(&self) -> u8 {
        3
    }
}

#[resilient_methods(service = "c")]
impl Client {
    #[resilient(skip)]
    async fn four(&self) -> io::Result<u8> {
        Ok(4)
    }
}

#[resilient_methods(service = "d")]
impl Client {
    #[resilient]
    #[llm_resilient]
    async fn five(&self) -> io::Result<u8> {
        Ok(5)
    }

    #[resilient(max_attempts = 3)]
    async fn six(&self) -> io::Result<u8> {
        Ok(6)
    }

    #[resilient]
    fn seven(&self) -> io::Result<u8> {
        Ok(7)
    }
}

#[resilient_methods(service = "e")]
trait Ask {
    async fn ask(&self) -> io::Result<u8>;
}

#[resilient_methods(service = "f")]
async fn free() -> io::Result<u8> {
    Ok(8)
}

#[resilient(service = "g", skip)]
async fn skipped_outside() -> io::Result<u8> {
    Ok(9)
}

fn main() {}
