//! Over loopback, under real time.

use std::sync::atomic::{AtomicU32, Ordering};

use ::reqwest_middleware::ClientBuilder;
use axum::response::IntoResponse as _;
use http::StatusCode;
use tokio::net::TcpListener;

use super::*;

fn quick() -> Arc<Service> {
    service(ServiceKind::Custom, Duration::from_millis(5))
}

fn client(service: &Arc<Service>) -> ::reqwest_middleware::ClientWithMiddleware {
    let http = reqwest::Client::builder().no_proxy().build();
    ClientBuilder::new(http.expect("a client"))
        .with(ResilienceMiddleware::new(service))
        .build()
}

#[tokio::test]
async fn busy_server_is_asked_again_after_its_retry_after() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    let requests = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&requests);
    let routes = axum::Router::new().fallback(move |body: String| {
        let busy = counted.fetch_add(1, Ordering::SeqCst) < 2;
        let answer = if busy {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0.05")]).into_response()
        } else {
            body.into_response()
        };
        std::future::ready(answer)
    });
    tokio::spawn(axum::serve(listener, routes).into_future());
    let service = quick();
    let began = std::time::Instant::now();
    // A refusal proves that nothing ran, so a POST is repeated as well.
    let answer = client(&service).post(&url).body("the body").send().await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "the body");
    assert!(began.elapsed() >= Duration::from_millis(100));
    assert_eq!(requests.load(Ordering::SeqCst), 3);
    assert_eq!(service.stats().failures.throttled, 2);
}

#[tokio::test]
async fn refused_connection_is_transient_also_for_a_post() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let service = quick();
    let error = client(&service).post(&url).send().await;
    assert!(error.expect_err("refused").is_connect());
    let stats = service.stats();
    assert_eq!((stats.attempts, stats.failures.transient), (3, 3));
}
