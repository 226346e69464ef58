//! Those who guard a `tower::Service` that is there already: this library's layer, and the layers of `tower-resilience`.

use std::time::Duration;

use resilience_runtime::config::{
    BulkheadSettings, CircuitBreakerSettings, RateLimitSettings, RetrySettings,
};
use resilience_runtime::retry::Jitter;
use resilience_runtime::tower::ResilienceLayer;
use resilience_runtime::{
    BoxError, Classify, Registry, ResilienceError, ServiceKind, ServiceSettings, Settings,
};
use tower::{Service, ServiceBuilder, ServiceExt, service_fn};

use super::{ATTEMPTS, LONG, PLENTY, TIMEOUT, tower_resilience};
use crate::body::{Answer, Failure, Input, body};
use crate::case::{Call, Case, Path, Patterns, Visitor};

/// Places that are never all taken.
pub(super) const PLACES: u32 = 100_000;

pub(super) fn visit(visitor: &mut impl Visitor) {
    let case = |path, patterns, contestant| Case {
        path,
        patterns,
        contestant,
    };
    visitor.visit(case(Path::Layer, Patterns::Bare, "bare"), || {
        called(service_fn(body_of))
    });
    for path in [Path::Layer, Path::LayerOpen] {
        let case = |contestant| case(path, Patterns::FullAndBulkhead, contestant);
        visitor.visit(case("ours"), || ours(path));
        visitor.visit(case("tower_resilience"), || {
            tower_resilience::with_bulkhead(path)
        });
    }
}

fn ours(path: Path) -> impl Call {
    configure(path.name(), path);
    let service = Registry::global().service(path.name(), ServiceKind::Custom);
    let layer = ResilienceLayer::new(&service.expect("valid")).classify(Failure::classify);
    called(
        ServiceBuilder::new()
            .map_err(failure)
            .layer(layer)
            .service(service_fn(body_of)),
    )
}

/// All patterns, for the service of this name.
pub(super) fn configure(name: &'static str, path: Path) {
    let retry = RetrySettings::default().max_attempts(ATTEMPTS);
    let soon = Duration::from_nanos(1);
    let retry = match path {
        Path::LayerOpen => retry.base_delay(soon).max_delay(soon).jitter(Jitter::None),
        _ => retry,
    };
    let settings = ServiceSettings::default()
        .retry(retry)
        .circuit_breaker(CircuitBreakerSettings::default().recovery_timeout(LONG))
        .rate_limit(RateLimitSettings::default().requests_per_second(PLENTY))
        .bulkhead(BulkheadSettings::default().max_concurrent(PLACES))
        .timeout(TIMEOUT);
    let configured = Registry::global().configure(Settings::new().service(name, settings));
    configured.expect("valid");
}

async fn body_of(task: Input) -> Answer {
    body(task).await
}

fn failure(error: BoxError) -> Failure {
    match error.downcast::<ResilienceError>() {
        Ok(own) => (*own).into(),
        Err(error) => error.downcast_ref().copied().unwrap_or(Failure::Unexpected),
    }
}

fn called<S>(mut service: S) -> impl Call
where
    S: Service<Input, Response = u64, Error = Failure> + Clone + 'static,
{
    async move |task: Input| service.ready().await?.call(task).await
}
