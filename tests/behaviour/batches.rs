//! A rate limit whose tokens are taken in batches: as exact as one by one, for whoever is alone.

use std::time::Duration;

use resilience_runtime::{RateLimitConfig, Registry, ServiceSettings, Settings, resilient};
use tokio::time::advance;

use crate::errors::ApiError;

#[resilient(service = "often", rate_limit(requests_per_minute = 640, batch = 8))]
async fn often() -> Result<u32, ApiError> {
    Ok(0)
}

async fn passed(calls: u32) -> u32 {
    let mut passed = 0;
    for _ in 0..calls {
        passed += u32::from(often().await.is_ok());
    }
    passed
}

#[tokio::test(start_paused = true)]
async fn as_many_pass_as_one_by_one() {
    let calls = async {
        assert_eq!(passed(700).await, 640);
        advance(Duration::from_secs(30)).await;
        assert_eq!(passed(700).await, 320);
        advance(Duration::from_secs(60)).await;
        assert_eq!(passed(700).await, 640);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_in_stock_is_not_used_after_a_retry_after() {
    #[resilient(service = "often", retry = off)]
    async fn throttled() -> Result<u32, ApiError> {
        Err(ApiError::Throttled(Some(Duration::from_secs(20))))
    }
    let calls = async {
        assert_eq!(passed(3).await, 3);
        throttled().await.unwrap_err();
        assert_eq!(passed(10).await, 0);
        advance(Duration::from_secs(20)).await;
        assert_eq!(passed(10).await, 10);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn it_is_set_from_outside_and_changes_nothing_that_was_counted() {
    let registry = Registry::new();
    let batch = || {
        registry
            .get("often")
            .unwrap()
            .config()
            .rate_limit
            .unwrap()
            .batch
    };
    registry
        .scope(async { assert_eq!(passed(3).await, 3) })
        .await;
    assert_eq!(batch(), Some(8));
    let mut settings = ServiceSettings::default();
    settings.rate_limit.batch = Some(2);
    let settings = Settings::new().service("often", settings);
    registry.configure(settings).unwrap();
    registry
        .scope(async { assert_eq!(passed(7).await, 7) })
        .await;
    assert_eq!(batch(), Some(2));
    let variables = Settings::from_vars([("RATE_LIMIT_OFTEN_BATCH", "1")]).unwrap();
    registry.configure(variables).unwrap();
    registry
        .scope(async { assert_eq!(passed(700).await, 630) })
        .await;
    assert_eq!(batch(), Some(1));
    let nonsense = RateLimitConfig::per_second(1).batch(0).validate();
    assert_eq!(
        nonsense.unwrap_err().problems()[0].key(),
        "rate_limit.batch"
    );
}
