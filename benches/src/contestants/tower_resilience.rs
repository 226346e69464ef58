//! `tower-resilience`, with the layers in the order of the others. One task keeps one service and does not clone
//! it for every call, which is the cheapest that tower allows.

use std::time::Duration;

use tower::{Service, ServiceBuilder, ServiceExt, service_fn};
use tower_resilience::bulkhead::{BulkheadLayer, BulkheadServiceError};
use tower_resilience::circuitbreaker::{
    CircuitBreakerConfigBuilder, CircuitBreakerError, CircuitBreakerLayer, DefaultClassifier,
};
use tower_resilience::fallback::{FallbackError, FallbackLayer};
use tower_resilience::ratelimiter::{RateLimiterLayer, RateLimiterServiceError};
use tower_resilience::retry::RetryLayer;
use tower_resilience::timelimiter::{TimeLimiterError, TimeLimiterLayer};

use super::layers::PLACES;
use super::{ATTEMPTS, FAILURES, LONG, PLENTY, TIMEOUT};
use crate::body::{Answer, FALLBACK, Failure, Input, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

pub(super) fn visit(visitor: &mut impl Visitor) {
    for path in [
        Path::Success,
        Path::Pending,
        Path::ThirdAttempt,
        Path::Open,
        Path::Limited,
    ] {
        visitor.visit(case(path, Patterns::Full), || full(path, TIMEOUT));
    }
    visitor.visit(case(Path::Fallback, Patterns::Full), with_fallback);
    visitor.visit(case(Path::Success, Patterns::Untimed), untimed);
    visitor.visit(case(Path::Success, Patterns::Unlimited), unlimited);
    for path in [Path::Success, Path::Open] {
        visitor.visit(case(path, Patterns::Breaker), || {
            let layer = breaker().consecutive_failures(FAILURES as usize).build();
            let service = ServiceBuilder::new()
                .map_err(opened)
                .layer(layer.expect("valid"));
            called(service.service_fn(body_of))
        });
    }
    visitor.visit(case(Path::Success, Patterns::BreakerByRate), || {
        let layer = breaker()
            .failure_rate_threshold(0.9)
            .sliding_window_size(100)
            .build();
        let service = ServiceBuilder::new()
            .map_err(opened)
            .layer(layer.expect("valid"));
        called(service.service_fn(body_of))
    });
    for path in [Path::Success, Path::Limited] {
        visitor.visit(case(path, Patterns::Limiter), || {
            let service = ServiceBuilder::new().map_err(limited).layer(limiter(path));
            called(service.service_fn(body_of))
        });
    }
    for path in [Path::Success, Path::ThirdAttempt] {
        visitor.visit(case(path, Patterns::Retry), || {
            called(
                ServiceBuilder::new()
                    .layer(retries(path))
                    .service_fn(body_of),
            )
        });
    }
    for path in [Path::Success, Path::Pending] {
        visitor.visit(case(path, Patterns::Timeout), || {
            let service = ServiceBuilder::new()
                .map_err(timed_out)
                .layer(timeout(TIMEOUT));
            called(service.service_fn(body_of))
        });
    }
}

fn case(path: Path, patterns: Patterns) -> Case {
    Case {
        path,
        patterns,
        contestant: "tower_resilience",
    }
}

/// All four.
pub fn full(path: Path, timeout_after: Duration) -> impl Call + Send {
    called(stack(path, timeout_after))
}

fn stack(
    path: Path,
    timeout_after: Duration,
) -> impl Service<Input, Response = u64, Error = Failure, Future: Send> + Clone + Send + 'static {
    ServiceBuilder::new()
        .layer(retries(path))
        .map_err(limited)
        .layer(limiter(path))
        .map_err(opened)
        .layer(in_a_row())
        .map_err(timed_out)
        .layer(timeout(timeout_after))
        .service(service_fn(body_of))
}

