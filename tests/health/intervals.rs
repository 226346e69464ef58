//! Intervals, jitter and timeouts of checks.

use std::time::Duration;

use resilience_runtime::{health::HealthCause, health::HealthCheck, health::HealthStatus};

use crate::remote::{Behavior, Remote, immediate, monitor, seconds, status};

#[tokio::test(start_paused = true)]
async fn checks_start_at_once_and_repeat_at_the_interval() {
    let remote = Remote::healthy();
    let monitor = monitor(immediate());
    monitor.add_checker("a", remote.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(35.0).await;
    assert_eq!(
        remote.check_times(),
        [0, 10, 20, 30].map(Duration::from_secs)
    );
}

#[tokio::test(start_paused = true)]
async fn slow_check_does_not_delay_the_next() {
    let monitor = monitor(immediate());
    let remote = Remote::new(Behavior::Hanging);
    monitor.add_checker("a", remote.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(25.0).await;
    assert_eq!(remote.check_times(), [0, 10, 20].map(Duration::from_secs));
}

#[tokio::test(start_paused = true)]
async fn intervals_vary_within_the_jitter() {
    let remote = Remote::healthy();
    let monitor = monitor(immediate().jitter(0.5));
    monitor.add_checker("a", remote.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(2_000.0).await;
    let asked = remote.check_times();
    let pauses: Vec<Duration> = asked.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.len() > 100);
    // A timer may be late by a millisecond.
    let bounds = Duration::from_secs(5)..=Duration::from_millis(15_001);
    assert!(
        pauses.iter().all(|pause| bounds.contains(pause)),
        "{pauses:?}"
    );
    assert!(pauses.iter().any(|pause| *pause < Duration::from_secs(7)));
    assert!(pauses.iter().any(|pause| *pause > Duration::from_secs(13)));
}

#[tokio::test(start_paused = true)]
async fn check_ends_at_its_timeout() {
    let monitor = monitor(immediate());
    let remote = Remote::new(Behavior::Hanging);
    monitor.add_checker("a", remote).unwrap();
    let health = monitor.check_now("a").await.unwrap();
    assert_eq!(health.status, HealthStatus::Unhealthy);
    let last = health.last_check().unwrap();
    assert_eq!(last.took, Duration::from_secs(2));
    assert_eq!(
        last.cause,
        Some(HealthCause::TimedOut(Duration::from_secs(2)))
    );
}

#[tokio::test(start_paused = true)]
async fn checker_overrides_interval_and_timeout() {
    let monitor = monitor(immediate());
    let often = Remote::healthy();
    let slow = Remote::new(Behavior::Hanging);
    let check = HealthCheck::new(often.clone()).interval(Duration::from_secs(1));
    monitor.add_checker("often", check).unwrap();
    let check = HealthCheck::new(slow).timeout(Duration::from_secs(7));
    monitor.add_checker("slow", check).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(6.5).await;
    assert_eq!(often.checks(), 7);
    assert_eq!(status(&monitor, "slow"), HealthStatus::Unknown);
    seconds(1.0).await;
    assert_eq!(status(&monitor, "slow"), HealthStatus::Unhealthy);
}

#[tokio::test(start_paused = true)]
async fn checks_of_one_service_never_overlap() {
    let monitor = monitor(immediate());
    let remote = Remote::new(Behavior::Hanging);
    monitor.add_checker("a", remote.clone()).unwrap();
    tokio::join!(monitor.check_now("a"), monitor.check_now("a"));
    assert_eq!(remote.check_times(), [0, 2].map(Duration::from_secs));
}

#[tokio::test(start_paused = true)]
async fn history_is_bounded() {
    let monitor = monitor(immediate());
    let remote = Remote::healthy();
    monitor.add_checker("a", remote.clone()).unwrap();
    for _ in 0..20 {
        monitor.check_now("a").await;
    }
    remote.set(Behavior::Degraded);
    seconds(1.0).await;
    let health = monitor.check_now("a").await.unwrap();
    assert_eq!(health.history.len(), 5);
    let ago: Vec<Duration> = health.history.iter().map(|record| record.ago).collect();
    assert_eq!(ago, [1, 1, 1, 1, 0].map(Duration::from_secs));
    assert_eq!(health.last_check().unwrap().status, HealthStatus::Degraded);
}
