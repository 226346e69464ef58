//! Never shown: arguments, results, texts of errors, addresses and headers.

use axum::body::Body;
use axum::extract::Request;
use resilience_runtime::{
    BoxError, Registry, ResilienceError, ServiceKind, Verdict, admin::AdminRouter,
    health::DatabaseHealthChecker, health::TcpHealthChecker, llm_resilient,
};

use tracing_subscriber::filter::LevelFilter;

use crate::capture::Capture;
use crate::client::{get, open, send};
use crate::remote::{immediate, monitor};

const CANARY: &str = "tweet-1f0c";

#[derive(Debug, thiserror::Error)]
enum LeakyError {
    #[error("https://api.example/?key={0}")]
    Failed(&'static str),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

fn meaning(_: &LeakyError) -> Verdict {
    Verdict::transient()
}

#[llm_resilient(
    service = "openai",
    retry(max_attempts = 3, base_delay = "1ms"),
    rate_limit(requests_per_second = 100, key = key),
    fallback(cache(key = key, ttl = "5m"), call = rescue),
    classify = meaning,
)]
async fn complete(key: &str, fails: bool) -> Result<String, LeakyError> {
    match fails {
        true => Err(LeakyError::Failed(CANARY)),
        false => Ok(key.to_owned()),
    }
}

async fn rescue(key: &str, _: bool) -> Result<String, LeakyError> {
    if key.is_empty() {
        Err(LeakyError::Failed(CANARY))
    } else {
        Ok(CANARY.to_owned())
    }
}

#[llm_resilient(
    service = "unknown-errors",
    retry(max_attempts = 2),
    idempotent = false
)]
async fn unknown(_secret: &str) -> Result<(), BoxError> {
    Err(CANARY.into())
}

#[tokio::test(start_paused = true)]
async fn secrets_are_never_shown_by_a_route() {
    let (capture, _guard) = Capture::of(LevelFilter::TRACE);
    let registry = Registry::new();
    let monitor = monitor(immediate());
    let database = DatabaseHealthChecker::new("database", || async {
        Err::<(), _>(LeakyError::Failed(CANARY))
    });
    monitor.add_checker("database", database).unwrap();
    let tcp = TcpHealthChecker::new("tcp", format!("{CANARY} no address"));
    monitor.add_checker("tcp", tcp).unwrap();
    let panics = || async {
        if CANARY.is_empty() {
            Ok::<_, BoxError>(())
        } else {
            panic!("{CANARY}")
        }
    };
    monitor.add_checker("panic", panics).unwrap();
    let layer =
        axum::middleware::from_fn(async |request: Request, next: axum::middleware::Next| {
            next.run(request).await
        });
    let routes = AdminRouter::new(&registry, &monitor)
        .control(layer)
        .router();
    let mut subscriber = open(&routes).await.unwrap();

    registry.scope(complete(CANARY, false)).await.unwrap();
    for fails in [true, true, true, false] {
        let _ = registry.scope(complete(CANARY, fails)).await;
        let _ = registry.scope(complete("", fails)).await;
    }
    registry.scope(unknown(CANARY)).await.unwrap_err();
    let by_hand = registry.service("by-hand", ServiceKind::Custom).unwrap();
    let failed = by_hand
        .call(|| async { Err::<(), BoxError>(CANARY.into()) })
        .await;
    failed.unwrap_err();
    for name in ["database", "tcp", "panic"] {
        monitor.check_now(name).await;
    }

    let mut shown = String::new();
    for path in [
        "/livez",
        "/readyz?verbose",
        "/healthz?verbose&exclude=tweet-1f0c",
        "/health",
        "/services",
        "/services/openai",
        "/services/tweet-1f0c",
        "/metrics",
        "/dashboard",
    ] {
        let answer = get(&routes, path).await;
        shown += &format!("{} {:?}\n", answer.text, answer.headers);
    }
    for body in [
        CANARY,
        r#"{"action":"tweet-1f0c"}"#,
        r#"{"action":"reset"}"#,
    ] {
        let request = Request::post("/services/openai/circuit?tweet-1f0c")
            .header("content-type", "application/json")
            .header("cookie", CANARY)
            .body(Body::from(body))
            .unwrap();
        shown += &send(&routes, request).await.text;
    }
    for _ in 0..20 {
        let (name, data) = subscriber.next().await.unwrap();
        shown += &format!("{name} {data}\n");
    }
    for captured in [
        "openai",
        "by-hand",
        "the check panicked",
        "unretried_error",
        "snapshot",
        "change",
    ] {
        assert!(shown.contains(captured), "{captured}: {shown}");
    }
    shown += &format!("{:?}", capture.ours());
    assert!(!shown.contains(CANARY), "{shown}");
    assert!(!shown.contains("api.example"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn invalid_value_is_not_shown() {
    #[llm_resilient(service = "misled")]
    async fn misled() -> Result<u32, BoxError> {
        Ok(1)
    }
    let registry = Registry::new();
    // Somebody put a token into the wrong variable; the service was not known when that was read.
    let settings = resilience_runtime::Settings::from_vars([("TIMEOUT_MISLED", CANARY)]);
    registry.configure(settings.unwrap()).unwrap();
    registry.scope(misled()).await.unwrap_err();
    let routes = AdminRouter::new(&registry, monitor(immediate())).router();
    let text = get(&routes, "/services").await.text;
    assert!(text.contains("TIMEOUT_MISLED"), "{text}");
    assert!(text.contains("must be seconds"), "{text}");
    assert!(!text.contains(CANARY), "{text}");
}
