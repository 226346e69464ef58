//! The topmost attribute runs first.

use std::io;

use resilience_runtime::resilient;

#[tokio::test]
#[resilient(service = "s")]
async fn f() -> io::Result<()> {
    Ok(())
}

fn main() {}
