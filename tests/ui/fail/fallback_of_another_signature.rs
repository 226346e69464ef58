//! A fallback has the signature of the function.

use std::io;

use resilience_runtime::resilient;

#[resilient(service = "s", fallback = other_arguments)]
async fn f(a: u8, b: String) -> io::Result<u8> {
    Ok(a + b.len() as u8)
}

async fn other_arguments(a: u8) -> io::Result<u8> {
    Ok(a)
}

#[resilient(service = "s", fallback = other_result)]
async fn g(a: u8) -> io::Result<u8> {
    Ok(a)
}

fn other_result(a: u8) -> io::Result<String> {
    Ok(a.to_string())
}

fn main() {}
