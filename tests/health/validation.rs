//! Invalid settings are rejected with a reason.

use std::error::Error as _;
use std::time::Duration;

use resilience_runtime::{
    BoxError, ResilienceError, health::HealthCheck, health::ServiceHealthMonitor,
};

use crate::remote::{Remote, immediate, monitor};

#[test]
fn invalid_values_are_reported_by_key() {
    let config = immediate().jitter(1.0).timeout(Duration::ZERO);
    let error = ServiceHealthMonitor::new(config).unwrap_err();
    let keys: Vec<&str> = error.problems().iter().map(|it| it.key()).collect();
    assert_eq!(keys, ["health.timeout", "health.jitter"]);

    let check = HealthCheck::new(Remote::healthy())
        .interval(Duration::ZERO)
        .recovery_threshold(0);
    let error = monitor(immediate()).add_checker("a", check).unwrap_err();
    let keys: Vec<&str> = error.problems().iter().map(|it| it.key()).collect();
    assert_eq!(keys, ["health.a.interval", "health.a.recovery_threshold"]);
}

#[test]
fn add_checker_rejects_a_duplicate_name() {
    let monitor = monitor(immediate());
    monitor.add_checker("a", Remote::healthy()).unwrap();
    assert!(monitor.add_checker("a", Remote::healthy()).is_err());
}

#[test]
fn start_monitoring_requires_a_runtime() {
    let error = monitor(immediate()).start_monitoring().unwrap_err();
    assert!(error.to_string().contains("tokio"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn require_returns_the_error_of_the_check() {
    #[derive(Debug, thiserror::Error)]
    #[error("no answer")]
    struct NoAnswer;
    let monitor = monitor(immediate());
    monitor
        .add_checker("a", || async { Err::<(), _>(NoAnswer) })
        .unwrap();
    monitor
        .add_checker("b", HealthCheck::new(Remote::healthy()).depends_on(["a"]))
        .unwrap();
    monitor
        .add_checker("c", || async { Ok::<_, BoxError>(()) })
        .unwrap();
    let error = monitor.require("a").await.unwrap_err();
    assert!(error.source().unwrap().is::<NoAnswer>());
    assert_eq!(error.service().unwrap(), &"a");
    let error = monitor.require("b").await.unwrap_err();
    assert_eq!(
        error.source().unwrap().to_string(),
        "not checked, `a` is down or unknown"
    );
    assert!(monitor.require("c").await.is_ok());
    let error = monitor.require("d").await.unwrap_err();
    assert!(matches!(error, ResilienceError::InvalidConfig(_)));
}
