//! Limits by key: independent of each other, and in bounded memory.

use std::time::Duration;

use resilience_runtime::{RateLimitConfig, RateLimiter, Registry, resilient};
use tokio::time::advance;

use crate::errors::ApiError;

#[resilient(service = "api", rate_limit(requests_per_minute = 1, key = (tenant, user)))]
async fn keyed(tenant: &str, user: u32) -> Result<u32, ApiError> {
    let _ = tenant;
    Ok(user)
}

#[resilient(service = "api")]
async fn shared() -> Result<u32, ApiError> {
    Ok(0)
}

#[tokio::test(start_paused = true)]
async fn each_key_has_its_own_limit_and_keyless_callers_share_one() {
    let calls = async {
        keyed("a", 1).await.unwrap();
        keyed("a", 2).await.unwrap();
        keyed("b", 1).await.unwrap();
        assert!(keyed("a", 1).await.is_err());
        shared().await.unwrap();
        assert!(shared().await.is_err());
        advance(Duration::from_secs(60)).await;
        keyed("a", 1).await.unwrap();
        shared().await.unwrap();
    };
    Registry::new().scope(calls).await;
}

#[resilient(
    service = "bounded",
    rate_limit(requests_per_minute = 60, burst = 2, key = user, max_keys = 3)
)]
async fn bounded(user: u32) -> Result<u32, ApiError> {
    Ok(user)
}

#[tokio::test(start_paused = true)]
async fn new_keys_share_one_bucket_when_all_are_busy() {
    let calls = async {
        for user in 0..3 {
            bounded(user).await.unwrap();
            bounded(user).await.unwrap();
        }
        // No room for a fourth: one bucket of two for all that come.
        let admitted = async |users: std::ops::Range<u32>| {
            let mut admitted = 0;
            for user in users {
                admitted += u32::from(bounded(user).await.is_ok());
            }
            admitted
        };
        assert_eq!(admitted(100..200).await, 2);
        // The busy ones kept their counters.
        assert_eq!(admitted(0..3).await, 0);
        // At rest they make room.
        advance(Duration::from_secs(60)).await;
        for user in 500..503 {
            bounded(user).await.unwrap();
            bounded(user).await.unwrap();
            assert!(bounded(user).await.is_err());
        }
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn limit_holds_with_a_million_keys() {
    let config = RateLimitConfig::per_hour(1).max_keys(100);
    let limiter = RateLimiter::new("api", config).unwrap();
    let admitted = (0..100_000_u32).filter(|user| limiter.check(user).allowed);
    let admitted = admitted.count();
    assert!((100..=110).contains(&admitted), "{admitted}");
}
