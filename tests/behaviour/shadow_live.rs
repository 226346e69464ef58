//! The mode of patterns changes live, and what is under way goes on.

use std::time::Duration;

use resilience_runtime::config::{
    BulkheadSettings, CircuitBreakerSettings, PatternMode, RateLimitSettings,
};
use resilience_runtime::{CircuitState, Registry, ServiceSettings, Settings, resilient};
use tokio::time::{Instant, advance, sleep};

use crate::errors::ApiError;
use crate::poll::{poll, started};
use crate::remote::{Answer, Remote};
use crate::shadow::{api, passed, stats};

const SECOND: Duration = Duration::from_secs(1);

fn switch(registry: &Registry, mode: PatternMode) {
    let settings = ServiceSettings::new()
        .circuit_breaker(CircuitBreakerSettings::new().mode(mode))
        .rate_limit(RateLimitSettings::new().mode(mode))
        .bulkhead(BulkheadSettings::new().mode(mode));
    let change = Settings::new().service("api", settings);
    registry.configure(change).unwrap();
}

/// Each pattern would hold it back, and none does.
#[resilient(
    service = "api",
    retry = off,
    circuit_breaker(failure_threshold = 1),
    rate_limit(requests_per_hour = 1, max_wait = "2h"),
    bulkhead(max_concurrent = 1, max_wait = "2h"),
    deadline = "3h",
    timeout = "3h",
)]
async fn guarded(time: Duration, answer: Answer) -> Answer {
    sleep(time).await;
    answer
}

#[tokio::test(start_paused = true)]
async fn mode_changes_live_in_both_directions() {
    let registry = Registry::new();
    let calls = async {
        let mut held = started(guarded(SECOND, Err(ApiError::Transient)));
        let mut for_token = started(guarded(SECOND, Ok(1)));
        let bulkhead = api(&registry).bulkhead().unwrap();
        let mut for_permit = Box::pin(bulkhead.acquire_within(3_600 * SECOND));
        assert!(poll(&mut for_permit).is_pending());

        let began = Instant::now();
        switch(&registry, PatternMode::Shadow);
        assert!(for_permit.await.unwrap().is_shadow_rejected());
        assert!(poll(&mut for_token).is_pending(), "its body has begun");
        assert_eq!(passed(&registry), (0, 1, 1));
        for_token.await.unwrap();
        held.as_mut().await.unwrap_err();
        assert_eq!(began.elapsed(), SECOND);
        assert_eq!(stats(&registry).circuit.state, CircuitState::Open);
        guarded(SECOND, Ok(2)).await.unwrap();
        assert_eq!(passed(&registry), (1, 2, 1));

        switch(&registry, PatternMode::Enforce);
        let open = guarded(SECOND, Ok(3)).await.unwrap_err();
        assert!(open.is_open_circuit());
        assert_eq!(passed(&registry), (1, 2, 1));
        assert_eq!(
            (
                stats(&registry).rejections.circuit_breaker,
                bulkhead.in_flight()
            ),
            (1, 0)
        );
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn each_pattern_counts_an_attempt_once() {
    let registry = Registry::new();
    let calls = async {
        guarded(SECOND, Err(ApiError::Transient)).await.unwrap_err();
        // Breaker and limiter in shadow, and a line before the bulkhead.
        switch(&registry, PatternMode::Shadow);
        let bulkhead = BulkheadSettings::new().mode(PatternMode::Enforce);
        let settings = ServiceSettings::new().bulkhead(bulkhead);
        let change = Settings::new().service("api", settings);
        registry.configure(change).unwrap();
        let permit = api(&registry)
            .bulkhead()
            .unwrap()
            .try_acquire_owned()
            .unwrap();
        let mut waiting = started(guarded(SECOND, Ok(1)));
        assert_eq!(passed(&registry), (1, 1, 0));
        advance(SECOND).await;
        drop(permit);
        waiting.as_mut().await.unwrap();
        assert_eq!(passed(&registry), (1, 1, 0));
        assert_eq!(stats(&registry).circuit.state, CircuitState::Open);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_in_shadow_leaves_nothing_behind() {
    let registry = Registry::new();
    let calls = async {
        guarded(SECOND, Err(ApiError::Transient)).await.unwrap_err();
        switch(&registry, PatternMode::Shadow);
        let held = started(guarded(SECOND, Ok(1)));
        let dropped = started(guarded(SECOND, Ok(1)));
        assert_eq!(passed(&registry), (2, 2, 1));
        drop(dropped);
        assert_eq!(stats(&registry).in_flight, 1, "the place of the other one");
        drop(held);
        assert_eq!(stats(&registry).in_flight, 0);
        assert_eq!(stats(&registry).circuit.state, CircuitState::Open);
        assert_eq!(stats(&registry).abandoned, 2);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn retry_in_the_line_of_a_cooldown_passes_when_the_mode_becomes_shadow() {
    let registry = Registry::new();
    let calls = async {
        #[resilient(
            service = "api",
            rate_limit(max_wait = "1m"),
            retry(max_attempts = 2, base_delay = "1s", jitter = "none")
        )]
        async fn ask(remote: &Remote) -> Answer {
            remote.answer()
        }
        let other = Remote::scripted([Err(ApiError::Throttled(Some(25 * SECOND)))]);
        let mut throttled = started(ask(&other));
        let remote = Remote::healthy();
        let mut waiting = started(ask(&remote));
        switch(&registry, PatternMode::Shadow);
        waiting.as_mut().await.unwrap();
        assert_eq!(remote.asked_at(), [Duration::ZERO]);
        assert!(poll(&mut throttled).is_pending(), "it obeys the server");
        throttled.await.unwrap();
        assert_eq!(other.asked_at(), [0, 25].map(Duration::from_secs));
        assert_eq!(passed(&registry).1, 2);
    };
    registry.scope(calls).await;
}
