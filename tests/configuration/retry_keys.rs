//! The settings of `retry` and `retry_budget`.

use std::time::Duration;

use resilience_runtime::{Registry, resilient, retry::Jitter};

use crate::by_key::changes;
use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

#[resilient(
    service = "api",
    circuit_breaker = off,
    deadline = off,
    retry_budget = off,
    retry(max_attempts = 4, base_delay = "1s", multiplier = 2.0, max_delay = "3s", jitter = "none")
)]
async fn ask(remote: &Remote) -> Answer {
    remote.answer()
}

/// The pauses between the attempts, in milliseconds.
async fn pauses(_: &Registry) -> Vec<u128> {
    let remote = Remote::failing();
    ask(&remote).await.unwrap_err();
    let at = remote.asked_at();
    at.windows(2)
        .map(|two| (two[1] - two[0]).as_millis())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn each_value_of_the_pauses() {
    let before = || vec![1_000, 2_000, 3_000];
    let time = Duration::from_millis;
    changes(
        |api| api.retry.max_attempts = Some(2),
        ("RETRY_API_MAX_ATTEMPTS", "2"),
        (before(), vec![1_000]),
        pauses,
    )
    .await;
    changes(
        |api| api.retry.base_delay = Some(time(2_000)),
        ("RETRY_API_BASE_DELAY", "2"),
        (before(), vec![2_000, 3_000, 3_000]),
        pauses,
    )
    .await;
    changes(
        |api| api.retry.max_delay = Some(time(1_500)),
        ("RETRY_API_MAX_DELAY", "1.5s"),
        (before(), vec![1_000, 1_500, 1_500]),
        pauses,
    )
    .await;
    changes(
        |api| api.retry.multiplier = Some(1.0),
        ("RETRY_API_MULTIPLIER", "1.0"),
        (before(), vec![1_000, 1_000, 1_000]),
        pauses,
    )
    .await;
    changes(
        |api| api.retry.max_elapsed = Some(time(4_000)),
        ("RETRY_API_MAX_ELAPSED", "4s"),
        (before(), vec![1_000, 2_000]),
        pauses,
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn jitter() {
    changes(
        |api| api.retry.jitter = Some(Jitter::Full),
        ("RETRY_API_JITTER", "full"),
        (false, true),
        async |_: &Registry| {
            let mut scattered = false;
            for _ in 0..10 {
                let pauses = pauses(&Registry::new()).await;
                scattered |= pauses != [1_000, 2_000, 3_000];
                assert!(
                    pauses
                        .iter()
                        .zip([1_000, 2_000, 3_000])
                        .all(|(a, b)| *a <= b)
                );
            }
            scattered
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn max_retry_after() {
    #[resilient(service = "api", rate_limit = off, retry(base_delay = "1s", jitter = "none"))]
    async fn throttled(remote: &Remote) -> Answer {
        remote.answer()
    }
    changes(
        |api| api.retry.max_retry_after = Some(Duration::from_secs(10)),
        ("RETRY_API_MAX_RETRY_AFTER", "10"),
        (2, 1),
        async |_: &Registry| {
            let wait = Some(Duration::from_secs(20));
            let remote = Remote::scripted([Err(ApiError::Throttled(wait))]);
            let _ = throttled(&remote).await;
            remote.asked()
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_capacity_of_the_budget() {
    #[resilient(
        service = "api",
        circuit_breaker = off,
        retry(max_attempts = 4, base_delay = "1s", jitter = "none")
    )]
    async fn charged(remote: &Remote) -> Answer {
        remote.answer()
    }
    changes(
        |api| api.retry_budget.capacity = Some(2.0),
        ("RETRY_BUDGET_API_CAPACITY", "2"),
        ((4, 4), (1, 1)),
        async |_: &Registry| {
            let (first, second) = (Remote::failing(), Remote::failing());
            charged(&first).await.unwrap_err();
            charged(&second).await.unwrap_err();
            (first.asked(), second.asked())
        },
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_refill_of_the_budget() {
    #[resilient(
        service = "api",
        circuit_breaker = off,
        retry(max_attempts = 2, base_delay = "1s", jitter = "none"),
        retry_budget(capacity = 1)
    )]
    async fn charged(remote: &Remote) -> Answer {
        remote.answer()
    }
    changes(
        |api| api.retry_budget.refill = Some(1.0),
        ("RETRY_BUDGET_API_REFILL", "1"),
        ((2, 1), (2, 2)),
        async |_: &Registry| {
            let healthy = Remote::healthy();
            let (first, second) = (Remote::failing(), Remote::failing());
            charged(&healthy).await.unwrap();
            charged(&first).await.unwrap_err();
            charged(&healthy).await.unwrap();
            charged(&second).await.unwrap_err();
            (first.asked(), second.asked())
        },
    )
    .await;
}
