//! The control route: available only with an authorization layer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use resilience_runtime::{
    CircuitState, Registry, ServiceKind, admin::AdminRouter, admin::admin_router,
};
use serde_json::json;
use tracing_subscriber::filter::LevelFilter;

use crate::capture::Capture;
use crate::client::{Answer, get, open, send};
use crate::remote::{immediate, monitor};

const TOKEN: &str = "Bearer tweet-1f0c";

async fn operators_only(request: Request, next: Next) -> Response {
    match request.headers().get(header::AUTHORIZATION) {
        Some(sent) if sent == TOKEN => next.run(request).await,
        _ => StatusCode::UNAUTHORIZED.into_response(),
    }
}

fn guarded(registry: &Registry) -> Router {
    AdminRouter::new(registry, monitor(immediate()))
        .control(from_fn(operators_only))
        .router()
}

/// The tests that send requests also capture logs, since `tracing` shares the callsite between threads.
fn control_request(body: impl Into<Body>) -> Request {
    Request::post("/services/openai/circuit")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::AUTHORIZATION, TOKEN)
        .body(body.into())
        .unwrap()
}

async fn post_action(routes: &Router, action: &str) -> Answer {
    send(
        routes,
        control_request(json!({ "action": action }).to_string()),
    )
    .await
}

#[tokio::test]
async fn control_route_is_absent_by_default() {
    let registry = Registry::new();
    let openai = registry.service("openai", ServiceKind::Llm).unwrap();
    let routes = admin_router(&registry, monitor(immediate()));
    let request = control_request(r#"{"action":"force_open"}"#);
    let response = tower::ServiceExt::oneshot(routes.clone(), request)
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    assert_eq!(openai.circuit_breaker().state(), CircuitState::Closed);
    let hello = open(&routes).await.unwrap().until("hello").await;
    assert_eq!(hello["control"], json!(false));
    let hello = open(&guarded(&registry))
        .await
        .unwrap()
        .until("hello")
        .await;
    assert_eq!(hello["control"], json!(true));
}

#[tokio::test]
async fn each_action_changes_the_breaker_and_is_logged() {
    let registry = Registry::new();
    let breaker = registry
        .service("openai", ServiceKind::Llm)
        .unwrap()
        .circuit_breaker();
    let routes = guarded(&registry);
    let (capture, _guard) = Capture::of(LevelFilter::WARN);
    for (action, state) in [
        ("force_open", CircuitState::ForcedOpen),
        ("disable", CircuitState::Disabled),
        ("force_closed", CircuitState::Closed),
        ("force_open", CircuitState::ForcedOpen),
        ("reset", CircuitState::Closed),
    ] {
        let answer = post_action(&routes, action).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert_eq!(
            answer.json(),
            json!({"service": "openai", "state": state.name()})
        );
        assert_eq!(breaker.state(), state);
    }
    let captured = capture.events("circuit breaker changed by hand");
    let by_hand: Vec<_> = captured
        .iter()
        .map(|it| (it.level, it.field("service"), it.field("action")))
        .collect();
    let warn = tracing::Level::WARN;
    assert_eq!(
        by_hand,
        [
            "force_open",
            "disable",
            "force_closed",
            "force_open",
            "reset"
        ]
        .map(|action| (warn, "openai", action))
    );
    let all = format!("{:?}", capture.all());
    assert!(!all.contains("tweet"), "{all}");
}

#[tokio::test]
async fn layer_rejects_before_the_body_is_read() {
    let registry = Registry::new();
    let breaker = registry
        .service("openai", ServiceKind::Llm)
        .unwrap()
        .circuit_breaker();
    let routes = guarded(&registry);
    let (capture, _guard) = Capture::of(LevelFilter::WARN);
    for (content_type, body) in [
        ("application/json", r#"{"action":"force_open"}"#),
        ("text/plain", "nonsense"),
    ] {
        for authorization in ["", "Bearer tweet-1f0d"] {
            let request = Request::post("/services/openai/circuit")
                .header(header::CONTENT_TYPE, content_type)
                .header(header::AUTHORIZATION, authorization)
                .body(Body::from(body))
                .unwrap();
            assert_eq!(
                send(&routes, request).await.status,
                StatusCode::UNAUTHORIZED
            );
        }
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    assert!(capture.ours().is_empty(), "{:?}", capture.ours());
    // And before nothing else.
    assert_eq!(
        get(&routes, "/services/openai").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn cross_site_form_is_rejected() {
    let _turn = Capture::of(LevelFilter::WARN);
    let registry = Registry::new();
    let breaker = registry
        .service("openai", ServiceKind::Llm)
        .unwrap()
        .circuit_breaker();
    let layer = from_fn(async |request: Request, next: Next| next.run(request).await);
    let routes = AdminRouter::new(&registry, monitor(immediate()))
        .control(layer)
        .router();
    for content_type in [
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data"),
        Some("text/plain; application/json"),
        Some("application/jsonp"),
        None,
    ] {
        let mut request = control_request(r#"{"action":"force_open"}"#);
        request.headers_mut().remove(header::CONTENT_TYPE);
        if let Some(value) = content_type {
            let headers = request.headers_mut();
            headers.insert(header::CONTENT_TYPE, value.parse().unwrap());
        }
        let answer = send(&routes, request).await;
        assert_eq!(
            answer.status,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "{content_type:?}"
        );
        assert!(answer.json()["error"].is_string());
    }
    assert_eq!(breaker.state(), CircuitState::Closed);
    let mut request = control_request(r#"{"action":"force_open"}"#);
    let value = "Application/JSON; charset=utf-8".parse().unwrap();
    request.headers_mut().insert(header::CONTENT_TYPE, value);
    assert_eq!(send(&routes, request).await.status, StatusCode::OK);
}

#[tokio::test]
async fn invalid_body_is_rejected_without_echo() {
    let registry = Registry::new();
    registry.service("openai", ServiceKind::Llm).unwrap();
    let routes = guarded(&registry);
    let long = format!(r#"{{"action":"reset","padding":"{}"}}"#, "x".repeat(2_000));
    for body in [
        "",
        "tweet-1f0c",
        "{}",
        "[]",
        r#"{"action":null}"#,
        r#"{"action":"tweet-1f0c"}"#,
        r#"{"action":"ForceOpen"}"#,
        &long,
    ] {
        let answer = send(&routes, control_request(body.to_owned())).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(
            answer.json()["error"]
                .as_str()
                .unwrap()
                .contains("force_closed")
        );
        assert!(!answer.text.contains("tweet"), "{}", answer.text);
    }
    let mut request = control_request(r#"{"action":"reset"}"#);
    *request.uri_mut() = "/services/tweet-1f0c/circuit".parse().unwrap();
    let answer = send(&routes, request).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.json(), json!({"error": "unknown service"}));
    assert!(
        registry.get("tweet-1f0c").is_none(),
        "asking makes no service"
    );
}

#[tokio::test]
async fn layer_sees_each_request_once() {
    let _turn = Capture::of(LevelFilter::WARN);
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let layer = from_fn(move |request: Request, next: Next| {
        count.fetch_add(1, Ordering::Relaxed);
        next.run(request)
    });
    let registry = Registry::new();
    registry.service("openai", ServiceKind::Llm).unwrap();
    let routes = AdminRouter::new(&registry, monitor(immediate()))
        .control(layer)
        .router();
    post_action(&routes, "disable").await;
    get(&routes, "/services").await;
    assert_eq!(seen.load(Ordering::Relaxed), 1);
}
