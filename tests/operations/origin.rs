//! Under which names the routes answer, and which pages may send commands.

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use resilience_runtime::{
    CircuitState, Registry, ServiceKind, admin::AdminRouter, admin::admin_router,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tracing_subscriber::filter::LevelFilter;

use crate::capture::Capture;
use crate::client::send_as_it_is;
use crate::remote::{immediate, monitor};

const READS: [&str; 6] = [
    "/health",
    "/services",
    "/services/openai",
    "/metrics",
    "/events",
    "/dashboard",
];
const PROBES: [&str; 3] = ["/livez", "/readyz?exclude=x", "/healthz"];

fn registry() -> Registry {
    let registry = Registry::new();
    registry.service("openai", ServiceKind::Llm).unwrap();
    registry
}

/// Lets everything pass, so that what is refused was refused before.
fn controlled(registry: &Registry) -> AdminRouter {
    let layer = from_fn(async |request: Request, next: Next| next.run(request).await);
    AdminRouter::new(registry, monitor(immediate())).control(layer)
}

async fn status(routes: &Router, path: &str, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).unwrap();
    if path.starts_with("/events") {
        // It does not end.
        let response = tower::ServiceExt::oneshot(routes.clone(), request).await;
        return response.unwrap().status();
    }
    send_as_it_is(routes, request).await.status
}

