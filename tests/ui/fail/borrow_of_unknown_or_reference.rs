//! Only owned arguments can be borrowed.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", borrow(propmt, text, other, other))]
async fn f(prompt: String, text: &str) -> io::Result<String> {
    Ok(prompt + text)
}

fn main() {}
