//! Copies, idempotence, verdicts on answers.

use std::sync::atomic::{AtomicU32, Ordering};

use ::tower::service_fn;
use http::{Method, Request, Response};

use super::*;
use crate::tower::{http_response, is_idempotent_method};
use crate::verdict::Verdict;

/// A request that cannot be copied.
#[derive(Debug, PartialEq, Eq)]
struct Upload(u32);

/// A service that fails with this verdict, and counts.
#[derive(Clone)]
struct Failing {
    verdict: Verdict,
    requests: Arc<AtomicU32>,
}

impl Failing {
    fn new(verdict: Verdict) -> Self {
        Self {
            verdict,
            requests: Arc::default(),
        }
    }

    async fn fail<T>(self) -> Result<T, backend::Failure> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        Err(backend::Failure(self.verdict))
    }

    fn requests(&self) -> u32 {
        self.requests.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn request_without_a_copy_is_sent_once() {
    for verdict in [Verdict::transient(), Verdict::outcome_unknown()] {
        let service = service_of(ServiceKind::Secret, <_>::default());
        let failing = Failing::new(verdict);
        let once = ResilienceLayer::new(&service)
            .send_once()
            .classify(|error: &backend::Failure| error.0)
            .layer(service_fn({
                let failing = failing.clone();
                move |Upload(_)| failing.clone().fail::<()>()
            }));
        let error = once.oneshot(Upload(1)).await.expect_err("failed");
        assert!(error.is::<backend::Failure>());
        assert_eq!((failing.requests(), service.stats().attempts), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn timed_out_request_without_a_copy_is_sent_once() {
    let service = service_of(ServiceKind::Secret, <_>::default());
    let once = ResilienceLayer::new(&service)
        .send_once()
        .layer(service_fn(|Upload(_)| {
            std::future::pending::<Result<(), BoxError>>()
        }));
    let error = once.oneshot(Upload(1)).await.expect_err("late");
    assert!(matches!(own(&error), ResilienceError::Timeout { .. }));
    assert_eq!(service.stats().attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn request_is_copied_by_a_function() {
    let service = service(<_>::default());
    let failing = Failing::new(Verdict::transient());
    let small = |upload: &Upload| (upload.0 < 10).then_some(Upload(upload.0));
    let client = ResilienceLayer::new(&service)
        .copy_request(small)
        .classify(|error: &backend::Failure| error.0)
        .layer(service_fn({
            let failing = failing.clone();
            move |Upload(_)| failing.clone().fail::<()>()
        }));
    client.clone().oneshot(Upload(9)).await.expect_err("failed");
    assert_eq!(failing.requests(), 3);
    client.oneshot(Upload(10)).await.expect_err("failed");
    assert_eq!(failing.requests(), 4);
}

/// Counts its clones.
struct Counted(Arc<AtomicU32>);

impl Clone for Counted {
    fn clone(&self) -> Self {
        self.0.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&self.0))
    }
}

#[tokio::test(start_paused = true)]
async fn last_attempt_sends_the_original() {
    for attempts in [1, 3] {
        let retry = steady().max_attempts(attempts);
        let service = service(ServiceSettings::default().retry(retry));
        let failing = Failing::new(Verdict::transient());
        let client = ResilienceLayer::new(&service)
            .classify(|error: &backend::Failure| error.0)
            .layer(service_fn({
                let failing = failing.clone();
                move |_: Counted| failing.clone().fail::<()>()
            }));
        let clones = Arc::new(AtomicU32::new(0));
        let sent = client.oneshot(Counted(Arc::clone(&clones)));
        sent.await.expect_err("failed");
        assert_eq!(failing.requests(), attempts);
        assert_eq!(clones.load(Ordering::Relaxed), attempts - 1);
    }
}

#[tokio::test(start_paused = true)]
async fn unknown_outcome_is_repeated_by_the_method() {
    let methods = [
        (Method::GET, 3),
        (Method::HEAD, 3),
        (Method::OPTIONS, 3),
        (Method::PUT, 3),
        (Method::DELETE, 3),
        (Method::TRACE, 3),
        (Method::POST, 1),
        (Method::PATCH, 1),
        (Method::CONNECT, 1),
    ];
    for kind in [ServiceKind::Custom, ServiceKind::Llm] {
        for (method, requests) in methods.clone() {
            let service = service_of(kind, <_>::default());
            let failing = Failing::new(Verdict::outcome_unknown());
            let client = ResilienceLayer::for_http(&service)
                .classify(|error: &backend::Failure| error.0)
                .layer(service_fn({
                    let failing = failing.clone();
                    move |_: Request<String>| failing.clone().fail::<Response<String>>()
                }));
            let mut request = Request::new(String::new());
            *request.method_mut() = method.clone();
            client.oneshot(request).await.expect_err("failed");
            assert_eq!(failing.requests(), requests, "{kind} {method}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn idempotence_is_decided_by_a_function() {
    for (is_idempotent, requests) in [(true, 3), (false, 1)] {
        let service = service(<_>::default());
        let failing = Failing::new(Verdict::outcome_unknown());
        let client = ResilienceLayer::new(&service)
            .idempotent(|request: &bool| *request)
            .classify(|error: &backend::Failure| error.0)
            .layer(service_fn({
                let failing = failing.clone();
                move |_: bool| failing.clone().fail::<()>()
            }));
        client.oneshot(is_idempotent).await.expect_err("failed");
        assert_eq!(failing.requests(), requests);
    }
}

type Headers = &'static [(&'static str, &'static str)];

/// Answers with these one after the other.
fn answers<const N: usize>(
    answers: [(u16, Headers); N],
) -> impl Fn(Request<String>) -> std::future::Ready<Result<Response<&'static str>, BoxError>> + Clone
{
    let answers: std::collections::VecDeque<_> = answers.into_iter().collect();
    let answers = Arc::new(std::sync::Mutex::new(answers));
    move |_| {
        let next = answers.lock().expect("no panic").pop_front();
        let (status, headers) = next.expect("an answer");
        let mut response = Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        std::future::ready(Ok(response.body("the body").expect("valid")))
    }
}

#[tokio::test(start_paused = true)]
async fn answer_that_is_a_failure_is_repeated_after_its_retry_after() {
    let service = service(tokens_per_hour(1_000, Duration::ZERO));
    let inner = answers([
        (503, &[("retry-after", "5")]),
        (429, &[("retry-after", "7")]),
        (200, &[]),
    ]);
    let client = ResilienceLayer::for_http(&service).layer(service_fn(inner));
    let began = tokio::time::Instant::now();
    let answer = client.oneshot(Request::new(String::new())).await;
    assert_eq!(answer.expect("an answer").status(), 200);
    assert!(began.elapsed() >= Duration::from_secs(12));
    assert_eq!(service.stats().cooldowns, 2);
}

#[tokio::test(start_paused = true)]
async fn last_answer_is_returned_unchanged() {
    let service = service(<_>::default());
    let inner = answers([(500, &[]), (500, &[]), (502, &[("x-request-id", "7")])]);
    let client = ResilienceLayer::for_http(&service).layer(service_fn(inner));
    let answer = client.oneshot(Request::new(String::new())).await;
    let answer = answer.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), *answer.body()),
        (502, "the body")
    );
    assert_eq!(answer.headers()["x-request-id"], "7");
    let stats = service.stats();
    assert_eq!((stats.failed, stats.failures.outcome_unknown), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn not_found_is_no_failure_of_the_service() {
    let service = service(<_>::default());
    let inner = answers([(404, &[]); 9]);
    let client = ResilienceLayer::new(&service)
        .classify_response(http_response)
        .idempotent(is_idempotent_method)
        .layer(service_fn(inner));
    for _ in 0..9 {
        let answer = client.clone().oneshot(Request::new(String::new())).await;
        assert_eq!(answer.expect("an answer").status(), 404);
    }
    assert_eq!(
        service.circuit_breaker().state(),
        crate::CircuitState::Closed
    );
    assert_eq!(service.stats().failures.permanent, 9);
}

#[tokio::test(start_paused = true)]
async fn headers_of_a_success_lower_the_limiter() {
    let service = service(tokens_per_hour(1_000, Duration::ZERO));
    let left: Headers = &[
        ("x-ratelimit-remaining-requests", "1"),
        ("x-ratelimit-reset-requests", "1h"),
    ];
    let inner = answers([(200, left), (200, &[]), (200, &[])]);
    let client = ResilienceLayer::for_http(&service).layer(service_fn(inner));
    let ask = || client.clone().oneshot(Request::new(String::new()));
    ask().await.expect("an answer");
    ask().await.expect("the one that is left");
    let error = ask().await.expect_err("used up");
    assert!(matches!(
        own(&error),
        ResilienceError::RateLimitExceeded { .. }
    ));
}
