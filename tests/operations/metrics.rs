//! The route for Prometheus.

use axum::http::StatusCode;
use resilience_runtime::{BoxError, Registry, ServiceKind, admin::admin_router};

use crate::client::get;
use crate::remote::{Remote, immediate, monitor};

#[tokio::test(start_paused = true)]
async fn metrics_route_has_services_and_checks() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let monitor = monitor(immediate());
    monitor.add_checker("database", Remote::failing()).unwrap();
    monitor.check_now("database").await;
    let routes = admin_router(&registry, &monitor);
    openai
        .call(|| async { Ok::<_, BoxError>(()) })
        .await
        .unwrap();

    let answer = get(&routes, "/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    for line in [
        r#"resilience_calls_total{service="openai",kind="llm",result="success"} 1"#,
        r#"resilience_call_duration_seconds_count{service="openai",kind="llm"} 1"#,
        r#"resilience_health_check_status{check="database",status="unhealthy"} 1"#,
        r#"resilience_health_check_status{check="database",status="healthy"} 0"#,
    ] {
        assert!(
            answer.text.lines().any(|it| it == line),
            "{line}\n{}",
            answer.text
        );
    }
}
