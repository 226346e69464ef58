//! An attribute of a method that may or may not be there: it would protect the method beside that of the block.

use std::io;

use resilience_runtime::{resilient, resilient_methods};

struct Client;

#[resilient_methods(service = "a")]
impl Client {
    #[cfg_attr(all(), resilient(service = "b", retry = off))]
    async fn one(&self) -> io::Result<u8> {
        Ok(1)
    }

    #[cfg_attr(all(), inline)]
    async fn two(&self) -> io::Result<u8> {
        Ok(2)
    }
}

fn main() {}
