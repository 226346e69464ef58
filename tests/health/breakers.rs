//! Checks that trip and probe the breakers of services.

use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{
    CircuitBreaker, CircuitState, Registry, Service, ServiceKind, health::HealthCheck,
    health::HealthMonitorConfig,
};

use crate::remote::{Mood, Remote, jumpy, monitor, seconds};

/// Failures in a row: 5. Pause: 30 s. Successes to close: 2.
fn service() -> (Arc<Service>, Arc<CircuitBreaker>) {
    let service = Registry::new().service("api", ServiceKind::Custom).unwrap();
    let breaker = service.circuit_breaker();
    (service, breaker)
}

fn patient() -> HealthMonitorConfig {
    jumpy().failure_threshold(3).recovery_threshold(2)
}

#[tokio::test(start_paused = true)]
async fn three_failed_checks_open_the_breaker_and_two_good_ones_close_it() {
    let (service, breaker) = service();
    let remote = Remote::failing();
    let monitor = monitor(patient());
    let check = HealthCheck::new(remote.clone()).trips(&service);
    monitor.add_checker("api", check).unwrap();
    let mut seen = Vec::new();
    for mood in [
        Mood::Failing,
        Mood::Failing,
        Mood::Failing,
        Mood::Well,
        Mood::Limping,
        Mood::Failing,
    ] {
        remote.becomes(mood);
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
async fn what_a_person_said_stays() {
    let (service, breaker) = service();
    let remote = Remote::failing();
    let monitor = monitor(jumpy());
    let check = HealthCheck::new(remote.clone()).trips(&service);
    monitor.add_checker("api", check).unwrap();
    let check = async |mood| {
        remote.becomes(mood);
        monitor.check_now("api").await;
        breaker.state()
    };

    // Forced open before the checks failed.
    breaker.force_open();
    check(Mood::Failing).await;
    assert_eq!(check(Mood::Well).await, CircuitState::ForcedOpen);

    // And after.
    breaker.reset();
    assert_eq!(check(Mood::Failing).await, CircuitState::ForcedOpen);
    breaker.force_open();
    assert_eq!(check(Mood::Well).await, CircuitState::ForcedOpen);

    // Closed while the checks fail: not opened again before they have recovered.
    breaker.reset();
    assert_eq!(check(Mood::Failing).await, CircuitState::ForcedOpen);
    breaker.force_closed();
    assert_eq!(check(Mood::Failing).await, CircuitState::Closed);
    assert_eq!(check(Mood::Well).await, CircuitState::Closed);
    assert_eq!(check(Mood::Failing).await, CircuitState::ForcedOpen);

    // Closed and then opened by a person.
    breaker.reset();
    breaker.force_open();
    assert_eq!(check(Mood::Well).await, CircuitState::ForcedOpen);

    breaker.disable();
    assert_eq!(check(Mood::Failing).await, CircuitState::Disabled);
    assert_eq!(check(Mood::Well).await, CircuitState::Disabled);
}

#[tokio::test(start_paused = true)]
async fn nobody_is_left_with_a_breaker_that_nothing_closes() {
    let (service, breaker) = service();
    let monitor = monitor(jumpy());
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
async fn a_check_is_a_probe_once_the_pause_is_over() {
    let (service, breaker) = service();
    let remote = Remote::well();
    let monitor = monitor(jumpy());
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
    remote.becomes(Mood::Failing);
    monitor.check_now("api").await;
    assert_eq!(breaker.state(), CircuitState::Open, "the probe failed");

    seconds(30.0).await;
    remote.becomes(Mood::Well);
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
async fn a_probe_that_is_given_up_leaves_its_place() {
    let (service, breaker) = service();
    let mut config = breaker.config();
    config.half_open_max_calls = 1;
    config.abandoned = resilience_runtime::circuit_breaker::OnAbandoned::Failure;
    breaker.reconfigure(config).unwrap();
    let monitor = monitor(jumpy());
    let check = HealthCheck::new(Remote::new(Mood::Hanging)).probes(&service);
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
