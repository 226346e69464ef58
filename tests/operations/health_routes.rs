//! The health routes for load balancers and orchestrators.

use axum::Router;
use axum::http::StatusCode;
use resilience_runtime::{
    Registry, admin::AdminRouter, admin::admin_router, health::HealthCheck,
    health::ServiceHealthMonitor,
};
use serde_json::json;

use crate::client::get;
use crate::remote::{Behavior, Remote, immediate, monitor, seconds};

fn routes(monitor: &ServiceHealthMonitor) -> Router {
    admin_router(Registry::new(), monitor)
}

#[tokio::test(start_paused = true)]
async fn livez_ignores_checks() {
    let monitor = monitor(immediate());
    monitor.add_checker("database", Remote::failing()).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    let routes = routes(&monitor);
    seconds(1.0).await;
    let answer = get(&routes, "/livez").await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "ok"));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        get(&routes, "/readyz").await.status,
        StatusCode::SERVICE_UNAVAILABLE
    );
}

#[tokio::test(start_paused = true)]
async fn readyz_fails_before_the_first_result() {
    let monitor = monitor(immediate());
    monitor.add_checker("database", Remote::healthy()).unwrap();
    let routes = routes(&monitor);
    for route in ["/readyz", "/healthz"] {
        let answer = get(&routes, route).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        let route = &route[1..];
        assert_eq!(
            answer.text,
            format!("[-]database unknown: no check has ended yet\n{route} check failed\n")
        );
    }
    monitor.check_now("database").await;
    for route in ["/readyz", "/healthz"] {
        let answer = get(&routes, route).await;
        assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "ok"));
    }
}

#[tokio::test(start_paused = true)]
async fn checks_are_listed_when_verbose_or_failing() {
    let monitor = monitor(immediate());
    let database = Remote::healthy();
    monitor.add_checker("database", database.clone()).unwrap();
    monitor
        .add_checker("queue", Remote::new(Behavior::Degraded))
        .unwrap();
    let search = HealthCheck::new(Remote::failing()).critical(false);
    monitor.add_checker("search", search).unwrap();
    let suggestions = HealthCheck::new(Remote::healthy())
        .critical(false)
        .depends_on(["search"]);
    monitor.add_checker("suggestions", suggestions).unwrap();
    let _monitoring = monitor.start_monitoring().unwrap();
    let routes = routes(&monitor);
    seconds(1.0).await;

    // It only warns, and that is no reason to send nobody here.
    let answer = get(&routes, "/healthz").await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "ok"));
    let list = "[+]database ok\n\
                [+]queue degraded: slow\n\
                [-]search failed (not critical): the check failed (io:ConnectionRefused)\n\
                [-]suggestions unknown (not critical): not checked, `search` is down or unknown\n";
    let asked = format!("{list}healthz check passed\n");
    for query in ["?verbose", "?verbose=1", "?verbose=true"] {
        let answer = get(&routes, &format!("/healthz{query}")).await;
        assert_eq!((answer.status, &*answer.text), (StatusCode::OK, &*asked));
    }
    for query in ["?verbose=0", "?verbose=false", "?other", "?"] {
        assert_eq!(get(&routes, &format!("/healthz{query}")).await.text, "ok");
    }

    database.set(Behavior::Failing);
    seconds(10.0).await;
    let answer = get(&routes, "/readyz").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    let failed = list.replace(
        "[+]database ok",
        "[-]database failed: the check failed (io:ConnectionRefused)",
    );
    assert_eq!(answer.text, format!("{failed}readyz check failed\n"));

    let answer = get(&routes, "/readyz?exclude=database").await;
    assert_eq!((answer.status, &*answer.text), (StatusCode::OK, "ok"));
    let answer = get(&routes, "/readyz?verbose&exclude=database&exclude=se%61rch").await;
    assert_eq!(answer.status, StatusCode::OK);
    let line = "[+]database failed (excluded): the check failed (io:ConnectionRefused)\n";
    assert!(answer.text.starts_with(line), "{}", answer.text);
    assert!(
        answer.text.contains("[+]search failed (excluded)"),
        "{}",
        answer.text
    );
    let answer = get(&routes, "/readyz?verbose&exclude=databse%3Cscript%3E").await;
    assert_eq!(
        answer.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "a slip excludes nothing"
    );
    let warning = "warn: an excluded name is not a check\nreadyz check failed\n";
    assert!(answer.text.ends_with(warning), "{}", answer.text);
    assert!(!answer.text.contains("script"), "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn readyz_passes_with_all_checks_excluded() {
    let monitor = monitor(immediate());
    let routes = routes(&monitor);
    assert_eq!(
        get(&routes, "/readyz").await.status,
        StatusCode::SERVICE_UNAVAILABLE,
        "nothing is known"
    );
    monitor.add_checker("database", Remote::failing()).unwrap();
    monitor.check_now("database").await;
    assert_eq!(
        get(&routes, "/readyz?exclude=database").await.status,
        StatusCode::OK
    );
}

#[tokio::test(start_paused = true)]
async fn health_has_content_type_and_status() {
    let monitor = monitor(immediate());
    monitor.add_checker("database", Remote::failing()).unwrap();
    let routes = AdminRouter::new(Registry::new(), &monitor)
        .app_version("1.2.3")
        .router();
    monitor.check_now("database").await;
    let answer = get(&routes, "/health").await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("content-type"), "application/health+json");
    assert_eq!(
        answer.json(),
        json!({
            "status": "fail",
            "version": "1.2.3",
            "uptime": 0.0,
            "checks": {"database": [{
                "componentId": "database",
                "status": "fail",
                "critical": true,
                "observedValue": 0.0,
                "observedUnit": "ms",
                "output": "the check failed (io:ConnectionRefused)",
            }]},
        })
    );
    monitor.remove_checker("database");
    monitor.add_checker("database", Remote::healthy()).unwrap();
    monitor.check_now("database").await;
    let answer = get(&routes, "/health").await;
    assert_eq!(
        (answer.status, &answer.json()["status"]),
        (StatusCode::OK, &json!("pass"))
    );
}
