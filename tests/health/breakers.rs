//! Checks that trip and probe the breakers of services.

use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{
    CircuitBreaker, CircuitState, Registry, Service, ServiceKind, health::HealthCheck,
    health::HealthMonitorConfig,
};

use crate::remote::{Behavior, Remote, immediate, monitor, seconds};

/// Failures in a row: 5. Pause: 30 s. Successes to close: 2.
fn service() -> (Arc<Service>, Arc<CircuitBreaker>) {
    let service = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let breaker = service.circuit_breaker();
    (service, breaker)
}

fn with_thresholds() -> HealthMonitorConfig {
    immediate().failure_threshold(3).recovery_threshold(2)
}

#[tokio::test(start_paused = true)]
async fn failed_checks_open_the_breaker_and_good_ones_close_it() {
    let (service, breaker) = service();
    let remote = Remote::failing();
    let monitor = monitor(with_thresholds());
    let check = HealthCheck::new(remote.clone()).trips(&service);
    monitor.add_checker("api", check).unwrap();
    let mut seen = Vec::new();
    for behavior in [
        Behavior::Failing,
        Behavior::Failing,
        Behavior::Failing,
        Behavior::Healthy,
        Behavior::Degraded,
        Behavior::Failing,
    ] {
        remote.set(behavior);
        monitor.check_now("api").await;
        seen.push(breaker.state());
    }
    use CircuitState::{Closed, ForcedOpen};
    assert_eq!(
        seen,
        [Closed, Closed, ForcedOpen, ForcedOpen, Closed, Closed]
    );
}

#[tokio::test(start_paused = true)]
async fn manual_override_takes_precedence() {
    let (service, breaker) = service();
    let remote = Remote::failing();
    let monitor = monitor(immediate());
    let check = HealthCheck::new(remote.clone()).trips(&service);
    monitor.add_checker("api", check).unwrap();
    let check = async |behavior| {
        remote.set(behavior);
        monitor.check_now("api").await;
        breaker.state()
    };

    // Forced open before the checks failed.
    breaker.force_open();
    check(Behavior::Failing).await;
    assert_eq!(check(Behavior::Healthy).await, CircuitState::ForcedOpen);

    // And after.
    breaker.reset();
    assert_eq!(check(Behavior::Failing).await, CircuitState::ForcedOpen);
    breaker.force_open();
    assert_eq!(check(Behavior::Healthy).await, CircuitState::ForcedOpen);

    // Closed while the checks fail: not opened again before they have recovered.
    breaker.reset();
    assert_eq!(check(Behavior::Failing).await, CircuitState::ForcedOpen);
    breaker.force_closed();
    assert_eq!(check(Behavior::Failing).await, CircuitState::Closed);
    assert_eq!(check(Behavior::Healthy).await, CircuitState::Closed);
    assert_eq!(check(Behavior::Failing).await, CircuitState::ForcedOpen);

    // Closed and then opened by a person.
    breaker.reset();
    breaker.force_open();
    assert_eq!(check(Behavior::Healthy).await, CircuitState::ForcedOpen);

    breaker.disable();
    assert_eq!(check(Behavior::Failing).await, CircuitState::Disabled);
    assert_eq!(check(Behavior::Healthy).await, CircuitState::Disabled);
}

#[tokio::test(start_paused = true)]
async fn breaker_is_released_when_monitoring_stops_or_checker_is_removed() {
    let (service, breaker) = service();
    let monitor = monitor(immediate());
    let check = || HealthCheck::new(Remote::failing()).trips(&service);
    monitor.add_checker("api", check()).unwrap();
    let monitoring = monitor.start_monitoring().unwrap();
    seconds(1.0).await;
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);
    drop(monitoring);
    assert_eq!(breaker.state(), CircuitState::Closed);

    monitor.check_now("api").await;
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);
    monitor.remove_checker("api");
    assert_eq!(breaker.state(), CircuitState::Closed);

    monitor.add_checker("api", check()).unwrap();
    monitor.check_now("api").await;
    assert_eq!(breaker.state(), CircuitState::ForcedOpen);
    drop(monitor);
    assert_eq!(breaker.state(), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn check_is_a_probe_after_the_recovery_timeout() {
    let (service, breaker) = service();
    let remote = Remote::healthy();
    let monitor = monitor(immediate());
    let check = HealthCheck::new(remote.clone()).probes(&service);
    monitor.add_checker("api", check).unwrap();
    for _ in 0..5 {
        breaker.try_acquire().unwrap().failure();
    }
    monitor.check_now("api").await;
    assert_eq!(
        breaker.state(),
        CircuitState::Open,
        "within the pause it is left alone"
    );
    assert_eq!(breaker.stats().rejected, 0);

    seconds(30.0).await;
    remote.set(Behavior::Failing);
    monitor.check_now("api").await;
    assert_eq!(breaker.state(), CircuitState::Open, "the probe failed");

    seconds(30.0).await;
    remote.set(Behavior::Healthy);
    monitor.check_now("api").await;
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    monitor.check_now("api").await;
    assert_eq!(breaker.state(), CircuitState::Closed);
    let before = breaker.stats();
    monitor.check_now("api").await;
    assert_eq!(
        breaker.stats().calls,
        before.calls,
        "closed it is left alone"
    );
}

#[tokio::test(start_paused = true)]
async fn dropped_check_releases_its_probe_permit() {
    let (service, breaker) = service();
    let mut config = breaker.config();
    config.half_open_max_calls = 1;
    config.abandoned = resilience_runtime::circuit_breaker::OnAbandoned::Failure;
    breaker.reconfigure(config).unwrap();
    let monitor = monitor(immediate());
    let check = HealthCheck::new(Remote::new(Behavior::Hanging)).probes(&service);
    monitor.add_checker("api", check).unwrap();
    for _ in 0..5 {
        breaker.try_acquire().unwrap().failure();
    }
    seconds(30.0).await;
    let second = Duration::from_secs(1);
    let given_up = tokio::time::timeout(second, monitor.check_now("api")).await;
    assert!(given_up.is_err());
    assert_eq!(breaker.state(), CircuitState::HalfOpen);
    assert!(breaker.try_acquire().is_ok());
}
