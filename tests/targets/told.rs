//! What people see of targets: names in events and logs, statistics, `check()` and health.

use std::time::Duration;

use resilience_runtime::health::{
    HealthMonitorConfig, HealthStatus, ServiceHealthChecker, ServiceHealthMonitor,
};
use resilience_runtime::telemetry::EventKind;
use resilience_runtime::{Registry, TargetPool, resilient};

use tokio::time::timeout;

use crate::place::{Answer, Answers, Hangs, Place, Refuses, Throttles, pool, stats};

#[resilient(
    service = "chat",
    idempotent,
    timeout = "1s",
    retry(max_attempts = 3, base_delay = "10ms", jitter = "none"),
    targets = pool,
    pick = "ordered"
)]
async fn ask(#[target] to: &Place, pool: &TargetPool<Place>) -> Answer {
    to.ask().await
}

#[tokio::test(start_paused = true)]
async fn events_of_attempts_name_the_target() {
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let places = pool([Refuses, Throttles(Some(60)), Hangs]);
    registry.scope(ask(&places)).await.unwrap_err();
    let mut told = Vec::new();
    while let Ok(Ok(event)) = timeout(Duration::ZERO, events.recv()).await {
        let name = match event.kind {
            EventKind::Retry { .. } => "retry",
            EventKind::Cooldown { .. } => "cooldown",
            EventKind::GaveUp { .. } => "gave up",
            EventKind::CallEnded { .. } => "ended",
            _ => continue,
        };
        told.push((
            name,
            event.service.to_string(),
            event.target.map(|it| it.to_string()),
        ));
    }
    let expected = |name, service: &str, target: Option<&str>| {
        (name, service.to_owned(), target.map(str::to_owned))
    };
    assert_eq!(
        told,
        [
            expected("retry", "chat", Some("chat/a")),
            expected("cooldown", "chat/b", Some("chat/b")),
            expected("retry", "chat", Some("chat/b")),
            expected("gave up", "chat", Some("chat/c")),
            expected("ended", "chat", None),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn statistics_hold_what_is_known_of_a_target() {
    let registry = Registry::new();
    let places = pool([Answers(20), Answers(0)]);
    registry.scope(async { ask(&places).await.unwrap() }).await;
    let target = stats(&registry, "chat/a").target.unwrap();
    assert_eq!(target.pool, "chat");
    assert_eq!(
        (target.latency, target.in_flight, target.weight),
        (Some(Duration::from_millis(20)), 0, 1.0)
    );
    assert_eq!(stats(&registry, "chat/b").target.unwrap().latency, None);
    assert!(stats(&registry, "chat").target.is_none());
    let mut running = Box::pin(registry.scope(ask(&places)));
    let waker = std::task::Waker::noop();
    let _ = running
        .as_mut()
        .poll(&mut std::task::Context::from_waker(waker));
    assert_eq!(stats(&registry, "chat/a").target.unwrap().in_flight, 1);
    drop(running);
    assert_eq!(stats(&registry, "chat/a").target.unwrap().in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn check_names_a_function_whose_pool_is_empty() {
    let registry = Registry::new();
    let places = TargetPool::new();
    registry.check().unwrap();
    registry.scope(ask(&places)).await.unwrap_err();
    let problem = registry.check().unwrap_err().to_string();
    assert!(
        problem.contains("told::ask") && problem.contains("the pool holds no target"),
        "{problem}"
    );
    places.set([("a", Place::new(1, Answers(0)))]).unwrap();
    registry.check().unwrap();
    places.set(Vec::<(&str, Place)>::new()).unwrap();
    assert!(registry.check().is_err());
    drop(places);
    registry.check().unwrap();
}

#[tokio::test(start_paused = true)]
async fn health_of_a_pool_is_that_of_its_targets() {
    let registry = Registry::new();
    let places = pool([Answers(0), Answers(0)]);
    registry.scope(async { ask(&places).await.unwrap() }).await;
    let monitor = ServiceHealthMonitor::new(HealthMonitorConfig::default()).unwrap();
    for name in ["chat", "chat/a"] {
        let service = registry.get(name).unwrap();
        monitor
            .add_checker(name, ServiceHealthChecker::new(&service))
            .unwrap();
    }
    let open = |name: &str| registry.get(name).unwrap().circuit_breaker().force_open();
    let health = async |name: &str| {
        let health = monitor.check_now(name).await.unwrap();
        (health.status, health.cause.map(|cause| cause.to_string()))
    };
    assert_eq!(health("chat").await, (HealthStatus::Healthy, None));
    open("chat/a");
    let cause = "of the circuit breakers of its 2 targets 1 are open and 0 half-open";
    assert_eq!(
        health("chat").await,
        (HealthStatus::Degraded, Some(cause.to_owned()))
    );
    assert_eq!(health("chat/a").await.0, HealthStatus::Degraded);
    open("chat/b");
    assert_eq!(health("chat").await.0, HealthStatus::Unhealthy);
    // One that is gone no longer counts.
    places.set([("c", Place::new(3, Answers(0)))]).unwrap();
    registry.scope(async { ask(&places).await.unwrap() }).await;
    assert_eq!(health("chat").await.0, HealthStatus::Healthy);
}
