//! `targets` under another name, or with its values in parentheses: each is one error.

use std::io;

use resilience_runtime::{TargetPool, resilient};

struct Place {
    name: String,
}

static POOL: TargetPool<Place> = TargetPool::new();

#[resilient(service = "s", target = POOL)]
async fn singular(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", target = POOL, pick = "ordered")]
async fn singular_with_a_pick(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", tragets = POOL)]
async fn misspelt(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", pool = POOL)]
async fn pool(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", endpoints = POOL)]
async fn endpoints(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", upstreams(POOL))]
async fn upstreams(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", targets(POOL, affinity = word))]
async fn in_parentheses(#[target] to: &Place, word: &str) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(service = "s", targets(pick = "ordered"))]
async fn without_a_pool(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", targets("ordered"))]
async fn a_word(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

struct Client {
    pool: TargetPool<Place>,
}

impl Client {
    #[resilient(service = "s", targets(self.pool, pick = "ordered"))]
    async fn field(&self, #[target] to: &Place) -> io::Result<usize> {
        Ok(to.name.len())
    }
}

#[resilient(service = "s", weight = 2.0, targets = POOL)]
async fn weight(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

fn main() {}
