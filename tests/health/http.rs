//! The HTTP checker, with real sockets and in real time.

use std::time::Duration;

use resilience_runtime::{
    health::HealthStatus, health::HttpHealthChecker, health::ServiceHealth, verdict::ErrorCode,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::remote::{monitor, patient};

/// Answers every connection with `answer`, if the request has the header that it wants.
async fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..read]).to_lowercase();
            let answer = if request.contains("x-key: hunter2") || !request.contains("/guarded") {
                answer
            } else {
                "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\n\r\n"
            };
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/guarded?api_key=hunter2")
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{\"up\":true}";

async fn check(checker: HttpHealthChecker) -> ServiceHealth {
    let shown = format!("{checker:?}");
    assert!(
        !shown.contains("hunter2") && !shown.contains("127.0.0.1"),
        "{shown}"
    );
    let monitor = monitor(patient());
    monitor.add_checker("api", checker).unwrap();
    let health = monitor.check_now("api").await.unwrap();
    let shown = format!("{health:?} {}", serde_json::to_string(&health).unwrap());
    assert!(
        !shown.contains("hunter2") && !shown.contains("127.0.0.1"),
        "{shown}"
    );
    health
}

#[tokio::test]
async fn expected_status_is_healthy() {
    let url = server(OK).await;
    let checker = HttpHealthChecker::new("api", &url).header("x-key", "hunter2");
    assert_eq!(check(checker).await.status, HealthStatus::Healthy);

    let health = check(HttpHealthChecker::new("api", &url)).await;
    assert_eq!(health.status, HealthStatus::Unhealthy);
    let cause = health.cause.unwrap();
    assert!(cause.to_string().ends_with("(http:401)"), "{cause}");

    let checker = HttpHealthChecker::new("api", &url).expect_status([200..=204, 401..=401]);
    assert_eq!(check(checker).await.status, HealthStatus::Healthy);
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let url = server("HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\n\r\n").await;
    let checker = HttpHealthChecker::new("api", url).header("x-key", "hunter2");
    assert_eq!(check(checker).await.status, HealthStatus::Unhealthy);
}

#[tokio::test]
async fn expect_body_decides_on_the_body() {
    let url = server(OK).await;
    let checker = || HttpHealthChecker::new("api", &url).header("x-key", "hunter2");
    let up = checker().expect_body(|body| body == br#"{"up":true}"#);
    assert_eq!(check(up).await.status, HealthStatus::Healthy);
    let down = checker().expect_body(<[u8]>::is_empty);
    assert_eq!(check(down).await.status, HealthStatus::Unhealthy);
}

#[tokio::test]
async fn unreachable_server_invalid_url_and_header_are_unhealthy() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/?key=hunter2", listener.local_addr().unwrap());
    drop(listener);
    let health = check(HttpHealthChecker::new("api", url)).await;
    let cause = health.cause.unwrap().to_string();
    assert_eq!(
        cause,
        "the check failed with a reqwest::error::Error (connect)"
    );

    let health = check(HttpHealthChecker::new("api", "hunter2 is no url")).await;
    assert!(health.cause.unwrap().to_string().ends_with("(builder)"));

    let checker = HttpHealthChecker::new("api", server(OK).await).header("x-key", "hunter2\n");
    assert_eq!(check(checker).await.status, HealthStatus::Unhealthy);
}

#[tokio::test]
async fn with_client_uses_the_given_client() {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(Duration::from_secs(60))
        .build()
        .unwrap();
    let url = server("HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").await;
    let checker = HttpHealthChecker::with_client("api", client, url).header("x-key", "hunter2");
    let health = check(checker).await;
    let words = "unexpected status";
    let said =
        resilience_runtime::health::HealthReport::unhealthy(words).with_code(ErrorCode::Http(503));
    assert_eq!(said.status(), health.status);
    assert_eq!(
        health.cause.unwrap().to_string(),
        format!("{words} (http:503)")
    );
}
