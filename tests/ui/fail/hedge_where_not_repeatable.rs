//! Two attempts run at once, so a hedged call must be repeatable.

use std::io;

use resilience_runtime::{database_resilient, llm_resilient, mcp_resilient, resilient, secret_resilient};

#[database_resilient(hedge(delay = "p95"))]
async fn database() -> io::Result<u8> {
    Ok(1)
}

#[mcp_resilient(hedge)]
async fn mcp() -> io::Result<u8> {
    Ok(1)
}

#[resilient(service = "billing", hedge(delay = "1s", max_hedges = 2))]
async fn custom() -> io::Result<u8> {
    Ok(1)
}

#[llm_resilient(idempotent = false, hedge(delay = "p95"))]
async fn not_idempotent() -> io::Result<u8> {
    Ok(1)
}

#[secret_resilient(hedge, idempotent = false)]
async fn secret() -> io::Result<u8> {
    Ok(1)
}

#[database_resilient(hedge = off)]
async fn off() -> io::Result<u8> {
    Ok(1)
}

fn main() {}
