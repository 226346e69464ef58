//! The checker that reads a service's breaker and failure rate.

use resilience_runtime::{
    BoxError, Registry, ServiceKind, Verdict, health::HealthStatus, health::ServiceHealthChecker,
};

use crate::remote::{immediate, monitor, seconds};

#[tokio::test(start_paused = true)]
async fn breaker_state_decides_the_status() {
    let service = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let breaker = service.circuit_breaker();
    let mut config = immediate();
    config.failure_threshold = 3;
    let monitor = monitor(config);
    monitor
        .add_checker("api", ServiceHealthChecker::new(&service))
        .unwrap();
    let strict = ServiceHealthChecker::new(service).open_is_unhealthy();
    monitor.add_checker("strict", strict).unwrap();
    let both = async || {
        let lenient = monitor.check_now("api").await.unwrap().status;
        (lenient, monitor.check_now("strict").await.unwrap().status)
    };
    use HealthStatus::{Degraded, Healthy, Unhealthy};
    assert_eq!(both().await, (Healthy, Healthy));
    for _ in 0..5 {
        breaker.try_acquire().unwrap().failure();
    }
    assert_eq!(
        both().await,
        (Degraded, Unhealthy),
        "at once, it does not flap"
    );
    seconds(30.0).await;
    assert_eq!(both().await, (Degraded, Degraded));
    breaker.force_open();
    assert_eq!(both().await, (Degraded, Unhealthy));
    breaker.force_closed();
    assert_eq!(both().await, (Healthy, Healthy));
}

#[tokio::test(start_paused = true)]
async fn failure_rate_degrades_the_status() {
    let service = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let monitor = monitor(immediate());
    let checker = ServiceHealthChecker::new(&service).failure_rate(0.5, 4);
    monitor.add_checker("api", checker).unwrap();
    let call = async |fails: bool| {
        let _ = service
            .call_with(
                |_: &BoxError| Verdict::permanent(),
                || async move { if fails { Err("no".into()) } else { Ok(()) } },
            )
            .await;
    };
    let status = async || monitor.check_now("api").await.unwrap().status;
    for fails in [true, true, true] {
        call(fails).await;
    }
    assert_eq!(status().await, HealthStatus::Healthy, "three say nothing");
    call(false).await;
    assert_eq!(status().await, HealthStatus::Degraded, "three of four");
    for fails in [true, false, false, false] {
        call(fails).await;
    }
    assert_eq!(status().await, HealthStatus::Healthy, "one of four since");
}

#[tokio::test(start_paused = true)]
async fn open_circuit_of_a_key_degrades_the_status() {
    let service = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let monitor = monitor(immediate());
    let strict = ServiceHealthChecker::new(&service).open_is_unhealthy();
    monitor.add_checker("api", strict).unwrap();
    let status = async || monitor.check_now("api").await.unwrap();
    drop(service.circuit_breaker_for("a"));
    assert_eq!(status().await.status, HealthStatus::Healthy);
    for key in ["b", "secret"] {
        for _ in 0..5 {
            let breaker = service.circuit_breaker_for(key);
            breaker.try_acquire().unwrap().failure();
        }
    }
    let health = status().await;
    assert_eq!(health.status, HealthStatus::Degraded);
    assert_eq!(
        health.cause.unwrap().to_string(),
        "of the circuit breakers of its 3 keys 2 are open and 0 half-open"
    );
    service.circuit_breaker_for("b").force_closed();
    seconds(30.0).await;
    let health = status().await;
    assert_eq!(
        health.cause.unwrap().to_string(),
        "of the circuit breakers of its 3 keys 0 are open and 1 half-open"
    );
    service.circuit_breaker_for("secret").reset();
    assert_eq!(status().await.status, HealthStatus::Healthy);
}
