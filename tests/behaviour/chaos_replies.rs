//! A lost reply also loses the hints of its body.

use std::time::Duration;

use resilience_runtime::chaos::Fault;
use resilience_runtime::{Registry, hint, resilient};

use crate::errors::ApiError;
use crate::remote::{Answer, Remote};

const SECOND: Duration = Duration::from_secs(1);

#[resilient(
    service = "api",
    idempotent,
    retry(max_attempts = 3, base_delay = "1s", jitter = "none")
)]
async fn asks_to_be_left_alone(remote: &Remote) -> Answer {
    if remote.asked() == 0 {
        hint::retry_after(30 * SECOND);
    }
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn hint_of_a_lost_reply_is_discarded() {
    let registry = Registry::new();
    let remote = Remote::scripted([Err(ApiError::Transient)]);
    registry
        .scope(asks_to_be_left_alone(&remote))
        .await
        .unwrap();
    assert_eq!(remote.asked_at(), [Duration::ZERO, 30 * SECOND], "heard");

    let registry = Registry::new();
    let _lost = registry.inject("api", Fault::lost_reply().times(1));
    let remote = Remote::scripted([Err(ApiError::Transient)]);
    registry
        .scope(asks_to_be_left_alone(&remote))
        .await
        .unwrap();
    assert_eq!(remote.asked_at(), [Duration::ZERO, SECOND], "lost");
}

#[resilient(
    service = "inner",
    retry(max_attempts = 2, base_delay = "1s", multiplier = 1.0, jitter = "none")
)]
async fn twice(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(
    service = "outer",
    idempotent,
    retry(max_attempts = 2, base_delay = "10s", jitter = "none")
)]
async fn round_it(remote: &Remote) -> Answer {
    twice(remote).await
}

#[tokio::test(start_paused = true)]
async fn lost_reply_hides_that_a_nested_call_gave_up() {
    let registry = Registry::new();
    let remote = Remote::failing();
    registry.scope(round_it(&remote)).await.unwrap_err();
    assert_eq!(remote.asked(), 2, "given up inside");

    let registry = Registry::new();
    let _lost = registry.inject("outer", Fault::lost_reply().times(1));
    let remote = Remote::scripted([Err(ApiError::Transient), Err(ApiError::Transient)]);
    registry.scope(round_it(&remote)).await.unwrap();
    assert_eq!(remote.asked_at(), [0, 1, 11].map(Duration::from_secs));
}