async fn force_open(routes: &Router, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = Request::post("/services/openai/circuit")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(r#"{"action":"force_open"}"#))
        .unwrap();
    for (name, value) in headers {
        let name: header::HeaderName = name.parse().unwrap();
        let value = HeaderValue::from_str(value).unwrap();
        request.headers_mut().append(name, value);
    }
    send_as_it_is(routes, request).await.status
}

#[tokio::test(start_paused = true)]
async fn addresses_and_loopback_names_are_answered() {
    let routes = admin_router(registry(), monitor(immediate()));
    for host in [
        "127.0.0.1:9090",
        "10.0.0.7",
        "[::1]:9090",
        "[fd00::7]",
        "localhost:9090",
        "ops.LOCALHOST",
    ] {
        for path in READS {
            let answered = status(&routes, path, &[("host", host)]).await;
            let expected = match path {
                "/health" => StatusCode::SERVICE_UNAVAILABLE,
                _ => StatusCode::OK,
            };
            assert_eq!(answered, expected, "{host} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn other_hosts_are_misdirected() {
    let routes = admin_router(registry(), monitor(immediate()));
    for host in ["rebind.example", "rebind.example:9090", "127.0.0.1.nip.io"] {
        for path in READS {
            let answered = status(&routes, path, &[("host", host)]).await;
            assert_eq!(answered, StatusCode::MISDIRECTED_REQUEST, "{host} {path}");
        }
        for path in PROBES {
            let answered = status(&routes, path, &[("host", host)]).await;
            assert_ne!(answered, StatusCode::MISDIRECTED_REQUEST, "{path}");
        }
    }
    let request = Request::get("/services").header("host", "rebind.example");
    let answer = send_as_it_is(&routes, request.body(Body::empty()).unwrap()).await;
    assert!(answer.text.contains("allowed_hosts"), "{}", answer.text);
    assert!(!answer.text.contains("rebind"), "{}", answer.text);
}

#[tokio::test(start_paused = true)]
async fn allowed_hosts_are_answered() {
    let routes = AdminRouter::new(registry(), monitor(immediate()))
        .allowed_hosts(["Ops.example.com", "app.default.svc"])
        .router();
    for host in [
        "ops.example.com",
        "OPS.example.com:8443",
        "app.default.svc:80",
    ] {
        let answered = status(&routes, "/services", &[("host", host)]).await;
        assert_eq!(answered, StatusCode::OK, "{host}");
    }
    for host in [
        "example.com",
        "x.ops.example.com",
        "app.default.svc.example",
    ] {
        let answered = status(&routes, "/services", &[("host", host)]).await;
        assert_eq!(answered, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    // Nested, the names are the same and the probes are still free.
    let app = Router::new().nest("/ops", routes);
    let other = &[("host", "rebind.example")];
    let misdirected = StatusCode::MISDIRECTED_REQUEST;
    assert_eq!(status(&app, "/ops/services", other).await, misdirected);
    assert_eq!(status(&app, "/ops/livez", other).await, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn missing_or_unclear_host_is_a_bad_request() {
    let routes = admin_router(registry(), monitor(immediate()));
    let bad = StatusCode::BAD_REQUEST;
    assert_eq!(status(&routes, "/services", &[]).await, bad);
    assert_eq!(status(&routes, "/livez", &[]).await, StatusCode::OK);
    let two = &[("host", "localhost"), ("host", "rebind.example")];
    assert_eq!(status(&routes, "/services", two).await, bad);
    for host in ["", "a b", "user@localhost", "localhost/x"] {
        let answered = status(&routes, "/services", &[("host", host)]).await;
        assert_eq!(answered, bad, "{host}");
    }
}

#[tokio::test(start_paused = true)]
async fn authority_of_the_target_is_the_host() {
    let routes = admin_router(registry(), monitor(immediate()));
    // As HTTP/2 has it: `:authority` and no header.
    for (target, host, expected) in [
        ("http://localhost:9090/services", None, StatusCode::OK),
        (
            "http://rebind.example/services",
            None,
            StatusCode::MISDIRECTED_REQUEST,
        ),
        (
            "http://localhost/services",
            Some("LOCALHOST"),
            StatusCode::OK,
        ),
        (
            "http://localhost/services",
            Some("rebind.example"),
            StatusCode::BAD_REQUEST,
        ),
        (
            "http://rebind.example/services",
            Some("localhost"),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let headers: Vec<_> = host.map(|host| ("host", host)).into_iter().collect();
        let answered = status(&routes, target, &headers).await;
        assert_eq!(answered, expected, "{target} {host:?}");
    }
    let two = &[("host", "localhost"), ("host", "localhost")];
    let answered = status(&routes, "http://localhost/services", two).await;
    assert_eq!(answered, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn page_of_another_origin_cannot_send_commands() {
    let _turn = Capture::of(LevelFilter::WARN);
    let registry = registry();
    let breaker = registry.get("openai").unwrap().circuit_breaker();
    let routes = controlled(&registry).router();
    let host = ("host", "localhost:9090");
    for from in [
        &[("origin", "https://evil.example")][..],
        &[("origin", "http://localhost:8080")],
        &[("origin", "http://localhost")],
        &[("origin", "http://127.0.0.1:9090")],
        &[("origin", "null")],
        &[("origin", "")],
        &[("origin", "http://localhost:9090"), ("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[
            ("origin", "http://localhost:9090"),
            ("sec-fetch-site", "cross-site"),
        ],
    ] {
        let headers: Vec<_> = [host].into_iter().chain(from.iter().copied()).collect();
        let answered = force_open(&routes, &headers).await;
        assert_eq!(answered, StatusCode::FORBIDDEN, "{from:?}");
    }
    let rebound = [
        ("host", "rebind.example"),
        ("origin", "http://rebind.example"),
    ];
    let misdirected = StatusCode::MISDIRECTED_REQUEST;
    assert_eq!(force_open(&routes, &rebound).await, misdirected);
    assert_eq!(force_open(&routes, &[]).await, StatusCode::BAD_REQUEST);
    assert_eq!(breaker.state(), CircuitState::Closed);
    // What only reads is answered: without a CORS header, the other page cannot see it.
    let reads = [host, ("origin", "https://evil.example")];
    assert_eq!(status(&routes, "/services", &reads).await, StatusCode::OK);
}

#[tokio::test]
async fn own_page_and_other_clients_can_send_commands() {
    let _turn = Capture::of(LevelFilter::WARN);
    let registry = registry();
    let routes = controlled(&registry)
        .allowed_hosts(["ops.example.com"])
        .router();
    for headers in [
        &[("host", "localhost:9090")][..],
        &[
            ("host", "localhost:9090"),
            ("origin", "http://localhost:9090"),
        ],
        &[
            ("host", "ops.example.com"),
            ("origin", "https://OPS.example.com"),
            ("sec-fetch-site", "same-origin"),
        ],
        &[
            ("host", "ops.example.com:443"),
            ("origin", "https://ops.example.com"),
        ],
        &[("host", "[::1]:9090"), ("origin", "http://[::1]:9090")],
        &[("host", "127.0.0.1"), ("sec-fetch-site", "none")],
    ] {
        let answered = force_open(&routes, headers).await;
        assert_eq!(answered, StatusCode::OK, "{headers:?}");
    }
}

#[tokio::test]
async fn rebound_name_is_refused_over_a_socket() {
    let routes = admin_router(registry(), monitor(immediate()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, routes).await });
    for (lines, expected) in [
        (
            format!("GET /services HTTP/1.1\r\nhost: {address}\r\n"),
            "200",
        ),
        (
            "GET /services HTTP/1.1\r\nhost: rebind.example\r\n".to_owned(),
            "421",
        ),
        ("GET /services HTTP/1.0\r\n".to_owned(), "400"),
        (
            "GET /livez HTTP/1.1\r\nhost: rebind.example\r\n".to_owned(),
            "200",
        ),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("{lines}connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let status = answer.split(' ').nth(1);
        assert_eq!(status, Some(expected), "{lines}: {answer}");
    }
    server.abort();
}
