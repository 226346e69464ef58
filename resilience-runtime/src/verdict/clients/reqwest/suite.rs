//! Tests of one version.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::version::redirect::Policy;
use super::version::{Body, Client, Error, Response};
use crate::verdict::chain_test_util::found;
use crate::verdict::clients::http2_test_server::{Http2Server, Reaction};
use crate::verdict::{ErrorCode, Reason, Verdict};

/// A server for one connection: it reads a request, answers with `answer` and hangs up, after
/// `Some` time.
async fn server(answer: &'static str, wait: Option<Duration>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
            if let Some(wait) = wait {
                tokio::time::sleep(wait).await;
            }
        }
    });
    format!("http://{address}/?api_key=hunter2")
}

fn client() -> Client {
    Client::builder()
        .no_proxy()
        .timeout(Duration::from_millis(500))
        .build()
        .expect("a client")
}

async fn ask(answer: &'static str) -> Result<Response, Error> {
    client().get(server(answer, None).await).send().await
}

fn name(verdict: Verdict) -> Option<ErrorCode> {
    verdict.code()
}

#[tokio::test]
async fn refused_connection_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error = client().get(format!("http://{address}/")).send().await;
    let verdict = found(error.expect_err("refused"));
    assert_eq!(verdict, Verdict::transient());
    assert_eq!(name(verdict), Some(ErrorCode::Name("connect")));
}

#[tokio::test]
async fn unresolved_name_is_transient() {
    let error = client().get("http://nowhere.invalid/").send().await;
    assert_eq!(
        found(error.expect_err("no such name")),
        Verdict::transient()
    );
}

#[tokio::test]
async fn timed_out_request_is_outcome_unknown() {
    let url = server("", Some(Duration::from_secs(5))).await;
    let verdict = found(client().get(url).send().await.expect_err("too late"));
    assert_eq!(verdict, Verdict::outcome_unknown());
    assert_eq!(verdict.reason(), Some(Reason::TimedOut));
    assert_eq!(name(verdict), Some(ErrorCode::Name("timeout")));
}

#[tokio::test]
async fn aborted_response_is_outcome_unknown() {
    let verdict = found(ask("").await.expect_err("hung up"));
    assert_eq!(verdict, Verdict::outcome_unknown());
    assert_eq!(name(verdict), Some(ErrorCode::Name("request")));

    let half = ask("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":").await;
    let half = half.expect("a head").json::<serde_json::Value>().await;
    let verdict = found(half.expect_err("half an answer"));
    assert_eq!(verdict, Verdict::outcome_unknown());
    assert_eq!(name(verdict), Some(ErrorCode::Name("body")));
}

#[tokio::test]
async fn aborted_chunked_body_is_outcome_unknown() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\na",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n",
    ] {
        let mut answer = ask(answer).await.expect("a head");
        assert_eq!(
            answer.chunk().await.expect("a piece").as_deref(),
            Some(&b"a"[..])
        );
        let verdict = found(answer.chunk().await.expect_err("no more"));
        assert_eq!(verdict, Verdict::outcome_unknown());
        assert_eq!(name(verdict), Some(ErrorCode::Name("body")));
    }
}

#[tokio::test]
async fn undecodable_response_is_permanent() {
    let answer = ask("HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n{").await;
    let answer = answer.expect("a head").json::<serde_json::Value>().await;
    let verdict = found(answer.expect_err("not JSON"));
    assert_eq!(verdict, Verdict::permanent());
    assert_eq!(name(verdict), Some(ErrorCode::Name("decode")));
}

#[tokio::test]
async fn error_for_status_is_classified_by_http_status() {
    for (answer, expected, reason) in [
        (
            "HTTP/1.1 429 X\r\ncontent-length: 0\r\n\r\n",
            Verdict::throttled(None),
            None,
        ),
        (
            "HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n",
            Verdict::outcome_unknown(),
            None,
        ),
        (
            "HTTP/1.1 500 X\r\ncontent-length: 0\r\n\r\n",
            Verdict::outcome_unknown(),
            None,
        ),
        (
            "HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n",
            Verdict::permanent(),
            Some(Reason::NotFound),
        ),
        (
            "HTTP/1.1 401 X\r\ncontent-length: 0\r\n\r\n",
            Verdict::permanent(),
            Some(Reason::Denied),
        ),
    ] {
        let error = ask(answer).await.expect("a head").error_for_status();
        let verdict = found(error.expect_err("a status"));
        assert_eq!(verdict, expected, "{answer}");
        assert_eq!(verdict.reason(), reason, "{answer}");
    }
}

/// A body that cannot be read to its end, such as a file that was cut off.
struct Broken;

impl hyper::body::Body for Broken {
    type Data = hyper::body::Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into())))
    }
}

#[tokio::test]
async fn failure_of_the_requests_own_body_is_not_the_servers() {
    let url = server("", Some(Duration::from_secs(5))).await;
    let error = client().post(url).body(Body::wrap(Broken)).send().await;
    let verdict = found(error.expect_err("no body"));
    assert_eq!(verdict, Verdict::outcome_unknown().ignored_by_breaker());
    assert_eq!(name(verdict), Some(ErrorCode::Name("user")));
}

/// Nothing in the error tells of the first request, so the documentation says what to do.
#[tokio::test]
async fn refused_redirect_hides_the_request_before_it() {
    const ELSEWHERE: &str =
        "HTTP/1.1 303 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
    let url = server(ELSEWHERE, None).await;
    let error = client().post(&url).body("hunter2").send().await;
    assert!(found(error.expect_err("refused")).is_transient());
    let unfollowed = Client::builder().no_proxy().redirect(Policy::none());
    let unfollowed = unfollowed.build().expect("a client");
    let answer = unfollowed.post(&url).body("hunter2").send().await;
    assert_eq!(answer.expect("an answer").status(), 303);
}

#[tokio::test]
async fn invalid_request_is_permanent() {
    let verdict = found(client().get("no url").send().await.expect_err("no url"));
    assert_eq!(verdict, Verdict::permanent());

    let round = ask("HTTP/1.1 302 X\r\nlocation: /\r\ncontent-length: 0\r\n\r\n").await;
    let verdict = found(round.expect_err("too many redirects"));
    assert_eq!(verdict, Verdict::permanent());
}

/// A client that speaks HTTP/2 from its first byte.
fn http2() -> Client {
    Client::builder()
        .no_proxy()
        .http2_prior_knowledge()
        .timeout(Duration::from_secs(5))
        .build()
        .expect("a client")
}

#[tokio::test]
async fn unprocessed_http2_request_is_transient() {
    for reaction in Reaction::ALL {
        let server = Http2Server::start(reaction).await;
        let error = http2().post(server.url()).body("x").send().await;
        let verdict = found(error.expect_err("no answer"));
        // It repeats by itself what it takes for unread.
        let again = matches!(reaction, Reaction::Refuse | Reaction::GoAwayBelow);
        let expected = if again { 3 } else { 1 };
        assert_eq!(server.requests(), expected, "{reaction:?}");
        if reaction.proves_that_nothing_ran() {
            assert_eq!(verdict, Verdict::transient(), "{reaction:?}");
            assert_eq!(name(verdict), Some(ErrorCode::Name("not processed")));
        } else {
            assert_eq!(verdict, Verdict::outcome_unknown(), "{reaction:?}");
            assert_eq!(name(verdict), Some(ErrorCode::Name("request")));
        }
    }
}
