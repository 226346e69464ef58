//! The settings of `rate_limit` and `bulkhead`, `timeout` and `deadline`.

use std::time::Duration;

use resilience_runtime::{Registry, config::PatternMode, rate_limit::RateLimitStrategy, resilient};
use tokio::time::{Instant, advance, sleep};

use crate::by_key::changes;
use crate::errors::ApiError;
use crate::poll::poll;
use crate::remote::{Answer, Remote};

const HOUR: Duration = Duration::from_secs(3_600);

#[resilient(service = "api", retry = off, rate_limit(requests_per_minute = 4))]
async fn limited() -> Answer {
    Ok(0)
}

/// How many pass at once after a long rest, and when the next one could, in milliseconds.
async fn at_once(_: &Registry) -> (u32, u128) {
    advance(5 * HOUR).await;
    let mut passed = 0;
    loop {
        match limited().await {
            Ok(_) => passed += 1,
            Err(error) => {
                return (passed, error.local().retry_after().unwrap().as_millis());
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_rate() {
    let before = (4, 15_000);
    changes(
        |api| api.rate_limit.requests_per_second = Some(2),
        ("RATE_LIMIT_API_REQUESTS_PER_SECOND", "2"),
        (before, (2, 500)),
        at_once,
    )
    .await;
    changes(
        |api| api.rate_limit.requests_per_minute = Some(5),
        ("RATE_LIMIT_API_REQUESTS_PER_MINUTE", "5"),
        (before, (5, 12_000)),
        at_once,
    )
    .await;
    changes(
        |api| api.rate_limit.requests_per_hour = Some(3),
        ("RATE_LIMIT_API_REQUESTS_PER_HOUR", "3"),
        (before, (3, 1_200_000)),
        at_once,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn burst_and_strategy() {
    changes(
        |api| api.rate_limit.burst = Some(2),
        ("RATE_LIMIT_API_BURST", "2"),
        ((4, 15_000), (2, 15_000)),
        at_once,
    )
    .await;
    changes(
        |api| api.rate_limit.strategy = Some(RateLimitStrategy::FixedWindow),
        ("RATE_LIMIT_API_STRATEGY", "fixed_window"),
        ((4, 15_000), (4, 60_000)),
        at_once,
    )
    .await;
    changes(
        |api| api.rate_limit.strategy = Some(RateLimitStrategy::SlidingWindow),
        ("RATE_LIMIT_API_STRATEGY", "sliding_window"),
        ((4, 15_000), (4, 60_000)),
        at_once,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_limit_where_there_was_none() {
    #[resilient(service = "api", retry = off)]
    async fn unlimited() -> Answer {
        Ok(0)
    }
    changes(
        |api| api.rate_limit.requests_per_minute = Some(7),
        ("RATE_LIMIT_API_REQUESTS_PER_MINUTE", "7"),
        (100, 7),
        async |_: &Registry| {
            let mut passed = 0;
            for _ in 0..100 {
                passed += u32::from(unlimited().await.is_ok());
            }
            passed
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_token() {
    changes(
        |api| api.rate_limit.max_wait = Some(Duration::from_secs(20)),
        ("RATE_LIMIT_API_MAX_WAIT", "20s"),
        ((4, 0), (5, 15)),
        async |_: &Registry| {
            advance(5 * HOUR).await;
            let began = Instant::now();
            let mut passed = 0;
            for _ in 0..5 {
                passed += u32::from(limited().await.is_ok());
            }
            (passed, began.elapsed().as_secs())
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_number_of_keys() {
    #[resilient(service = "api", retry = off, rate_limit(requests_per_hour = 1, key = user))]
    async fn keyed(user: u32) -> Answer {
        Ok(user)
    }
    let seen = std::cell::Cell::new(0);
    changes(
        |api| api.rate_limit.max_keys = Some(2),
        ("RATE_LIMIT_API_MAX_KEYS", "2"),
        (true, false),
        async |_: &Registry| {
            advance(5 * HOUR).await;
            let mut passed = 0;
            // Other keys each time: a key keeps its state until another one needs the slot.
            let first = seen.replace(seen.get() + 10);
            for user in first..first + 10 {
                passed += u32::from(keyed(user).await.is_ok());
            }
            passed == 10
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn max_cooldown_limits_the_cooldown() {
    #[resilient(service = "api", retry = off)]
    async fn throttled() -> Answer {
        Err(ApiError::Throttled(Some(HOUR)))
    }
    changes(
        |api| api.rate_limit.max_cooldown = Some(Duration::from_secs(10)),
        ("RATE_LIMIT_API_MAX_COOLDOWN", "10"),
        (60, 10),
        async |_: &Registry| {
            advance(5 * HOUR).await;
            throttled().await.unwrap_err();
            let error = throttled().await.unwrap_err();
            error.local().retry_after().unwrap().as_secs()
        },
    )
    .await;
}

#[resilient(
    service = "api",
    retry = off,
    timeout = off,
    deadline = off,
    bulkhead(max_concurrent = 3)
)]
async fn crowded() -> Answer {
    sleep(HOUR).await;
    Ok(0)
}

#[tokio::test(start_paused = true)]
async fn the_places_of_the_bulkhead() {
    changes(
        |api| api.bulkhead.max_concurrent = Some(1),
        ("BULKHEAD_API_MAX_CONCURRENT", "1"),
        (3, 1),
        async |_: &Registry| {
            let mut calls: Vec<_> = (0..10).map(|_| Box::pin(crowded())).collect();
            calls
                .iter_mut()
                .filter_map(|call| poll(call).is_pending().then_some(()))
                .count()
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_wait_for_a_place() {
    changes(
        |api| api.bulkhead.max_wait = Some(Duration::from_secs(5)),
        ("BULKHEAD_API_MAX_WAIT", "5"),
        (0, 5),
        async |_: &Registry| {
            let mut calls: Vec<_> = (0..3).map(|_| Box::pin(crowded())).collect();
            assert!(calls.iter_mut().all(|call| poll(call).is_pending()));
            let began = Instant::now();
            crowded().await.unwrap_err();
            began.elapsed().as_secs()
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn timeout_and_deadline() {
    #[resilient(
        service = "api",
        idempotent,
        retry(max_attempts = 9, base_delay = "1s", multiplier = 1.0, jitter = "none")
    )]
    async fn hang(remote: &Remote) -> Answer {
        remote.answer()?;
        std::future::pending().await
    }
    let look = async |_: &Registry| {
        let remote = Remote::healthy();
        let began = Instant::now();
        hang(&remote).await.unwrap_err();
        (remote.asked(), began.elapsed().as_secs())
    };
    // 30 s, a pause of 1 s, and the rest of the minute.
    let before = (2, 60);
    changes(
        |api| api.timeout = Some(Duration::from_secs(20)),
        ("TIMEOUT_API", "20"),
        (before, (3, 60)),
        look,
    )
    .await;
    changes(
        |api| api.deadline = Some(Duration::from_secs(10)),
        ("DEADLINE_API", "10s"),
        (before, (1, 10)),
        look,
    )
    .await;
}

/// How many of three pass in shadow alone.
async fn passed_of(registry: &Registry, calls: impl Future) -> u64 {
    let passed = || {
        registry
            .get("api")
            .map_or(0, |api| api.stats().shadow_rejected.total())
    };
    let before = passed();
    calls.await;
    passed() - before
}

#[tokio::test(start_paused = true)]
async fn mode_of_the_rate_limit() {
    #[resilient(service = "api", retry = off, rate_limit(requests_per_minute = 1))]
    async fn limited() -> Answer {
        Ok(0)
    }
    changes(
        |api| api.rate_limit.mode = Some(PatternMode::Shadow),
        ("RATE_LIMIT_API_MODE", "shadow"),
        (0, 2),
        async |registry: &Registry| {
            advance(HOUR).await;
            let calls = async {
                for _ in 0..3 {
                    let _ = limited().await;
                }
            };
            passed_of(registry, calls).await
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn mode_of_the_bulkhead() {
    #[resilient(service = "api", retry = off, bulkhead(max_concurrent = 1))]
    async fn alone() -> Answer {
        sleep(Duration::from_secs(1)).await;
        Ok(0)
    }
    changes(
        |api| api.bulkhead.mode = Some(PatternMode::Shadow),
        ("BULKHEAD_API_MODE", "shadow"),
        (0, 2),
        async |registry: &Registry| {
            passed_of(registry, async { tokio::join!(alone(), alone(), alone()) }).await
        },
    )
    .await;
}
