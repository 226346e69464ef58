//! Checkers that depend on others.

use std::time::Duration;

use resilience_runtime::health::{HealthCause, HealthCheck, HealthStatus};

use crate::remote::{Behavior, Remote, immediate, monitor, seconds, status};

#[tokio::test(start_paused = true)]
async fn dependent_is_skipped_and_unknown_while_dependency_is_down() {
    let (database, api, page) = (Remote::failing(), Remote::healthy(), Remote::healthy());
    let monitor = monitor(immediate());
    // In the wrong order: what they depend on is added later.
    let check = HealthCheck::new(page.clone()).depends_on(["api"]);
    monitor.add_checker("page", check).unwrap();
    let check = HealthCheck::new(api.clone()).depends_on(["database"]);
    monitor.add_checker("api", check).unwrap();
    monitor.add_checker("database", database.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(15.0).await;
    assert_eq!((api.checks(), page.checks()), (0, 0));
    let health = monitor.get_health("api").unwrap();
    assert_eq!(health.status, HealthStatus::Unknown);
    assert_eq!(
        health.cause,
        Some(HealthCause::Dependency("database".into()))
    );
    let health = monitor.get_health("page").unwrap();
    assert_eq!(health.cause, Some(HealthCause::Dependency("api".into())));

    database.set(Behavior::Degraded);
    seconds(30.0).await;
    assert_eq!(status(&monitor, "api"), HealthStatus::Healthy);
    assert_eq!(status(&monitor, "page"), HealthStatus::Healthy);
    assert!(api.checks() > 0 && page.checks() > 0);
}

#[tokio::test(start_paused = true)]
async fn dependent_waits_for_the_first_result_of_its_dependency() {
    let (slow, api) = (Remote::new(Behavior::Hanging), Remote::healthy());
    let monitor = monitor(immediate());
    let check = HealthCheck::new(api.clone()).depends_on(["slow"]);
    monitor.add_checker("api", check).unwrap();
    monitor.add_checker("slow", slow.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(3.0).await;
    assert_eq!(slow.check_times(), [Duration::ZERO], "once for both");
    assert_eq!(api.checks(), 0);
}

#[tokio::test(start_paused = true)]
async fn check_now_checks_unchecked_dependencies_first() {
    let (database, api) = (Remote::healthy(), Remote::healthy());
    let monitor = monitor(immediate());
    monitor.add_checker("database", database.clone()).unwrap();
    let check = HealthCheck::new(api.clone()).depends_on(["database"]);
    monitor.add_checker("api", check).unwrap();
    for _ in 0..2 {
        let health = monitor.check_now("api").await.unwrap();
        assert_eq!(health.status, HealthStatus::Healthy);
    }
    assert_eq!((database.checks(), api.checks()), (1, 2));
    assert!(monitor.remove_checker("database"));
    assert!(!monitor.remove_checker("database"));
    let health = monitor.check_now("api").await.unwrap();
    assert_eq!(
        health.cause,
        Some(HealthCause::Dependency("database".into()))
    );
}

#[tokio::test(start_paused = true)]
async fn add_checker_rejects_a_cycle() {
    let monitor = monitor(immediate());
    for (name, on) in [("a", "b"), ("b", "c")] {
        let check = HealthCheck::new(Remote::healthy()).depends_on([on]);
        monitor.add_checker(name, check).unwrap();
    }
    let check = HealthCheck::new(Remote::healthy()).depends_on(["x", "a"]);
    let error = monitor.add_checker("c", check).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`health.c.depends_on` is `c → a → b → c` (given in code): must not form a cycle"
    );
    let check = HealthCheck::new(Remote::healthy()).depends_on(["itself"]);
    assert!(monitor.add_checker("itself", check).is_err());
}

#[tokio::test(start_paused = true)]
async fn start_monitoring_rejects_an_unknown_dependency() {
    let monitor = monitor(immediate());
    let check = || HealthCheck::new(Remote::healthy()).depends_on(["databse"]);
    monitor.add_checker("api", check()).unwrap();
    let error = monitor.start_monitoring().unwrap_err();
    assert_eq!(error.problems()[0].value(), Some("databse"));
    assert!(monitor.remove_checker("api"));
    let _monitoring = monitor.start_monitoring().unwrap();
    assert!(monitor.add_checker("api", check()).is_err(), "it runs");
}
