//! What an HTTP answer proves: a request is sent again without a doubt only where it is known to have had no effect.

use std::sync::Mutex;
use std::time::Duration;

use resilience_runtime::{
    CircuitState, Registry, ResilienceError, ServiceKind, Verdict, llm_resilient, resilient,
};
use tokio::time::Instant;

/// An answer with a status, headers and a body.
#[derive(Clone, Copy, Debug, Default)]
struct Answer {
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: &'static str,
    by_repeating_client: bool,
}

#[derive(Debug, thiserror::Error)]
enum Error {
    #[error("status {}", .0.status)]
    Status(Answer),
    #[error(transparent)]
    Resilience(#[from] ResilienceError),
}

fn judge(error: &Error) -> Verdict {
    let Error::Status(answer) = error else {
        return Verdict::permanent();
    };
    let body = answer.body.as_bytes();
    let verdict = Verdict::from_http_response(answer.status, answer.headers, body);
    if answer.by_repeating_client {
        verdict.after_client_retries()
    } else {
        verdict
    }
}

/// Notes when it was asked.
#[derive(Default)]
struct Server(Mutex<Vec<Instant>>);

impl Server {
    fn answer(&self, answer: Answer) -> Result<(), Error> {
        self.0.lock().unwrap().push(Instant::now());
        Err(Error::Status(answer))
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

#[resilient(service = "api", classify = judge)]
async fn post(server: &Server, answer: Answer) -> Result<(), Error> {
    server.answer(answer)
}

#[resilient(service = "api", idempotent, classify = judge)]
async fn put(server: &Server, answer: Answer) -> Result<(), Error> {
    server.answer(answer)
}

#[resilient(service = "api", client_retries = off, classify = judge)]
async fn post_once(server: &Server, answer: Answer) -> Result<(), Error> {
    server.answer(answer)
}

#[llm_resilient(
    service = "llm",
    classify = judge,
    rate_limit(tokens_per_minute = 1_000, cost = 100, key = "all")
)]
async fn complete(server: &Server, answer: Answer) -> Result<(), Error> {
    server.answer(answer)
}

const OVERFLOW: &str =
    "upstream connect error or disconnect/reset before headers. reset reason: overflow";
const LOST: &str = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";

fn status(status: u16) -> Answer {
    Answer {
        status,
        ..Answer::default()
    }
}

fn envoy(body: &'static str) -> Answer {
    Answer {
        body,
        ..status(503)
    }
}

#[tokio::test(start_paused = true)]
async fn request_without_evidence_is_sent_once_unless_idempotent() {
    for (answer, sent, sent_if_idempotent) in [
        (status(503), 1, 3),
        (status(529), 1, 3),
        (status(408), 1, 3),
        (status(409), 1, 3),
        (status(500), 1, 3),
        (envoy(LOST), 1, 3),
        (
            envoy("No server is available to handle this request."),
            1,
            3,
        ),
        (envoy("no healthy upstream"), 3, 3),
        (envoy(OVERFLOW), 3, 3),
        (status(425), 3, 3),
        (status(429), 3, 3),
        (status(404), 1, 1),
        (status(403), 1, 1),
    ] {
        let (once, again) = (Server::default(), Server::default());
        let registry = Registry::new();
        registry.scope(post(&once, answer)).await.unwrap_err();
        let registry = Registry::new();
        registry.scope(put(&again, answer)).await.unwrap_err();
        assert_eq!(once.asked(), sent, "{answer:?}");
        assert_eq!(again.asked(), sent_if_idempotent, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn breaker_counts_lost_answers_and_no_conflicts() {
    for (answer, state) in [
        (status(503), CircuitState::Open),
        (status(408), CircuitState::Open),
        (status(504), CircuitState::Open),
        (status(409), CircuitState::Closed),
        (status(429), CircuitState::Closed),
        (status(412), CircuitState::Closed),
    ] {
        let registry = Registry::new();
        let server = Server::default();
        for _ in 0..5 {
            registry.scope(post(&server, answer)).await.unwrap_err();
        }
        let api = registry.service("api", ServiceKind::Custom).unwrap();
        assert_eq!(api.circuit_breaker().state(), state, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn client_that_repeats_is_believed_where_its_retries_are_off() {
    for (answer, sent) in [(envoy(OVERFLOW), 1), (status(429), 1), (status(500), 1)] {
        let answer = Answer {
            by_repeating_client: true,
            ..answer
        };
        let registry = Registry::new();
        let (server, off) = (Server::default(), Server::default());
        registry.scope(post(&server, answer)).await.unwrap_err();
        assert_eq!(server.asked(), sent, "{answer:?}");
        registry.scope(post_once(&off, answer)).await.unwrap_err();
        let expected = if answer.status == 500 { 1 } else { 3 };
        assert_eq!(off.asked(), expected, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn gateway_timeout_of_a_language_model_is_repeated_once() {
    for (answer, sent) in [
        (status(408), 2),
        (status(504), 2),
        (status(500), 3),
        (status(529), 3),
    ] {
        let registry = Registry::new();
        let server = Server::default();
        registry.scope(complete(&server, answer)).await.unwrap_err();
        assert_eq!(server.asked(), sent, "{answer:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_returned_only_where_nothing_ran() {
    let again = Answer {
        headers: &[("x-envoy-attempt-count", "2")],
        ..status(429)
    };
    for (answer, kept) in [
        (status(503), 300),
        (status(529), 300),
        (status(408), 200),
        (status(409), 300),
        (envoy("no healthy upstream"), 0),
        (status(429), 0),
        (again, 300),
    ] {
        let registry = Registry::new();
        let server = Server::default();
        registry.scope(complete(&server, answer)).await.unwrap_err();
        let llm = registry.service("llm", ServiceKind::Llm).unwrap();
        let limiter = llm.rate_limiter().unwrap();
        // Refilled while the call waited between its attempts.
        let refilled = 1_000 * server.0.lock().unwrap()[0].elapsed().as_secs() as u32 / 60 + 17;
        let taken = 1_000 - limiter.peek("all").remaining;
        assert!(
            taken <= kept && taken + refilled >= kept,
            "{answer:?}: {taken}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn wait_of_an_unknown_outcome_still_cools_down() {
    let answer = Answer {
        headers: &[("retry-after", "7")],
        ..status(503)
    };
    let registry = Registry::new();
    let server = Server::default();
    registry.scope(post(&server, answer)).await.unwrap_err();
    assert_eq!(server.asked(), 1);
    let began = Instant::now();
    let out = registry.scope(post(&server, status(404))).await;
    match out {
        Err(Error::Resilience(ResilienceError::RateLimitExceeded { retry_after, .. })) => {
            assert_eq!(retry_after, Some(Duration::from_secs(7)));
        }
        out => assert!(
            began.elapsed() >= Duration::from_secs(7),
            "{out:?} after {:?}",
            began.elapsed()
        ),
    }
}
