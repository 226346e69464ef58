//! The health endpoint and its JSON.

use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::health::{HealthCheck, HealthEndpoint, HealthStatus};
use serde_json::json;

use crate::remote::{Behavior, Remote, immediate, monitor, seconds};

#[tokio::test(start_paused = true)]
async fn get_health_serializes_as_health_json() {
    let monitor = monitor(immediate());
    let database = Remote::healthy();
    monitor.add_checker("database", database.clone()).unwrap();
    let check = HealthCheck::new(Remote::failing()).critical(false);
    monitor.add_checker("search", check).unwrap();
    let check = HealthCheck::new(Remote::healthy())
        .critical(false)
        .depends_on(["search"]);
    monitor.add_checker("suggestions", check).unwrap();
    let endpoint = HealthEndpoint::new(&monitor, "1.0.0");
    let _monitoring = monitor.start_monitoring().unwrap();
    seconds(1.5).await;

    let health = endpoint.get_health().await;
    assert_eq!(health.status, HealthStatus::Degraded);
    assert_eq!(health.uptime, Duration::from_millis(1_500));
    assert_eq!(health.http_status(), 200);
    assert_eq!(
        serde_json::to_value(&health).unwrap(),
        json!({
            "status": "warn",
            "version": "1.0.0",
            "uptime": 1.5,
            "checks": {
                "database": [{
                    "componentId": "database",
                    "status": "pass",
                    "critical": true,
                    "observedValue": 0.0,
                    "observedUnit": "ms",
                }],
                "search": [{
                    "componentId": "search",
                    "status": "fail",
                    "critical": false,
                    "observedValue": 0.0,
                    "observedUnit": "ms",
                    "output": "the check failed (io:ConnectionRefused)",
                }],
                "suggestions": [{
                    "componentId": "suggestions",
                    "status": "warn",
                    "critical": false,
                    "output": "not checked, `search` is down or unknown",
                }],
            },
        })
    );

    database.set(Behavior::Failing);
    seconds(10.0).await;
    let health = endpoint.get_health().await;
    assert_eq!(
        (health.status, health.http_status()),
        (HealthStatus::Unhealthy, 503)
    );
    let database = endpoint.get_service_health("database").await.unwrap();
    assert_eq!(database.status, HealthStatus::Unhealthy);
    assert!(endpoint.get_service_health("nothing").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn new_accepts_owned_borrowed_and_shared_monitors() {
    let monitor = Arc::new(monitor(immediate()));
    let _ = HealthEndpoint::new(&monitor, "1");
    let _ = HealthEndpoint::new(Arc::clone(&monitor), "1");
    let endpoint = HealthEndpoint::new((*monitor).clone(), String::from("1"));
    assert_eq!(endpoint.get_health().await.status, HealthStatus::Unknown);
}
