//! Real clients over loopback: hyper's, reqwest's, tonic's, and the routes of axum.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::body::Body;
use axum::error_handling::HandleErrorLayer;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http::{Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use tokio::net::TcpListener;

use super::*;

/// Real clocks run here.
fn quick() -> Arc<Service> {
    let retry = steady().base_delay(Duration::from_millis(5));
    service(ServiceSettings::default().retry(retry))
}

/// What a server answers with, one after the other, and then with 200.
#[derive(Clone, Default)]
struct Answers {
    statuses: Arc<Mutex<Vec<StatusCode>>>,
    requests: Arc<AtomicU32>,
}

impl Answers {
    fn new(statuses: &[u16]) -> Self {
        let statuses = statuses.iter().rev();
        let statuses = statuses.map(|status| StatusCode::from_u16(*status).expect("a status"));
        Self {
            statuses: Arc::new(Mutex::new(statuses.collect())),
            requests: Arc::default(),
        }
    }

    fn next(&self) -> StatusCode {
        self.requests.fetch_add(1, Ordering::SeqCst);
        let next = self.statuses.lock().expect("no panic").pop();
        next.unwrap_or(StatusCode::OK)
    }

    fn requests(&self) -> u32 {
        self.requests.load(Ordering::SeqCst)
    }
}

async fn answer(State(answers): State<Answers>, body: String) -> Response {
    match answers.next() {
        StatusCode::OK => body.into_response(),
        failed => (failed, [("retry-after", "0.02")]).into_response(),
    }
}

async fn serve(routes: axum::Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(axum::serve(listener, routes).into_future());
    format!("http://{address}/")
}

async fn server(answers: &Answers) -> String {
    serve(
        axum::Router::new()
            .fallback(answer)
            .with_state(answers.clone()),
    )
    .await
}

fn put(url: &str) -> Request<String> {
    let request = Request::put(url).body("the body".to_owned());
    request.expect("a request")
}

#[tokio::test]
async fn hypers_client_repeats_what_may_be_repeated() {
    let answers = Answers::new(&[503, 429]);
    let url = server(&answers).await;
    let service = quick();
    let client = ResilienceLayer::for_http(&service)
        .layer(Client::builder(TokioExecutor::new()).build_http());
    let answer = client.clone().oneshot(put(&url)).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    assert_eq!((answers.requests(), service.stats().retries), (3, 2));
    let mut post = put(&url);
    *post.method_mut() = http::Method::POST;
    *answers.statuses.lock().expect("no panic") = vec![StatusCode::SERVICE_UNAVAILABLE];
    let answer = client.oneshot(post).await.expect("an answer");
    assert_eq!((answer.status().as_u16(), answers.requests()), (503, 4));
}

#[cfg(feature = "hyper")]
#[tokio::test]
async fn hypers_refused_connection_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("an address"));
    drop(listener);
    let service = quick();
    let client = ResilienceLayer::for_http(&service)
        .layer(Client::builder(TokioExecutor::new()).build_http());
    let mut post = put(&url);
    *post.method_mut() = http::Method::POST;
    let error = client.oneshot(post).await.expect_err("refused");
    assert!(error.is::<hyper_util::client::legacy::Error>());
    assert_eq!(service.stats().failures.transient, 3);
}

#[cfg(feature = "reqwest")]
#[tokio::test]
async fn reqwests_client_is_a_service_as_well() {
    use crate::verdict::Verdict;

    let answers = Answers::new(&[503, 500]);
    let url = server(&answers).await;
    let service = quick();
    let http = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let failed = |response: &reqwest::Response| {
        let (status, headers) = (response.status(), response.headers());
        (status.as_u16() >= 400).then(|| Verdict::from_http(status, headers))
    };
    let client = ResilienceLayer::new(&service)
        .copy_request(reqwest::Request::try_clone)
        .idempotent(|request: &reqwest::Request| request.method().is_idempotent())
        .classify_response(failed)
        .layer(http.clone());
    let request = http.put(&url).body("the body").build().expect("a request");
    let answer = client.oneshot(request).await.expect("an answer");
    assert_eq!(answer.text().await.expect("a body"), "the body");
    assert_eq!(answers.requests(), 3);
}

#[tokio::test]
async fn routes_of_axum_are_guarded_and_answer_rejections() {
    let answers = Answers::new(&[]);
    let service = quick();
    let guard = ::tower::ServiceBuilder::new()
        .layer(HandleErrorLayer::new(async |error: BoxError| {
            let rejected = error
                .downcast_ref()
                .is_some_and(ResilienceError::is_rejection);
            if rejected {
                StatusCode::SERVICE_UNAVAILABLE
            } else {
                StatusCode::BAD_GATEWAY
            }
        }))
        .layer(ResilienceLayer::for_http(&service).send_once());
    let routes = axum::Router::new()
        .route("/", any(answer))
        .layer(guard)
        .with_state(answers.clone());
    let ask = || {
        let request = Request::get("/").body(Body::from("the body"));
        routes.clone().oneshot(request.expect("a request"))
    };
    assert_eq!(ask().await.expect("an answer").status(), 200);
    service.circuit_breaker().force_open();
    assert_eq!(ask().await.expect("an answer").status(), 503);
    assert_eq!(answers.requests(), 1);
}

#[tokio::test]
async fn handlers_of_axum_have_a_guarded_client() {
    type Guarded = ::tower::util::BoxCloneSyncService<
        Request<String>,
        http::Response<hyper::body::Incoming>,
        BoxError,
    >;
    async fn forward(State((client, url)): State<(Guarded, String)>) -> StatusCode {
        match client.oneshot(put(&url)).await {
            Ok(answer) => answer.status(),
            Err(_) => StatusCode::BAD_GATEWAY,
        }
    }

    let answers = Answers::new(&[500]);
    let behind = server(&answers).await;
    let service = quick();
    let client = ResilienceLayer::for_http(&service)
        .layer(Client::builder(TokioExecutor::new()).build_http());
    let state = (Guarded::new(client), behind);
    let routes = axum::Router::new().fallback(forward).with_state(state);
    let request = Request::get("/").body(Body::empty()).expect("a request");
    assert_eq!(
        routes.oneshot(request).await.expect("an answer").status(),
        200
    );
    assert_eq!(answers.requests(), 2);
}
