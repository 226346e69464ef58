//! Errors in the body are reported as without the attribute.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s")]
async fn f(n: u8) -> io::Result<u8> {
    let text: String = n;
    n.missing();
}

fn main() {}
