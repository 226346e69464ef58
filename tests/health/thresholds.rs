//! What it takes to change a status.

use resilience_runtime::{
    health::HealthCause, health::HealthCheck, health::HealthMonitorConfig, health::HealthStatus,
};

use crate::remote::{Mood, Remote, jumpy, monitor, seconds, status};

fn patient() -> HealthMonitorConfig {
    jumpy().failure_threshold(3).recovery_threshold(2)
}

#[tokio::test(start_paused = true)]
async fn nothing_is_known_before_the_first_result() {
    let monitor = monitor(patient());
    monitor.add_checker("a", Remote::well()).unwrap();
    let health = monitor.get_health("a").unwrap();
    assert_eq!(health.status, HealthStatus::Unknown);
    assert_eq!(health.cause, Some(HealthCause::NotChecked));
    assert_eq!(monitor.status(), HealthStatus::Unknown);
    assert!(monitor.get_health("b").is_none());
    assert!(monitor.check_now("b").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_first_result_counts_at_once() {
    for (mood, expected) in [
        (Mood::Well, HealthStatus::Healthy),
        (Mood::Limping, HealthStatus::Degraded),
        (Mood::Failing, HealthStatus::Unhealthy),
    ] {
        let monitor = monitor(patient());
        monitor.add_checker("a", Remote::new(mood)).unwrap();
        assert_eq!(monitor.check_now("a").await.unwrap().status, expected);
        assert_eq!(monitor.status(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn three_failures_in_a_row_and_two_successes() {
    let remote = Remote::well();
    let monitor = monitor(patient());
    monitor.add_checker("a", remote.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(1.0).await;
    let mut seen = Vec::new();
    for mood in [
        Mood::Failing,
        Mood::Failing,
        Mood::Well,
        Mood::Failing,
        Mood::Failing,
        Mood::Failing,
        Mood::Well,
        Mood::Failing,
        Mood::Well,
        Mood::Well,
    ] {
        remote.becomes(mood);
        seconds(10.0).await;
        seen.push(status(&monitor, "a"));
    }
    use HealthStatus::{Healthy as H, Unhealthy as U};
    assert_eq!(seen, [H, H, H, H, H, U, U, U, U, H]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_does_not_count_yet_is_seen_in_the_numbers() {
    let remote = Remote::well();
    let monitor = monitor(patient());
    monitor.add_checker("a", remote.clone()).unwrap();
    monitor.check_now("a").await;
    remote.becomes(Mood::Failing);
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
async fn only_what_is_critical_takes_the_whole_down() {
    let (critical, other) = (Remote::well(), Remote::failing());
    let monitor = monitor(jumpy());
    monitor.add_checker("critical", critical.clone()).unwrap();
    let check = HealthCheck::new(other.clone()).critical(false);
    monitor.add_checker("other", check).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(1.0).await;
    assert_eq!(monitor.status(), HealthStatus::Degraded);
    other.becomes(Mood::Well);
    seconds(10.0).await;
    assert_eq!(monitor.status(), HealthStatus::Healthy);
    critical.becomes(Mood::Failing);
    seconds(10.0).await;
    assert_eq!(monitor.status(), HealthStatus::Unhealthy);
    critical.becomes(Mood::Limping);
    seconds(10.0).await;
    assert_eq!(monitor.status(), HealthStatus::Degraded);
}
