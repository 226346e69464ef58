//! Patterns in shadow, as calls meet them.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::time::{advance, sleep};

use crate::config::{
    BulkheadSettings, CircuitBreakerSettings, PatternMode, RateLimitSettings, RetrySettings,
    ServiceSettings, Settings,
};
use crate::error::ResilienceError;
use crate::name::ServiceKind;
use crate::registry::Registry;
use crate::verdict::{Classify, Verdict};

const SECOND: Duration = Duration::from_secs(1);

#[derive(Debug)]
enum ApiError {
    Throttled,
    Failed,
    Local(ResilienceError),
}
impl From<ResilienceError> for ApiError {
    fn from(e: ResilienceError) -> Self {
        ApiError::Local(e)
    }
}
impl Classify for ApiError {
    fn classify(&self) -> Verdict {
        match self {
            ApiError::Throttled => Verdict::throttled(None),
            ApiError::Failed => Verdict::transient(),
            ApiError::Local(_) => Verdict::permanent(),
        }
    }
}
fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

#[tokio::test(start_paused = true)]
async fn adaptive_in_shadow() {
    let registry = Registry::new();
    let bulkhead = BulkheadSettings::new()
        .adaptive_min(1)
        .adaptive_max(10)
        .adaptive_initial(4)
        .adaptive_factor(0.5)
        .mode(PatternMode::Shadow);
    registry
        .configure(Settings::new().service("api", ServiceSettings::new().bulkhead(bulkhead)))
        .expect("valid");
    let api = registry.service("api", ServiceKind::Custom).expect("valid");
    let hold = || async {
        sleep(10 * SECOND).await;
        Ok::<_, ApiError>(1)
    };
    let mut held: Vec<_> = (0..4).map(|_| Box::pin(api.call(hold))).collect();
    for call in &mut held {
        assert!(poll(call.as_mut()).is_pending());
    }
    advance(SECOND).await;
    let bulkhead = api.bulkhead().expect("valid");
    assert_eq!((bulkhead.limit(), bulkhead.in_flight()), (4, 4));
    // By hand, who passes in shadow tells nothing.
    bulkhead.try_acquire().expect("valid").congested();
    assert_eq!(bulkhead.limit(), 4);
    let mut beside = Box::pin(api.call(|| async {
        sleep(SECOND / 10).await;
        Err::<i32, _>(ApiError::Throttled)
    }));
    assert!(poll(beside.as_mut()).is_pending());
    advance(SECOND).await;
    let _ = poll(beside.as_mut());
    assert_eq!(bulkhead.limit(), 4, "the guard and the call path differ");
}

/// A breaker in shadow is open; the call waits for a token; meanwhile it enforces.
#[tokio::test(start_paused = true)]
async fn breaker_enforces_during_the_wait() {
    let registry = Registry::new();
    let mode = |mode| {
        Settings::new().service(
            "api",
            ServiceSettings::new()
                .retry(RetrySettings::new().max_attempts(1))
                .circuit_breaker(
                    CircuitBreakerSettings::new()
                        .failure_threshold(1)
                        .recovery_timeout(1_000 * SECOND)
                        .mode(mode),
                )
                .rate_limit(
                    RateLimitSettings::new()
                        .requests_per_minute(1)
                        .max_wait(100 * SECOND),
                )
                .deadline(500 * SECOND),
        )
    };
    registry
        .configure(mode(PatternMode::Shadow))
        .expect("valid");
    let api = registry.service("api", ServiceKind::Custom).expect("valid");
    assert!(matches!(
        api.call(|| async { Err::<i32, _>(ApiError::Failed) }).await,
        Err(ApiError::Failed)
    ));
    let mut waits = Box::pin(api.call(|| async { Ok::<_, ApiError>(1) }));
    assert!(poll(waits.as_mut()).is_pending());
    registry
        .configure(mode(PatternMode::Enforce))
        .expect("valid");
    let outcome = waits.await;
    assert!(
        matches!(
            outcome,
            Err(ApiError::Local(ResilienceError::CircuitBreakerOpen { .. }))
        ),
        "{outcome:?}"
    );
}
