//! The error is reported at the path.

use std::io;

use resilience_runtime::{Verdict, resilient};

fn of_text(_: &String) -> Verdict {
    Verdict::permanent()
}

#[resilient(service = "s", classify = of_text, retry(retry_if = |e| e))]
async fn f() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
