//! Under paused time: the last middleware of the chain answers by itself.

use std::collections::VecDeque;
use std::sync::Mutex;

use ::reqwest::{Body, Client, Method, Request, Response};
use ::reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Error, Middleware, Next};
use http::Extensions;
use tokio::time::Instant;

use super::*;

/// A status with headers, or an error of this kind.
#[derive(Clone, Copy, Debug)]
enum Step {
    Answer(u16, &'static [(&'static str, &'static str)]),
    Fail(std::io::ErrorKind),
    Hang,
}
use Step::{Answer, Fail, Hang};

#[derive(Clone, Default)]
struct Scripted {
    steps: Arc<Mutex<VecDeque<Step>>>,
    bodies: Arc<Mutex<Vec<Option<Vec<u8>>>>>,
}

impl Scripted {
    fn new<const N: usize>(steps: [Step; N]) -> Self {
        Self {
            steps: Arc::new(Mutex::new(steps.into())),
            bodies: Arc::default(),
        }
    }

    fn requests(&self) -> usize {
        self.bodies.lock().expect("no panic").len()
    }
}

#[async_trait::async_trait]
impl Middleware for Scripted {
    async fn handle(
        &self,
        request: Request,
        _: &mut Extensions,
        _: Next<'_>,
    ) -> Result<Response, Error> {
        let body = request.body().and_then(Body::as_bytes).map(<[u8]>::to_vec);
        self.bodies.lock().expect("no panic").push(body);
        let step = self.steps.lock().expect("no panic").pop_front();
        match step.unwrap_or(Answer(200, &[])) {
            Answer(status, headers) => {
                let mut response = http::Response::builder().status(status);
                for (name, value) in headers {
                    response = response.header(*name, *value);
                }
                Ok(response.body("the answer").expect("valid").into())
            }
            Fail(kind) => Err(Error::middleware(std::io::Error::from(kind))),
            Hang => std::future::pending().await,
        }
    }
}

const URL: &str = "http://search.invalid/";

fn custom() -> Arc<Service> {
    service(ServiceKind::Custom, Duration::from_secs(1))
}

fn client(service: &Arc<Service>, scripted: &Scripted) -> ClientWithMiddleware {
    through(ResilienceMiddleware::new(service), scripted)
}

fn through(guard: ResilienceMiddleware, scripted: &Scripted) -> ClientWithMiddleware {
    let http = Client::builder().no_proxy().build().expect("a client");
    ClientBuilder::new(http)
        .with(guard)
        .with(scripted.clone())
        .build()
}

#[tokio::test(start_paused = true)]
async fn failed_attempts_are_repeated_with_the_same_body() {
    let refused = std::io::ErrorKind::ConnectionRefused;
    let scripted = Scripted::new([Fail(refused), Answer(503, &[])]);
    let service = custom();
    let client = client(&service, &scripted);
    let answer = client.put(URL).body("the body").send().await;
    assert_eq!(
        answer.expect("an answer").text().await.expect("a body"),
        "the answer"
    );
    let bodies = scripted.bodies.lock().expect("no panic");
    assert_eq!(*bodies, vec![Some(b"the body".to_vec()); 3]);
    let failures = service.stats().failures;
    assert_eq!((failures.transient, failures.outcome_unknown), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_a_pause_for_all_requests() {
    let scripted = Scripted::new([
        Answer(429, &[("retry-after", "20")]),
        Answer(200, &[]),
        Answer(
            429,
            &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "5")],
        ),
    ]);
    let service = custom();
    let client = client(&service, &scripted);
    let began = Instant::now();
    client.get(URL).send().await.expect("an answer");
    assert!(began.elapsed() >= Duration::from_secs(20));
    client.get(URL).send().await.expect("an answer");
    assert!(began.elapsed() >= Duration::from_secs(25));
    assert_eq!((scripted.requests(), service.stats().cooldowns), (4, 2));
}

#[tokio::test(start_paused = true)]
async fn last_answer_is_returned_unchanged() {
    let scripted = Scripted::new([
        Answer(500, &[]),
        Answer(500, &[]),
        Answer(502, &[("x-request-id", "7")]),
    ]);
    let answer = client(&custom(), &scripted).get(URL).send().await;
    let answer = answer.expect("an answer");
    assert_eq!((answer.status().as_u16(), scripted.requests()), (502, 3));
    assert_eq!(answer.headers()["x-request-id"], "7");
    assert_eq!(answer.text().await.expect("a body"), "the answer");
}

#[tokio::test(start_paused = true)]
async fn unknown_outcome_is_repeated_by_the_method() {
    let methods = [
        (Method::GET, 3),
        (Method::PUT, 3),
        (Method::DELETE, 3),
        (Method::POST, 1),
        (Method::PATCH, 1),
    ];
    for kind in [ServiceKind::Custom, ServiceKind::Llm] {
        for (method, requests) in methods.clone() {
            let scripted = Scripted::new([Answer(500, &[]); 3]);
            let service = service(kind, Duration::from_secs(1));
            let sent = client(&service, &scripted).request(method.clone(), URL);
            sent.send().await.expect("an answer");
            assert_eq!(scripted.requests(), requests, "{kind} {method}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn extension_of_the_request_decides_before_the_method() {
    for (idempotent, requests) in [(true, 3), (false, 1)] {
        for method in [Method::GET, Method::POST] {
            let scripted = Scripted::new([Answer(500, &[]); 3]);
            let sent = client(&custom(), &scripted)
                .request(method, URL)
                .with_extension(Idempotent(idempotent));
            sent.send().await.expect("an answer");
            assert_eq!(scripted.requests(), requests);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn body_without_a_copy_is_sent_once() {
    let refused = std::io::ErrorKind::ConnectionRefused;
    for step in [Answer(503, &[]), Fail(refused)] {
        let scripted = Scripted::new([step; 3]);
        let service = custom();
        let stream = Body::wrap(http_body_util::Full::new(axum::body::Bytes::from(
            "a stream",
        )));
        let sent = client(&service, &scripted).put(URL).body(stream).send();
        let _ = sent.await;
        assert_eq!((scripted.requests(), service.stats().attempts), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn breaker_opens_and_the_error_is_found() {
    let scripted = Scripted::new([Answer(500, &[]); 5]);
    let service = custom();
    let client = client(&service, &scripted);
    for _ in 0..5 {
        client.post(URL).send().await.expect("an answer");
    }
    let error = client.post(URL).send().await.expect_err("open");
    assert!(matches!(
        ResilienceMiddleware::error(&error),
        Some(ResilienceError::CircuitBreakerOpen { .. })
    ));
    assert_eq!(scripted.requests(), 5);
    // Whoever is asked round it does not take it for a failure of another service.
    let verdict = crate::Classify::classify(&error);
    assert!(verdict.is_permanent() && verdict.is_ignored_by_breaker());
}

#[tokio::test(start_paused = true)]
async fn timeout_ends_an_attempt() {
    let scripted = Scripted::new([Hang]);
    let service = custom();
    let began = Instant::now();
    let error = client(&service, &scripted).post(URL).send().await;
    let error = error.expect_err("late");
    assert!(matches!(
        ResilienceMiddleware::error(&error),
        Some(ResilienceError::Timeout { .. })
    ));
    assert_eq!(began.elapsed(), Duration::from_secs(30));
    assert_eq!(scripted.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn keys_have_their_own_breakers_and_limits() {
    let scripted = Scripted::new([Answer(500, &[]); 5]);
    let service = custom();
    let host = |request: &Request| request.url().host_str().map(str::to_owned);
    let guard = ResilienceMiddleware::new(&service)
        .circuit_breaker_key(host)
        .bulkhead_key(host)
        .rate_limit_key(host);
    let client = through(guard, &scripted);
    for _ in 0..5 {
        client
            .post("http://a.invalid/")
            .send()
            .await
            .expect("an answer");
    }
    client
        .post("http://a.invalid/")
        .send()
        .await
        .expect_err("open");
    client
        .post("http://b.invalid/")
        .send()
        .await
        .expect("an answer");
    assert_eq!(service.stats().circuit_keys.expect("keys").open, 1);
}

#[tokio::test(start_paused = true)]
async fn dropped_request_is_abandoned() {
    let scripted = Scripted::new([Hang]);
    let service = custom();
    let sent = client(&service, &scripted).get(URL).send();
    let late = tokio::time::timeout(Duration::from_secs(1), sent).await;
    late.expect_err("late");
    assert_eq!(service.stats().abandoned, 1);
}

#[test]
fn debug_shows_the_name_of_the_service_alone() {
    let guard = ResilienceMiddleware::new(&custom());
    assert_eq!(
        format!("{guard:?}"),
        r#"ResilienceMiddleware { service: "api", .. }"#
    );
}
