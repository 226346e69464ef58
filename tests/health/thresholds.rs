//! The thresholds that change a status.

use resilience_runtime::{
    health::HealthCause, health::HealthCheck, health::HealthMonitorConfig, health::HealthStatus,
};

use crate::remote::{Behavior, Remote, immediate, monitor, seconds, status};

fn with_thresholds() -> HealthMonitorConfig {
    immediate().failure_threshold(3).recovery_threshold(2)
}

#[tokio::test(start_paused = true)]
async fn status_is_unknown_before_the_first_result() {
    let monitor = monitor(with_thresholds());
    monitor.add_checker("a", Remote::healthy()).unwrap();
    let health = monitor.get_health("a").unwrap();
    assert_eq!(health.status, HealthStatus::Unknown);
    assert_eq!(health.cause, Some(HealthCause::NotChecked));
    assert_eq!(monitor.status(), HealthStatus::Unknown);
    assert!(monitor.get_health("b").is_none());
    assert!(monitor.check_now("b").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn first_result_counts_at_once() {
    for (behavior, expected) in [
        (Behavior::Healthy, HealthStatus::Healthy),
        (Behavior::Degraded, HealthStatus::Degraded),
        (Behavior::Failing, HealthStatus::Unhealthy),
    ] {
        let monitor = monitor(with_thresholds());
        monitor.add_checker("a", Remote::new(behavior)).unwrap();
        assert_eq!(monitor.check_now("a").await.unwrap().status, expected);
        assert_eq!(monitor.status(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn status_changes_after_consecutive_results() {
    let remote = Remote::healthy();
    let monitor = monitor(with_thresholds());
    monitor.add_checker("a", remote.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(1.0).await;
    let mut seen = Vec::new();
    for behavior in [
        Behavior::Failing,
        Behavior::Failing,
        Behavior::Healthy,
        Behavior::Failing,
        Behavior::Failing,
        Behavior::Failing,
        Behavior::Healthy,
        Behavior::Failing,
        Behavior::Healthy,
        Behavior::Healthy,
    ] {
        remote.set(behavior);
        seconds(10.0).await;
        seen.push(status(&monitor, "a"));
    }
    use HealthStatus::{Healthy as H, Unhealthy as U};
    assert_eq!(seen, [H, H, H, H, H, U, U, U, U, H]);
}

#[tokio::test(start_paused = true)]
async fn failure_below_threshold_shows_in_the_counts() {
    let remote = Remote::healthy();
    let monitor = monitor(with_thresholds());
    monitor.add_checker("a", remote.clone()).unwrap();
    monitor.check_now("a").await;
    remote.set(Behavior::Failing);
    let health = monitor.check_now("a").await.unwrap();
    assert_eq!(health.status, HealthStatus::Healthy);
    assert_eq!(health.cause, None);
    assert_eq!(
        (health.consecutive_failures, health.consecutive_successes),
        (1, 0)
    );
    assert_eq!(health.last_check().unwrap().status, HealthStatus::Unhealthy);
    // Who requires it wants to know of now.
    assert!(monitor.require("a").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn only_critical_checkers_make_the_whole_unhealthy() {
    let (critical, other) = (Remote::healthy(), Remote::failing());
    let monitor = monitor(immediate());
    monitor.add_checker("critical", critical.clone()).unwrap();
    let check = HealthCheck::new(other.clone()).critical(false);
    monitor.add_checker("other", check).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(1.0).await;
    assert_eq!(monitor.status(), HealthStatus::Degraded);
    other.set(Behavior::Healthy);
    seconds(10.0).await;
    assert_eq!(monitor.status(), HealthStatus::Healthy);
    critical.set(Behavior::Failing);
    seconds(10.0).await;
    assert_eq!(monitor.status(), HealthStatus::Unhealthy);
    critical.set(Behavior::Degraded);
    seconds(10.0).await;
    assert_eq!(monitor.status(), HealthStatus::Degraded);
}
