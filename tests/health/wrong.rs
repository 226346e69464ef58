//! What cannot run is refused, and says why.

use std::error::Error as _;
use std::time::Duration;

use resilience_runtime::{
    BoxError, ResilienceError, health::HealthCheck, health::ServiceHealthMonitor,
};

use crate::remote::{Remote, jumpy, monitor};

#[test]
fn values_out_of_range_are_named() {
    let config = jumpy().jitter(1.0).timeout(Duration::ZERO);
    let error = ServiceHealthMonitor::new(config).unwrap_err();
    let keys: Vec<&str> = error.problems().iter().map(|it| it.key()).collect();
    assert_eq!(keys, ["health.timeout", "health.jitter"]);

    let check = HealthCheck::new(Remote::well())
        .interval(Duration::ZERO)
        .recovery_threshold(0);
    let error = monitor(jumpy()).add_checker("a", check).unwrap_err();
    let keys: Vec<&str> = error.problems().iter().map(|it| it.key()).collect();
    assert_eq!(keys, ["health.a.interval", "health.a.recovery_threshold"]);
}

#[test]
fn a_name_is_taken_once() {
    let monitor = monitor(jumpy());
    monitor.add_checker("a", Remote::well()).unwrap();
    assert!(monitor.add_checker("a", Remote::well()).is_err());
}

#[test]
fn without_a_runtime_nothing_starts() {
    let error = monitor(jumpy()).start_monitoring().unwrap_err();
    assert!(error.to_string().contains("tokio"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn who_requires_a_service_gets_the_check_s_own_error() {
    #[derive(Debug, thiserror::Error)]
    #[error("no answer")]
    struct NoAnswer;
    let monitor = monitor(jumpy());
    monitor
        .add_checker("a", || async { Err::<(), _>(NoAnswer) })
        .unwrap();
    monitor
        .add_checker("b", HealthCheck::new(Remote::well()).depends_on(["a"]))
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
        "not checked, `a` is not there"
    );
    assert!(monitor.require("c").await.is_ok());
    let error = monitor.require("d").await.unwrap_err();
    assert!(matches!(error, ResilienceError::InvalidConfig(_)));
}
