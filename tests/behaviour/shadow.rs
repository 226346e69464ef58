//! Patterns in shadow: they decide and count, and hold no call back.

use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::telemetry::{EventKind, ServiceStats};
use resilience_runtime::{CircuitState, Registry, Service, ServiceKind, Settings, resilient};
use tokio::time::{Instant, advance, sleep};

use crate::errors::ApiError;
use crate::events::heard;
use crate::poll::started;
use crate::remote::{Answer, Remote};

const SECOND: Duration = Duration::from_secs(1);

pub fn api(registry: &Registry) -> Arc<Service> {
    registry.service("api", ServiceKind::Custom).unwrap()
}

pub fn stats(registry: &Registry) -> ServiceStats {
    api(registry).stats()
}

/// What each pattern let pass: breaker, limiter, bulkhead.
pub fn passed(registry: &Registry) -> (u64, u64, u64) {
    let passed = stats(registry).shadow_rejected;
    (passed.circuit_breaker, passed.rate_limit, passed.bulkhead)
}

#[resilient(
    service = "api",
    retry(max_attempts = 3, base_delay = "1s", multiplier = 1.0, jitter = "none"),
    circuit_breaker(
        failure_threshold = 1,
        recovery_timeout = "10s",
        success_threshold = 1,
        half_open_max_calls = 1,
        mode = "shadow"
    )
)]
async fn retried(remote: &Remote) -> Answer {
    remote.answer()
}

#[resilient(service = "api", retry = off)]
async fn hang() -> Answer {
    std::future::pending().await
}

