//! The pool holds something else than the parameter takes, and `targets` is no pool.

use std::io;
use std::sync::Arc;

use resilience_runtime::{TargetPool, resilient};

struct Place {
    name: String,
}

static POOL: TargetPool<Place> = TargetPool::new();
static NO_POOL: Vec<Place> = Vec::new();

#[resilient(service = "s", targets = POOL)]
async fn another_reference(#[target] to: &String) -> io::Result<usize> {
    Ok(to.len())
}

#[resilient(service = "s", targets = POOL)]
async fn another_arc(#[target] to: Arc<String>) -> io::Result<usize> {
    Ok(to.len())
}

#[resilient(service = "s", targets = NO_POOL)]
async fn no_pool(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", idempotent, targets = POOL, hedge(delay = "1s"))]
async fn hedged(#[target] to: &String) -> io::Result<usize> {
    Ok(to.len())
}

#[resilient(service = "s", targets = POOL, affinity = word)]
async fn not_hash(#[target] to: &Place, word: f64) -> io::Result<usize> {
    Ok(to.name.len() + usize::from(word > 1.0))
}

fn main() {}
