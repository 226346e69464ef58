//! A server's Retry-After: obeyed by the call, up to limits that are checked before sleeping.

use std::time::Duration;

use resilience_runtime::{Registry, resilient};
use tokio::time::Instant;

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

const MINUTE: Duration = Duration::from_secs(60);

#[resilient(
    service = "api",
    rate_limit = off,
    deadline = "2m",
    retry(max_attempts = 3, base_delay = "2s", multiplier = 1.0, jitter = "none", max_retry_after = "90s")
)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

async fn throttled(first: Duration) -> (Answer, Vec<Duration>, Duration) {
    let remote = Remote::scripted([Err(ApiError::Throttled(Some(first)))]);
    let began = Instant::now();
    let out = Registry::new().scope(ask(&remote)).await;
    (out, remote.asked_at(), began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_retry_waits_for_the_longer_of_backoff_and_retry_after() {
    let (out, asked, _) = throttled(Duration::from_secs(7)).await;
    assert!(out.is_ok());
    assert_eq!(asked, [Duration::ZERO, Duration::from_secs(7)]);
    let (out, asked, _) = throttled(Duration::from_secs(1)).await;
    assert!(out.is_ok());
    assert_eq!(asked, [Duration::ZERO, Duration::from_secs(2)]);
}

#[tokio::test(start_paused = true)]
async fn retry_after_above_the_maximum_returns_the_body_error() {
    let (out, asked, elapsed) = throttled(Duration::from_secs(90)).await;
    assert!(out.is_ok(), "the limit itself is obeyed");
    assert_eq!(asked.len(), 2);
    assert_eq!(elapsed, Duration::from_secs(90));

    let (out, asked, elapsed) = throttled(Duration::from_secs(91)).await;
    assert!(matches!(out, Err(ApiError::Throttled(Some(_)))));
    assert_eq!(asked.len(), 1);
    assert_eq!(elapsed, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn retry_after_beyond_the_deadline_returns_the_body_error() {
    let remote = Remote::scripted([
        Err(ApiError::Throttled(Some(MINUTE))),
        Err(ApiError::Throttled(Some(MINUTE))),
    ]);
    let began = Instant::now();
    let out = Registry::new().scope(ask(&remote)).await;
    assert!(matches!(out, Err(ApiError::Throttled(Some(_)))));
    assert_eq!(remote.asked(), 2);
    assert_eq!(began.elapsed(), MINUTE, "the second one would end at 2 min");
}

#[tokio::test(start_paused = true)]
async fn retry_after_beyond_max_elapsed_ends_the_call() {
    #[resilient(
        service = "api",
        rate_limit = off,
        retry(base_delay = "1s", jitter = "none", max_elapsed = "10s")
    )]
    async fn impatient(remote: &Remote) -> Answer {
        remote.answer()
    }
    let wait = Duration::from_secs(11);
    let remote = Remote::scripted([Err(ApiError::Throttled(Some(wait)))]);
    let began = Instant::now();
    let out = Registry::new().scope(impatient(&remote)).await;
    assert!(matches!(out, Err(ApiError::Throttled(Some(_)))));
    assert_eq!(began.elapsed(), Duration::ZERO);
}