/// All four and a bulkhead, in the order of this library.
pub(super) fn with_bulkhead(path: Path) -> impl Call {
    let bulkhead = BulkheadLayer::builder()
        .max_concurrent_calls(PLACES as usize)
        .reject_when_full();
    let service = ServiceBuilder::new()
        .layer(retries(path))
        .map_err(opened)
        .layer(in_a_row())
        .map_err(limited)
        .layer(limiter(path))
        .map_err(full_up)
        .layer(bulkhead.build().expect("valid"))
        .map_err(timed_out)
        .layer(timeout(TIMEOUT));
    called(service.service_fn(body_of))
}

fn with_fallback() -> impl Call {
    let service = ServiceBuilder::new()
        .map_err(|error| match error {
            FallbackError::Inner(error) | FallbackError::FallbackFailed(error) => error,
        })
        .layer(FallbackLayer::<Input, u64, Failure>::value(FALLBACK));
    called(service.service(stack(Path::Fallback, TIMEOUT)))
}

/// Without the timeout.
pub fn untimed() -> impl Call + Send {
    let service = ServiceBuilder::new()
        .layer(retries(Path::Success))
        .map_err(limited)
        .layer(limiter(Path::Success))
        .map_err(opened)
        .layer(in_a_row());
    called(service.service_fn(body_of))
}

/// Without the limiter.
pub fn unlimited() -> impl Call + Send {
    let service = ServiceBuilder::new()
        .layer(retries(Path::Success))
        .map_err(opened)
        .layer(in_a_row())
        .map_err(timed_out)
        .layer(timeout(TIMEOUT));
    called(service.service_fn(body_of))
}

fn retries(path: Path) -> RetryLayer<Input, u64, Failure> {
    let retries = RetryLayer::builder()
        .max_attempts(ATTEMPTS as usize)
        .retry_on(Failure::passes);
    match path {
        Path::Success | Path::Pending | Path::Layer => {
            retries.exponential_backoff(Duration::from_millis(500))
        }
        _ => retries.fixed_backoff(Duration::ZERO),
    }
    .build()
}

fn limiter(path: Path) -> RateLimiterLayer {
    let (limit, period) = match path {
        Path::Limited => (1, LONG),
        _ => (PLENTY as usize, Duration::from_secs(1)),
    };
    let limiter = RateLimiterLayer::builder()
        .limit_for_period(limit)
        .refresh_period(period)
        .burst_size(0)
        .timeout_duration(Duration::ZERO);
    limiter.build().expect("valid")
}

fn breaker() -> CircuitBreakerConfigBuilder<DefaultClassifier> {
    CircuitBreakerLayer::builder().wait_duration_in_open(LONG)
}

fn in_a_row() -> CircuitBreakerLayer<DefaultClassifier> {
    let layer = breaker().consecutive_failures(FAILURES as usize).build();
    layer.expect("valid")
}

fn timeout(after: Duration) -> TimeLimiterLayer<tower_resilience::timelimiter::FixedTimeout> {
    TimeLimiterLayer::builder().timeout_duration(after).build()
}

async fn body_of(task: Input) -> Answer {
    body(task).await
}

fn called<S>(mut service: S) -> impl Call + Send
where
    S: Service<Input, Response = u64, Error = Failure, Future: Send> + Clone + Send + 'static,
{
    async move |task: Input| service.ready().await?.call(task).await
}

fn opened(error: CircuitBreakerError<Failure>) -> Failure {
    match error {
        CircuitBreakerError::OpenCircuit => Failure::Open,
        CircuitBreakerError::Inner(error) => error,
    }
}

fn full_up(error: BulkheadServiceError<Failure>) -> Failure {
    match error {
        BulkheadServiceError::Bulkhead(_) => Failure::Unexpected,
        BulkheadServiceError::Inner(error) => error,
    }
}

fn limited(error: RateLimiterServiceError<Failure>) -> Failure {
    match error {
        RateLimiterServiceError::RateLimited => Failure::Limited,
        RateLimiterServiceError::Inner(error) => error,
    }
}

fn timed_out(error: TimeLimiterError<Failure>) -> Failure {
    match error {
        TimeLimiterError::Timeout => Failure::TimedOut,
        TimeLimiterError::Inner(error) => error,
    }
}
