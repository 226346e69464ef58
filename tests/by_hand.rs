//! The whole call without macros: `Service::call`, under paused time.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use resilience_runtime::{
    BoxError, CircuitState, Classify, Fallback, Registry, ResilienceError, ServiceKind,
    ServiceSettings, Settings, Verdict, config::CircuitBreakerSettings, config::RetrySettings,
};
use tokio::time::Instant;

#[derive(Debug, thiserror::Error)]
enum ApiError {
    #[error("transient")]
    Transient,
    #[error("unknown outcome")]
    Unknown,
    #[error("throttled")]
    Throttled(Option<Duration>),
    #[error("permanent")]
    Permanent,
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

impl Classify for ApiError {
    fn classify(&self) -> Verdict {
        match self {
            Self::Transient => Verdict::transient(),
            Self::Unknown => Verdict::outcome_unknown(),
            Self::Throttled(wait) => Verdict::throttled(*wait),
            Self::Permanent => Verdict::permanent(),
            Self::Resilience(error) => error.classify(),
        }
    }
}

fn settings(settings: ServiceSettings) -> Settings {
    Settings::new().service("api", settings)
}

#[tokio::test(start_paused = true)]
async fn a_transient_error_is_retried_until_it_succeeds() {
    let registry = Registry::new();
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    let attempts = AtomicU32::new(0);
    let out: Result<u32, ApiError> = api
        .call(|| async {
            match attempts.fetch_add(1, Ordering::Relaxed) {
                0 | 1 => Err(ApiError::Transient),
                n => Ok(n),
            }
        })
        .await;
    assert_eq!(out.unwrap(), 2);
    let stats = api.stats();
    assert_eq!((stats.calls, stats.attempts, stats.retries), (1, 3, 2));
    assert_eq!((stats.successes, stats.failures.transient), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_outcome_is_not_repeated_unless_idempotent() {
    for (kind, expected) in [(ServiceKind::Database, 1), (ServiceKind::Secret, 4)] {
        let api = Registry::new().service("api", kind).unwrap();
        let attempts = AtomicU32::new(0);
        let out: Result<(), ApiError> = api
            .call(|| async {
                attempts.fetch_add(1, Ordering::Relaxed);
                Err(ApiError::Unknown)
            })
            .await;
        assert!(matches!(out, Err(ApiError::Unknown)));
        assert_eq!(attempts.load(Ordering::Relaxed), expected, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_breaker_opens_half_opens_and_closes() {
    let registry = Registry::new();
    registry
        .configure(settings(
            ServiceSettings::default()
                .retry(RetrySettings::default().max_attempts(1))
                .circuit_breaker(
                    CircuitBreakerSettings::default()
                        .failure_threshold(2)
                        .recovery_timeout(Duration::from_secs(10))
                        .success_threshold(1),
                ),
        ))
        .unwrap();
    let api = registry.service("api", ServiceKind::Custom).unwrap();
    for _ in 0..2 {
        let _: Result<(), _> = api.call(|| async { Err(ApiError::Transient) }).await;
    }
    assert_eq!(api.circuit_breaker().state(), CircuitState::Open);
    tokio::time::sleep(Duration::from_secs(4)).await;
    let out: Result<(), _> = api.call(|| async { Ok::<_, ApiError>(()) }).await;
    match out {
        Err(ApiError::Resilience(ResilienceError::CircuitBreakerOpen {
            service,
            retry_after,
            ..
        })) => {
            assert_eq!(service, "api");
            assert_eq!(retry_after, Some(Duration::from_secs(6)));
        }
        other => panic!("{other:?}"),
    }
    tokio::time::sleep(Duration::from_secs(6)).await;
    let out: Result<(), ApiError> = api.call(|| async { Ok(()) }).await;
    assert!(out.is_ok());
    assert_eq!(api.circuit_breaker().state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_body_times_out() {
    let api = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let began = Instant::now();
    let out: Result<(), ApiError> = api.call(std::future::pending).await;
    assert!(matches!(
        out,
        Err(ApiError::Resilience(ResilienceError::Timeout { after, .. }))
            if after == Duration::from_secs(30)
    ));
    assert_eq!(began.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_beyond_the_cap_ends_the_call() {
    let api = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let began = Instant::now();
    let wait = Some(Duration::from_secs(31));
    let out: Result<(), _> = api.call(|| async { Err(ApiError::Throttled(wait)) }).await;
    assert!(matches!(out, Err(ApiError::Throttled(_))));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_by_hand_answers() {
    let api = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let fallback = Fallback::new().value(7);
    let out = api
        .fallback(&fallback)
        .call(|| async { Err::<i32, _>(ApiError::Permanent) })
        .await;
    assert_eq!(out.unwrap(), 7);
    assert_eq!(api.stats().fallbacks.value, 1);
}

#[test]
fn works_without_a_runtime_while_no_timer_is_needed() {
    fn block_on<F: Future>(future: F) -> F::Output {
        let mut future = std::pin::pin!(future);
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            if let std::task::Poll::Ready(out) = future.as_mut().poll(&mut context) {
                return out;
            }
        }
    }
    let api = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let out: Result<i32, BoxError> = block_on(api.call(|| async { Ok(1) }));
    assert_eq!(out.unwrap(), 1);
    let out: io::Result<i32> = block_on(api.call(std::future::pending));
    let message = out.unwrap_err().to_string();
    assert!(message.contains("no tokio runtime"), "{message}");
}
