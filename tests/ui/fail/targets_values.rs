//! Values of `pick`, `affinity` and weights; what cannot stand beside targets, and what cannot mention one.

use std::io;

use resilience_runtime::{TargetPool, resilient, service};

struct Place {
    name: String,
}

impl Place {
    fn size(&self) -> u32 {
        1
    }
}

static POOL: TargetPool<Place> = TargetPool::new();

#[resilient(service = "s", targets = POOL, pick = "random")]
async fn unknown_word(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", targets = POOL, pick = ordered)]
async fn no_word(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", targets, affinity)]
async fn no_value(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", targets = off)]
async fn off(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", pick = "ordered", affinity = word)]
async fn without_targets(word: &str) -> io::Result<usize> {
    Ok(word.len())
}

#[resilient(
    service = "s",
    targets = POOL,
    circuit_breaker(failure_threshold = 5, key = word),
    bulkhead(max_concurrent = 5, key = word)
)]
async fn keys(#[target] to: &Place, word: &str) -> io::Result<usize> {
    Ok(to.name.len() + word.len())
}

#[resilient(
    service = "s",
    targets = POOL,
    affinity = to.name,
    correlation_id = &to.name,
    timeout = to,
    deadline = to.deadline(),
    rate_limit(tokens_per_minute = 60, key = &to.name, cost = to.size(), priority = to.priority()),
    retry = off,
)]
async fn mentioned(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(
    service = "s",
    targets = POOL,
    rate_limit(per_key(key = to.name, requests_per_minute = 5)),
    cache(key = &to.name, ttl = "1m"),
    fallback(cache(key = &to.name, ttl = "5m"), value = to.name.len()),
)]
async fn cached(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(
    service = "s",
    targets = POOL,
    classify = |_| to.verdict(),
    classify_ok = |_: &usize| to.verdict_of_ok(),
    retry(retry_if = |error: &io::Error| error.to_string() == to.name),
    rate_limit(tokens_per_minute = 60, cost = 1, usage = |_: &usize| to.size()),
)]
async fn in_hooks(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

#[resilient(service = "s", targets = POOL, target(weight = 2.0))]
async fn weight(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

service! {
    static DECLARED: Custom = "declared" {
        target(weight = 2.0),
        targets = POOL,
        pick = "ordered",
        affinity = word,
    }
}

#[resilient(service = DECLARED, targets = POOL)]
async fn declared(#[target] to: &Place) -> io::Result<usize> {
    Ok(to.name.len())
}

async fn callers_report_nothing_more() -> io::Result<usize> {
    let words = unknown_word().await? + no_word().await? + no_value().await? + off().await?;
    let more = in_hooks().await? + without_targets("a").await? + keys("a").await? + mentioned().await?;
    Ok(words + more + cached().await? + weight().await? + declared().await?)
}

fn main() {}
