//! Hooks that do not match the function.

use resilience_runtime::{BoxError, database_resilient, mcp_resilient};

async fn by_value(id: u64) -> Result<Option<String>, BoxError> {
    Ok(Some(id.to_string()))
}

#[database_resilient(verify = by_value)]
async fn takes_references(id: u64) -> Result<String, BoxError> {
    Ok(id.to_string())
}

async fn not_an_option(id: &u64) -> Result<String, BoxError> {
    Ok(id.to_string())
}

#[database_resilient(verify = not_an_option)]
async fn says_whether(id: u64) -> Result<String, BoxError> {
    Ok(id.to_string())
}

async fn connect(_id: &u64) -> Result<u8, BoxError> {
    Ok(1)
}

#[mcp_resilient(reconnect = connect)]
async fn nothing_comes_back(id: u64) -> Result<String, BoxError> {
    Ok(id.to_string())
}

fn text(_id: &u64) -> &'static str {
    "safe"
}

#[mcp_resilient(safety = text)]
async fn no_text(id: u64) -> Result<String, BoxError> {
    Ok(id.to_string())
}

#[mcp_resilient(safety = text, idempotent, verify = "by_value")]
async fn both(id: u64) -> Result<String, BoxError> {
    Ok(id.to_string())
}

#[mcp_resilient(reconect = connect, fallback(on_throtled = both, on_context_too_large))]
async fn misspelt(id: u64) -> Result<String, BoxError> {
    Ok(id.to_string())
}

#[database_resilient(verify = not_an_option)]
async fn unnamed(_: u64) -> Result<String, BoxError> {
    Ok(String::new())
}

fn main() {}
