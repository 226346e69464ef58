//! The name of a service is a literal, or the path of a declared service.

use std::io;

use resilience_runtime::{llm_resilient, resilient};

#[resilient(service = billing)]
async fn not_in_scope() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = name)]
async fn of_an_argument(name: &'static str) -> io::Result<u8> {
    Ok(name.len() as u8)
}

#[resilient(service = format!("billing"))]
async fn of_an_expression() -> io::Result<u8> {
    Ok(1)
}

const NAME: &str = "openai";

#[llm_resilient(service = NAME)]
async fn of_a_constant() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
