//! Keys by the request.

use ::tower::service_fn;

use super::*;
use crate::config::CircuitBreakerSettings;
use crate::verdict::Verdict;

#[derive(Clone)]
struct Ask {
    tenant: u32,
    fails: bool,
}

fn ask(tenant: u32) -> Ask {
    Ask {
        tenant,
        fails: false,
    }
}

async fn answer(ask: Ask) -> Result<(), backend::Failure> {
    if ask.fails {
        return Err(backend::Failure(Verdict::outcome_unknown()));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn rate_limit_is_of_each_key() {
    let service = service(tokens_per_hour(1, Duration::ZERO));
    let layer = ResilienceLayer::new(&service).rate_limit_key(|ask: &Ask| ask.tenant);
    let client = layer.layer(service_fn(answer));
    client.clone().oneshot(ask(1)).await.expect("a token");
    client.clone().oneshot(ask(1)).await.expect_err("no token");
    client.oneshot(ask(2)).await.expect("a token of another");
}

#[tokio::test(start_paused = true)]
async fn per_key_is_beside_the_limits_of_the_service() {
    let settings = RateLimitSettings::default()
        .requests_per_hour(2)
        .per_key_requests_per_hour(1);
    let service = service(ServiceSettings::default().rate_limit(settings));
    let layer = ResilienceLayer::new(&service).per_key(|ask: &Ask| ask.tenant);
    let client = layer.layer(service_fn(answer));
    client.clone().oneshot(ask(1)).await.expect("a token");
    client
        .clone()
        .oneshot(ask(1))
        .await
        .expect_err("of its key");
    client.clone().oneshot(ask(2)).await.expect("a token");
    client.oneshot(ask(3)).await.expect_err("of the service");
}

#[tokio::test(start_paused = true)]
async fn breaker_and_bulkhead_are_of_each_key() {
    let breaker = CircuitBreakerSettings::default().failure_threshold(1);
    let settings = places(1, Duration::ZERO).circuit_breaker(breaker);
    let service = service(settings);
    let client = ResilienceLayer::new(&service)
        .classify(|error: &backend::Failure| error.0)
        .circuit_breaker_key(|ask: &Ask| ask.tenant)
        .bulkhead_key(|ask: &Ask| ask.tenant)
        .layer(service_fn(answer));
    let failing = Ask {
        tenant: 1,
        fails: true,
    };
    client.clone().oneshot(failing).await.expect_err("failed");
    let error = client.clone().oneshot(ask(1)).await.expect_err("open");
    assert!(matches!(
        own(&error),
        ResilienceError::CircuitBreakerOpen { .. }
    ));
    let place = service.bulkhead_for(&2).expect("a bulkhead");
    let held = place.try_acquire().expect("a place");
    let error = client.clone().oneshot(ask(2)).await.expect_err("full");
    assert!(matches!(own(&error), ResilienceError::BulkheadFull { .. }));
    drop(held);
    client.oneshot(ask(2)).await.expect("a place");
}
