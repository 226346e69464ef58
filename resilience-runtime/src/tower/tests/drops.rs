//! A call that is dropped at any await leaves nothing behind.

use std::pin::pin;
use std::task::{Context, Waker};

use tokio::time::advance;
use tower_service::Service as _;

use super::*;
use crate::config::{CircuitBreakerSettings, RateLimitSettings};
use crate::verdict::Verdict;

/// One place of everything: whatever is lost is missed at once.
fn tight() -> Arc<Service> {
    let limit = RateLimitSettings::default()
        .requests_per_second(1)
        .max_wait(Duration::from_secs(60));
    let breaker = CircuitBreakerSettings::default().failure_threshold(100);
    service(
        places(1, Duration::from_secs(60))
            .rate_limit(limit)
            .circuit_breaker(breaker)
            .timeout(Duration::from_secs(5)),
    )
}

#[tokio::test(start_paused = true)]
async fn dropped_call_releases_everything_at_each_await() {
    // So many seconds into two calls: one waits for the place of the other, an answer is late, one fails, and one never comes.
    for seconds in 0..14 {
        let service = tight();
        let backend = Backend::new([
            Step::Late(Duration::from_secs(2)),
            Step::Fail(Verdict::transient()),
            Step::Late(Duration::from_secs(2)),
            Step::Hang,
        ])
        .with_places(2);
        let mut client = ResilienceLayer::new(&service)
            .idempotent(|_: &String| true)
            .classify(|error: &backend::Failure| error.0)
            .layer(backend.clone());
        let cx = &mut Context::from_waker(Waker::noop());
        let mut calls = Vec::new();
        for _ in 0..2 {
            assert!(client.poll_ready(cx).is_ready());
            calls.push(client.call("hello".to_owned()));
        }
        for _ in 0..seconds {
            calls.retain_mut(|call| pin!(call).poll(cx).is_pending());
            advance(Duration::from_secs(1)).await;
        }
        drop(calls);
        drop(client);
        assert_eq!((backend.free(), backend.in_flight()), (2, 0), "{seconds} s");
        let bulkhead = service.bulkhead().expect("a bulkhead");
        drop(bulkhead.try_acquire().expect("a place"));
        advance(Duration::from_secs(2)).await;
        let limiter = service.rate_limiter().expect("a limiter");
        assert!(limiter.check("").allowed, "{seconds} s");
    }
}
