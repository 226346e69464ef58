//! After a clock jump of more than a year waits end, and nothing stays acquired.

use std::future::pending;
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, ResilienceError, ServiceKind, resilient};
use tokio::time::advance;

use crate::errors::ApiError;
use crate::poll::started;
use crate::remote::{Answer, Remote};

const YEAR: Duration = Duration::from_secs(400 * 86_400);

#[resilient(
    service = "api",
    timeout = "30s",
    deadline = "1m",
    retry(max_attempts = 3, base_delay = "1s", jitter = "none"),
    circuit_breaker(failure_rate = 0.5, window = "1m", minimum_calls = 4, recovery_timeout = "10s", success_threshold = 1),
    rate_limit(requests_per_hour = 20, max_wait = "30s"),
    bulkhead(max_concurrent = 1, max_wait = "20s"),
    fallback(cache(key = (), ttl = "1h"))
)]
async fn ask(remote: &Remote, hangs: bool) -> Answer {
    let answer = remote.answer();
    if hangs {
        pending().await
    }
    answer
}

#[resilient(service = "api", retry = off)]
async fn neighbour(remote: &Remote) -> Answer {
    remote.answer()
}

#[tokio::test(start_paused = true)]
async fn waits_end_as_without_the_clock_jump() {
    let registry = Registry::new();
    let calls = async {
        ask(&Remote::healthy(), false).await.unwrap();
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        let healthy = Remote::healthy();

        // A running body, and one in the line behind it.
        let running = started(ask(&healthy, true));
        let waiting = started(ask(&healthy, false));
        advance(YEAR).await;
        // The last good answer is older than it may be.
        assert!(running.await.unwrap_err().is_timeout());
        assert!(waiting.await.unwrap_err().is_deadline());
        assert_eq!(api.stats().in_flight, 0);

        // The pause of a retry.
        let refused = Remote::scripted([Err(ApiError::Throttled(None))]);
        let pausing = started(ask(&refused, false));
        advance(YEAR).await;
        assert!(pausing.await.unwrap_err().is_deadline());
        assert_eq!(refused.asked(), 1);
        assert_eq!(api.stats().retry_budget, 100.0, "the retry was not made");

        // A cooldown, and a call that waits for its end.
        let busy = Remote::scripted([Err(ApiError::Throttled(Some(Duration::from_secs(25))))]);
        neighbour(&busy).await.unwrap_err();
        let waiter = started(ask(&healthy, false));
        advance(YEAR).await;
        assert!(waiter.await.unwrap_err().is_deadline());
        neighbour(&healthy).await.unwrap();

        // An open circuit. What was in the window is long gone.
        for _ in 0..4 {
            neighbour(&Remote::failing()).await.unwrap_err();
        }
        assert!(neighbour(&healthy).await.unwrap_err().is_open_circuit());
        advance(YEAR).await;
        let breaker = api.circuit_breaker();
        assert_eq!(breaker.state(), CircuitState::HalfOpen);
        neighbour(&healthy).await.unwrap();
        assert_eq!(breaker.state(), CircuitState::Closed);
        for _ in 0..3 {
            neighbour(&Remote::failing()).await.unwrap_err();
        }
        advance(YEAR).await;
        neighbour(&Remote::failing()).await.unwrap_err();
        assert_eq!(
            (breaker.state(), breaker.stats().calls),
            (CircuitState::Closed, 1)
        );

        // The limit: all of it is there, and no more.
        breaker.reset();
        advance(YEAR).await;
        for _ in 0..20 {
            neighbour(&healthy).await.unwrap();
        }
        assert!(matches!(
            neighbour(&healthy).await,
            Err(ApiError::Resilience(
                ResilienceError::RateLimitExceeded { .. }
            ))
        ));
    };
    registry.scope(calls).await;
}
