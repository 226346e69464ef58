//! Who may call how often. `cargo run --example rate_limits`
//!
//! The clock is paused: it jumps over every wait, so an hour takes no time and every number is exact.

use std::time::Duration;

use resilience_runtime::{RateLimitConfig, RateLimiter, ResilienceError, resilient};

type Error = Box<dyn std::error::Error + Send + Sync>;

/// Ten searches at once and then one a second, for each user. Long questions cost more.
#[resilient(
    service = "search",
    rate_limit(requests_per_minute = 60, burst = 10, key = user, cost = words.len() as u32)
)]
async fn search(user: &str, words: &[&str]) -> Result<String, Error> {
    Ok(format!("{user} finds {}", words.join(" ")))
}

/// The same limit; this caller waits instead of being rejected.
#[resilient(service = "search", rate_limit(key = user, max_wait = "5s"))]
async fn search_patiently(user: &str) -> Result<String, Error> {
    Ok(format!("{user} finds something"))
}

fn retry_after(error: &Error) -> Option<Duration> {
    error.downcast_ref::<ResilienceError>()?.retry_after()
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Error> {
    by_attribute().await?;
    strategies().await?;
    by_hand().await?;
    Ok(())
}

async fn by_attribute() -> Result<(), Error> {
    println!("an attribute");
    search("ann", &["ripe", "plums", "near", "here"]).await?;
    search("ann", &["pears"; 6]).await?;
    let rejected = search("ann", &["figs", "too"]).await.unwrap_err();
    println!("  ann spent 4 + 6 of 10: {rejected}");
    assert_eq!(retry_after(&rejected), Some(Duration::from_secs(2)));

    search("bob", &["pears"]).await?;
    println!("  bob has a limit of his own");

    let began = tokio::time::Instant::now();
    search_patiently("ann").await?;
    println!("  ann passes after waiting {:?}", began.elapsed());
    assert_eq!(began.elapsed().as_secs(), 1);

    let never = search("eve", &["word"; 11]).await.unwrap_err();
    println!("  eve asks for more than a bucket can hold: {never}");
    assert_eq!(retry_after(&never), None, "no wait would help");
    Ok(())
}

async fn strategies() -> Result<(), Error> {
    println!("the strategies, each ten a minute: one passes at the start, and then");
    let ten = RateLimitConfig::per_minute(10);
    for (config, expected) in [
        (ten.clone(), [10, 5]),
        (ten.clone().sliding_window(), [9, 1]),
        (ten.fixed_window(), [9, 10]),
    ] {
        let name = config.strategy;
        let limiter = RateLimiter::new("search", config)?;
        assert!(limiter.check("ann").allowed);
        let as_many_as_pass = || (0..20).filter(|_| limiter.check("ann").allowed).count();
        tokio::time::sleep(Duration::from_secs(59)).await;
        let early = as_many_as_pass();
        tokio::time::sleep(Duration::from_secs(31)).await;
        let late = as_many_as_pass();
        println!("  {name:<14} {early:>2} more after 59 s, {late:>2} more after 90 s");
        assert_eq!([early, late], expected, "{name}");
    }
    Ok(())
}

async fn by_hand() -> Result<(), Error> {
    println!("by hand");
    let limiter = RateLimiter::new("search", RateLimitConfig::per_minute(60).burst(3))?;
    for _ in 0..3 {
        assert!(limiter.check("ann").allowed);
    }
    let decision = limiter.check("ann");
    println!("  {decision:?}");
    assert!(!decision.allowed);
    assert_eq!(decision.retry_after, Some(Duration::from_secs(1)));

    let reserved = limiter.acquire("ann", 2, Duration::from_secs(5)).await?;
    println!("  waited in line for {} tokens", reserved.tokens());
    // An estimate, corrected once it is known how many were needed.
    reserved.settle(1);
    assert_eq!(limiter.peek("ann").remaining, 1, "one came back");
    let refused = limiter.acquire("ann", 3, Duration::from_secs(1)).await;
    println!("  not in time: {}", refused.map(drop).unwrap_err());
    Ok(())
}
