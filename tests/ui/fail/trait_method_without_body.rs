//! A trait method without a body cannot be annotated.

use std::io;

use resilience_runtime::resilient;

trait Tool {
    #[resilient(service = "s")]
    async fn call(&self) -> io::Result<u8>;
}

fn main() {}
