//! What to answer when a call failed. `cargo run --example fallbacks`

use std::sync::atomic::{AtomicBool, Ordering};

use resilience_runtime::{Classify, Registry, ResilienceError, resilient};

#[derive(Debug, thiserror::Error, Classify)]
enum PriceError {
    #[error("the market is closed")]
    #[classify(transient)]
    Closed,
    #[error("there is no such fruit")]
    #[classify(permanent)]
    Unknown,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

static OPEN: AtomicBool = AtomicBool::new(true);

fn market(fruit: &str) -> Result<u32, PriceError> {
    match fruit {
        _ if !OPEN.load(Ordering::Relaxed) => Err(PriceError::Closed),
        "plum" => Ok(30),
        "pear" => Ok(40),
        _ => Err(PriceError::Unknown),
    }
}

/// The last good answer for the same fruit; for those never asked for, a value. Without retries
/// and a breaker, so that each of the failures below reaches its fallback at once.
#[resilient(
    service = "market",
    retry = off,
    circuit_breaker = off,
    fallback(cache(key = fruit, ttl = "5m"), value = 0)
)]
async fn remembered(fruit: &str) -> Result<u32, PriceError> {
    market(fruit)
}

/// Another function: it takes the same arguments.
#[resilient(service = "market", retry = off, circuit_breaker = off, fallback = estimate)]
async fn estimated(fruit: &str) -> Result<u32, PriceError> {
    market(fruit)
}

async fn estimate(fruit: &str) -> Result<u32, PriceError> {
    Ok(fruit.len() as u32 * 10)
}

/// With one more argument it is told the error. It need not be async.
#[resilient(service = "market", retry = off, circuit_breaker = off, fallback = explain)]
async fn explained(fruit: &str) -> Result<String, PriceError> {
    market(fruit).map(|price| format!("{price} cents"))
}

fn explain(fruit: &str, error: &PriceError) -> Result<String, PriceError> {
    Ok(format!("no price for {fruit}: {error}"))
}

/// A chain, in the order written, and only for failures that might not happen again.
#[resilient(
    service = "market",
    retry = off,
    circuit_breaker = off,
    fallback(call = neighbour, call = estimate, on = "transient")
)]
async fn somehow(fruit: &str) -> Result<u32, PriceError> {
    market(fruit)
}

async fn neighbour(_: &str) -> Result<u32, PriceError> {
    Err(PriceError::Closed)
}

/// Its fallback is registered at run time.
#[resilient(
    service = "weather",
    retry = off,
    circuit_breaker = off,
    fallback(registered)
)]
async fn weather() -> Result<String, PriceError> {
    Err(PriceError::Closed)
}

#[tokio::main]
async fn main() -> Result<(), PriceError> {
    assert_eq!(remembered("plum").await?, 30);
    assert_eq!(
        estimated("plum").await?,
        30,
        "a good answer needs no fallback"
    );

    OPEN.store(false, Ordering::Relaxed);
    println!("the market has closed");

    println!("  cache       plum {}", remembered("plum").await?);
    assert_eq!(remembered("plum").await?, 30);
    println!("  value       pear {}", remembered("pear").await?);
    assert_eq!(remembered("pear").await?, 0);
    println!("  call        pear {}", estimated("pear").await?);
    assert_eq!(estimated("pear").await?, 40);
    println!("  with error  {}", explained("pear").await?);
    assert_eq!(
        explained("pear").await?,
        "no price for pear: the market is closed"
    );
    println!("  chain       fig {}", somehow("fig").await?);
    assert_eq!(
        somehow("fig").await?,
        30,
        "the neighbour failed, so it is estimated"
    );

    assert!(matches!(weather().await, Err(PriceError::Closed)));
    Registry::global().register_fallback::<String>("weather", |context| async move {
        format!("{} is having a break", context.service())
    });
    println!("  registered  {}", weather().await?);
    assert_eq!(weather().await?, "weather is having a break");

    OPEN.store(true, Ordering::Relaxed);
    println!("the market is open, but nobody sells what we want");
    let refused = somehow("dragonfruit").await;
    println!(
        "  on = \"transient\" leaves it an error: {}",
        refused.as_ref().unwrap_err()
    );
    assert!(matches!(refused, Err(PriceError::Unknown)));
    Ok(())
}
