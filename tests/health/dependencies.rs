//! Checkers that depend on others.

use std::time::Duration;

use resilience_runtime::health::{HealthCause, HealthCheck, HealthStatus};

use crate::remote::{Mood, Remote, jumpy, monitor, seconds, status};

#[tokio::test(start_paused = true)]
async fn what_depends_on_something_down_is_not_asked_but_unknown() {
    let (database, api, page) = (Remote::failing(), Remote::well(), Remote::well());
    let monitor = monitor(jumpy());
    // In the wrong order: what they depend on is added later.
    let check = HealthCheck::new(page.clone()).depends_on(["api"]);
    monitor.add_checker("page", check).unwrap();
    let check = HealthCheck::new(api.clone()).depends_on(["database"]);
    monitor.add_checker("api", check).unwrap();
    monitor.add_checker("database", database.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(15.0).await;
    assert_eq!((api.asked(), page.asked()), (0, 0));
    let health = monitor.get_health("api").unwrap();
    assert_eq!(health.status, HealthStatus::Unknown);
    assert_eq!(
        health.cause,
        Some(HealthCause::Dependency("database".into()))
    );
    let health = monitor.get_health("page").unwrap();
    assert_eq!(health.cause, Some(HealthCause::Dependency("api".into())));

    database.becomes(Mood::Limping);
    seconds(30.0).await;
    assert_eq!(status(&monitor, "api"), HealthStatus::Healthy);
    assert_eq!(status(&monitor, "page"), HealthStatus::Healthy);
    assert!(api.asked() > 0 && page.asked() > 0);
}

#[tokio::test(start_paused = true)]
async fn the_first_result_of_a_dependency_is_waited_for() {
    let (slow, api) = (Remote::new(Mood::Hanging), Remote::well());
    let monitor = monitor(jumpy());
    let check = HealthCheck::new(api.clone()).depends_on(["slow"]);
    monitor.add_checker("api", check).unwrap();
    monitor.add_checker("slow", slow.clone()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(3.0).await;
    assert_eq!(slow.asked_at(), [Duration::ZERO], "once for both");
    assert_eq!(api.asked(), 0);
}

#[tokio::test(start_paused = true)]
async fn asked_by_hand_a_dependency_is_checked_before_if_nothing_is_known_of_it() {
    let (database, api) = (Remote::well(), Remote::well());
    let monitor = monitor(jumpy());
    monitor.add_checker("database", database.clone()).unwrap();
    let check = HealthCheck::new(api.clone()).depends_on(["database"]);
    monitor.add_checker("api", check).unwrap();
    for _ in 0..2 {
        let health = monitor.check_now("api").await.unwrap();
        assert_eq!(health.status, HealthStatus::Healthy);
    }
    assert_eq!((database.asked(), api.asked()), (1, 2));
    assert!(monitor.remove_checker("database"));
    assert!(!monitor.remove_checker("database"));
    let health = monitor.check_now("api").await.unwrap();
    assert_eq!(
        health.cause,
        Some(HealthCause::Dependency("database".into()))
    );
}

#[tokio::test(start_paused = true)]
async fn a_cycle_is_refused_when_it_would_close() {
    let monitor = monitor(jumpy());
    for (name, on) in [("a", "b"), ("b", "c")] {
        let check = HealthCheck::new(Remote::well()).depends_on([on]);
        monitor.add_checker(name, check).unwrap();
    }
    let check = HealthCheck::new(Remote::well()).depends_on(["x", "a"]);
    let error = monitor.add_checker("c", check).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`health.c.depends_on` is `c → a → b → c` (given in code): must not form a cycle"
    );
    let check = HealthCheck::new(Remote::well()).depends_on(["itself"]);
    assert!(monitor.add_checker("itself", check).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_dependency_that_does_not_exist_is_refused_at_the_start() {
    let monitor = monitor(jumpy());
    let check = || HealthCheck::new(Remote::well()).depends_on(["databse"]);
    monitor.add_checker("api", check()).unwrap();
    let error = monitor.start_monitoring().unwrap_err();
    assert_eq!(error.problems()[0].value(), "databse");
    assert!(monitor.remove_checker("api"));
    let _monitoring = monitor.start_monitoring().unwrap();
    assert!(monitor.add_checker("api", check()).is_err(), "it runs");
}
