//! The same without macros: a service as a whole, and each pattern alone. `cargo run --example by_hand`

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_runtime::{
    Bulkhead, BulkheadConfig, CircuitBreaker, CircuitBreakerConfig, CircuitState, RateLimitConfig,
    RateLimiter, Registry, ResilienceError, RetryConfig, RetryPolicy, ServiceKind, ServiceSettings,
    Settings, Verdict, config::CircuitBreakerSettings, config::RetrySettings, retry::Jitter,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    a_service().await?;
    a_circuit_breaker().await?;
    a_retry_policy().await?;
    a_rate_limiter().await?;
    a_bulkhead().await?;
    Ok(())
}

/// Everything round one call, in the right order.
async fn a_service() -> Result<(), ResilienceError> {
    let registry = Registry::new();
    registry.configure(
        Settings::new().service(
            "weather",
            ServiceSettings::default()
                .retry(RetrySettings::default().base_delay(Duration::from_millis(10)))
                .circuit_breaker(CircuitBreakerSettings::default().failure_threshold(10))
                .timeout(Duration::from_secs(1)),
        ),
    )?;
    let weather = registry.service("weather", ServiceKind::Custom)?;

    let requests = AtomicU32::new(0);
    let forecast: io::Result<&str> = weather
        .call(|| async {
            match requests.fetch_add(1, Ordering::Relaxed) {
                0 => Err(io::ErrorKind::ConnectionRefused.into()),
                _ => Ok("plums will ripen"),
            }
        })
        .await;
    println!(
        "service: {:?} after {} attempts",
        forecast,
        weather.stats().attempts
    );
    assert_eq!(forecast.ok(), Some("plums will ripen"));
    assert_eq!(weather.stats().attempts, 2);
    Ok(())
}

/// Turns callers away while a service is ill.
async fn a_circuit_breaker() -> Result<(), ResilienceError> {
    let breaker = CircuitBreaker::new(
        "printer",
        CircuitBreakerConfig::default()
            .failure_threshold(2)
            .recovery_timeout(Duration::from_secs(1))
            .success_threshold(1),
    )?;

    // A permit is held for the time of the call; dropped without a word it counts as nothing.
    for _ in 0..2 {
        let permit = breaker.try_acquire()?;
        permit.failure();
    }
    let rejection = breaker.try_acquire().map(drop).unwrap_err();
    println!("breaker: {} — {rejection}", breaker.state());
    assert_eq!(breaker.state(), CircuitState::Open);
    assert!(rejection.retry_after() <= Some(Duration::from_secs(1)));

    tokio::time::sleep(Duration::from_millis(1_010)).await;
    let printed: io::Result<u32> = breaker.call(|| async { Ok(3) }).await;
    println!(
        "breaker: {} pages, {}",
        printed.unwrap_or_default(),
        breaker.state()
    );
    assert_eq!(breaker.state(), CircuitState::Closed);
    Ok(())
}

/// Retries as the policy configures.
async fn a_retry_policy() -> Result<(), ResilienceError> {
    let policy = RetryPolicy::new(
        RetryConfig::default()
            .max_attempts(4)
            .base_delay(Duration::from_millis(5))
            .jitter(Jitter::None),
    )?;
    let pauses: Vec<Duration> = policy.delays().collect();
    println!("retry: pauses of {pauses:?}");
    assert_eq!(pauses, [5, 10, 20].map(Duration::from_millis));

    // For an error type of somebody else's, say what its errors mean.
    let attempts = AtomicU32::new(0);
    let parsed: Result<u8, std::num::ParseIntError> = policy
        .classify(|_: &std::num::ParseIntError| Verdict::transient())
        .run(|| async {
            let digits = ["", "x", "7"][attempts.fetch_add(1, Ordering::Relaxed) as usize];
            digits.parse()
        })
        .await;
    println!("retry: {parsed:?} after {attempts:?} attempts");
    assert_eq!((parsed, attempts.into_inner()), (Ok(7), 3));
    Ok(())
}

/// So many a second, for each key.
async fn a_rate_limiter() -> Result<(), ResilienceError> {
    let limiter = RateLimiter::new("search", RateLimitConfig::per_second(20).burst(2))?;
    assert!(limiter.check("ann").allowed);
    assert!(limiter.check("ann").allowed);
    let third = limiter.check("ann");
    println!("limiter: {third:?}");
    assert!(!third.allowed && third.retry_after.is_some());
    assert!(limiter.check("bob").allowed, "a limit of his own");

    // Or wait in line for a token.
    limiter.acquire("ann", 1, Duration::from_secs(1)).await?;
    Ok(())
}

/// So many at the same time.
async fn a_bulkhead() -> Result<(), ResilienceError> {
    let bulkhead = Arc::new(Bulkhead::new(
        "oven",
        BulkheadConfig::default()
            .max_concurrent(1)
            .max_wait(Duration::from_secs(1)),
    )?);
    let place = bulkhead.try_acquire()?;
    let full = bulkhead.try_acquire().map(drop).unwrap_err();
    println!("bulkhead: {full}");

    let waiting = tokio::spawn({
        let bulkhead = Arc::clone(&bulkhead);
        async move { bulkhead.acquire().await.map(drop) }
    });
    drop(place);
    assert!(waiting.await.is_ok_and(|entered| entered.is_ok()));
    Ok(())
}
