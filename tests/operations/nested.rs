//! The routes nested in an application.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::{Router, routing};
use resilience_runtime::{Registry, ServiceKind, admin::admin_router};
use tower::ServiceExt as _;

use crate::client::get;
use crate::remote::{immediate, monitor};

#[tokio::test(start_paused = true)]
async fn routes_can_be_nested_and_merged() {
    let registry = Registry::new();
    registry.service("openai", ServiceKind::Llm).unwrap();
    let operations = admin_router(&registry, monitor(immediate()));
    let app = Router::new()
        .route("/", routing::get(async || "mine"))
        .nest("/operations", operations)
        .fallback(async || (StatusCode::IM_A_TEAPOT, "mine too"));
    for path in [
        "/services",
        "/services/openai",
        "/livez",
        "/dashboard",
        "/metrics",
    ] {
        let answer = get(&app, &format!("/operations{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
    }
    for (path, text) in [
        ("/", "mine"),
        ("/services", "mine too"),
        ("/operations/other", "mine too"),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        assert!(
            !response.headers().contains_key("cache-control"),
            "{path}: it is not ours"
        );
        let body = to_bytes(response.into_body(), 100).await.unwrap();
        assert_eq!(body, text, "{path}");
    }
}
