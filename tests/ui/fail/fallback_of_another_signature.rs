//! A fallback has the signature of the function, without the target.

use std::io;

use resilience_runtime::{TargetPool, resilient};

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

static POOL: TargetPool<String> = TargetPool::new();

#[resilient(service = "s", targets = POOL, fallback = with_the_target)]
async fn fallback_of_a_target(#[target] to: &String, word: &str) -> io::Result<usize> {
    Ok(to.len() + word.len())
}

async fn with_the_target(to: &String, word: &str) -> io::Result<usize> {
    Ok(to.len() + word.len())
}

fn main() {}