#[tokio::test(start_paused = true)]
async fn open_shadow_breaker_does_not_end_the_retries() {
    let registry = Registry::new();
    let calls = async {
        let failing = Remote::failing();
        let failed = retried(&failing).await.unwrap_err();
        assert!(matches!(failed, ApiError::Transient), "the body's error");
        assert_eq!(failing.asked_at(), [0, 1, 2].map(Duration::from_secs));
        assert_eq!(
            passed(&registry),
            (2, 0, 0),
            "each attempt that it would reject"
        );
        let circuit = stats(&registry).circuit;
        assert_eq!((circuit.state, circuit.opened), (CircuitState::Open, 1));
        assert_eq!((circuit.rejected, circuit.shadow_rejected), (0, 2));

        // Nor does it learn from the calls that it lets pass.
        retried(&Remote::healthy()).await.unwrap();
        assert_eq!(stats(&registry).circuit.state, CircuitState::Open);
        assert_eq!(registry.stats().open_breakers, 0, "no call is rejected");
        assert_eq!(registry.stats().total_rejections, 0);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn shadow_breaker_probes_after_the_recovery_timeout() {
    let registry = Registry::new();
    let calls = async {
        retried(&Remote::scripted([Err(ApiError::Transient)]))
            .await
            .unwrap();
        assert_eq!(passed(&registry), (1, 0, 0));
        advance(10 * SECOND).await;
        let probe = started(hang());
        let beside = Remote::scripted([Err(ApiError::Transient)]);
        retried(&beside).await.unwrap();
        assert_eq!(beside.asked(), 2);
        assert_eq!(stats(&registry).circuit.state, CircuitState::HalfOpen);
        assert_eq!(passed(&registry), (3, 0, 0));
        drop(probe);
        retried(&Remote::healthy()).await.unwrap();
        assert_eq!(stats(&registry).circuit.state, CircuitState::Closed);
        assert_eq!(passed(&registry), (3, 0, 0));
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    rate_limit(requests_per_minute = 6, burst = 1, max_wait = "1m", mode = "shadow"),
    retry(max_attempts = 2, base_delay = "1s", multiplier = 1.0, jitter = "none")
)]
async fn limited(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn shadow_limiter_makes_nobody_wait() {
    let registry = Registry::new();
    let calls = async {
        let (remote, began) = (Remote::healthy(), Instant::now());
        for _ in 0..5 {
            limited(&remote).await.unwrap();
        }
        assert_eq!(
            (began.elapsed(), passed(&registry)),
            (Duration::ZERO, (0, 4, 0))
        );
        let limiter = api(&registry).rate_limiter().unwrap();
        assert_eq!(limiter.shadow_rejected(), 4);
        // Those took no token: the next one comes after 10 s, and not after 50.
        advance(10 * SECOND).await;
        limited(&remote).await.unwrap();
        assert_eq!(passed(&registry), (0, 4, 0));
        assert_eq!(stats(&registry).rejections.total(), 0);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn retry_in_shadow_waits_for_no_token() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::scripted([Err(ApiError::Transient)]);
        limited(&remote).await.unwrap();
        assert_eq!(
            remote.asked_at(),
            [0, 1].map(Duration::from_secs),
            "the backoff alone"
        );
        assert_eq!(passed(&registry), (0, 1, 0));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn cooldown_in_shadow_holds_only_the_calls_own_retries() {
    let registry = Registry::new();
    let calls = async {
        let throttled = Remote::scripted([Err(ApiError::Throttled(Some(20 * SECOND)))]);
        let mut own = started(limited(&throttled));
        assert_eq!(stats(&registry).cooldowns, 1);
        let (other, began) = (Remote::healthy(), Instant::now());
        limited(&other).await.unwrap();
        assert_eq!((began.elapsed(), other.asked()), (Duration::ZERO, 1));
        assert_eq!(passed(&registry), (0, 1, 0));
        assert_eq!(throttled.asked(), 1);
        own.as_mut().await.unwrap();
        assert_eq!(throttled.asked_at(), [0, 20].map(Duration::from_secs));
    };
    registry.scope(calls).await;
}

#[resilient(service = "api", retry = off, rate_limit(mode = "shadow"))]
async fn without_limit(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn cooldown_in_shadow_holds_nobody_without_a_limit() {
    let registry = Registry::new();
    let calls = async {
        let throttled = Remote::scripted([Err(ApiError::Throttled(Some(20 * SECOND)))]);
        without_limit(&throttled).await.unwrap_err();
        without_limit(&throttled).await.unwrap();
        assert_eq!(passed(&registry), (0, 1, 0));
        advance(20 * SECOND).await;
        without_limit(&throttled).await.unwrap();
        assert_eq!(passed(&registry), (0, 1, 0));
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry = off,
    rate_limit(tokens_per_minute = 100, cost = 60, usage = |used: &u32| *used, mode = "shadow"),
)]
async fn billed(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn usage_of_what_passes_in_shadow_is_not_charged() {
    let registry = Registry::new();
    let calls = async {
        let remote = Remote::scripted([Ok(80), Ok(5_000)]);
        billed(&remote).await.unwrap();
        billed(&remote).await.unwrap();
        assert_eq!(passed(&registry), (0, 1, 0));
        let limiter = api(&registry).rate_limiter().unwrap();
        assert_eq!(
            limiter.peek(&()).remaining,
            100,
            "calls without a key have their own"
        );
        assert_eq!(limiter.forgiven_debt(), 0);
        // 20 tokens are left, 40 more come within 24 s.
        advance(24 * SECOND).await;
        billed(&remote).await.unwrap();
        assert_eq!(passed(&registry), (0, 1, 0));
    };
    registry.scope(calls).await;
}

#[resilient(
    service = "api",
    retry = off,
    bulkhead(max_concurrent = 1, max_wait = "10s", mode = "shadow"),
)]
async fn crowded(time: Duration) -> Answer {
    sleep(time).await;
    Ok(0)
}

#[tokio::test(start_paused = true)]
async fn full_shadow_bulkhead_passes() {
    let registry = Registry::new();
    let calls = async {
        let began = Instant::now();
        let all = tokio::join!(crowded(SECOND), crowded(SECOND), crowded(2 * SECOND));
        assert!(all.0.is_ok() && all.1.is_ok() && all.2.is_ok());
        assert_eq!(began.elapsed(), 2 * SECOND);
        assert_eq!(passed(&registry), (0, 0, 2));
        let bulkhead = api(&registry).bulkhead().unwrap();
        assert_eq!((bulkhead.in_flight(), bulkhead.shadow_rejected()), (0, 2));
        crowded(SECOND).await.unwrap();
        assert_eq!(passed(&registry), (0, 0, 2));
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn inner_call_shares_the_place_that_the_outer_lacks() {
    #[resilient(service = "api", retry = off)]
    async fn outer(then: Duration) -> Answer {
        crowded(then).await
    }
    let registry = Registry::new();
    let calls = async {
        let held = started(crowded(SECOND));
        outer(SECOND).await.unwrap();
        assert_eq!(passed(&registry), (0, 0, 1), "one call, counted once");
        drop(held);
        let in_flight = stats(&registry).in_flight;
        assert_eq!(in_flight, 0);
    };
    registry.scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn what_passes_in_shadow_is_an_event() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let calls = async {
        let remote = Remote::healthy();
        limited(&remote).await.unwrap();
        limited(&remote).await.unwrap();
    };
    registry.scope(calls).await;
    let mut seen = Vec::new();
    for event in heard(&mut events) {
        match event.kind {
            EventKind::ShadowRejected {
                cause, retry_after, ..
            } => seen.push((cause, retry_after)),
            EventKind::Rejected { .. } | EventKind::Waiting { .. } => panic!("{event:?}"),
            _ => {}
        }
    }
    assert_eq!(seen, [("rate_limit", Some(10 * SECOND))]);
}

resilience_runtime::service! {
    static SEARCH: Custom = "search" {
        rate_limit(requests_per_minute = 1, mode = "shadow"),
        retry = off,
    }
}

#[resilient(service = SEARCH)]
async fn search() -> Answer {
    Ok(0)
}

#[tokio::test(start_paused = true)]
async fn mode_of_a_declaration_gives_way_to_a_variable() {
    let registry = Registry::new();
    let calls = async {
        search().await.unwrap();
        search().await.unwrap();
        let enforce = Settings::from_vars([("RATE_LIMIT_SEARCH_MODE", "enforce")]).unwrap();
        registry.configure(enforce).unwrap();
        let error = search().await.unwrap_err();
        assert_eq!(error.local().retry_after(), Some(60 * SECOND));
        let stats = registry.get("search").unwrap().stats();
        assert_eq!(
            (
                stats.shadow_rejected.rate_limit,
                stats.rejections.rate_limit
            ),
            (1, 1)
        );
    };
    registry.scope(calls).await;
}
