use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::hyper::body::{Body, Bytes, Frame};
use ::hyper::client::conn::{http1, http2};
use ::hyper::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::verdict::chain_test_util::found;
use crate::verdict::clients::http2_test_server::{Http2Server, Reaction};

fn name(verdict: Verdict) -> Option<&'static str> {
    match verdict.code() {
        Some(ErrorCode::Name(name)) => Some(name),
        _ => None,
    }
}

/// A server that reads a request, answers with `answer` and hangs up.
async fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/")
}

fn post(url: &str) -> Request<Full<Bytes>> {
    let body = Full::from("hunter2");
    Request::post(url).body(body).expect("a request")
}

async fn ask_by_client(url: &str, only_http2: bool) -> ClientError {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(only_http2)
        .build_http();
    let answer: Result<Response<_>, _> = client.request(post(url)).await;
    answer.expect_err("no answer")
}

async fn tcp(url: &str) -> TokioIo<TcpStream> {
    let address = url
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .to_owned();
    TokioIo::new(TcpStream::connect(address).await.expect("a server"))
}

/// The request over a connection of its own, and the end of that connection.
async fn ask_over_http2(url: &str) -> (Error, Result<(), Error>) {
    let handshake = http2::handshake(TokioExecutor::new(), tcp(url).await);
    let (mut sender, connection) = handshake.await.expect("a connection");
    let connection = tokio::spawn(connection);
    let error = sender.send_request(post(url)).await.expect_err("no answer");
    drop(sender);
    (error, connection.await.expect("no panic"))
}

#[tokio::test]
async fn unprocessed_http2_request_is_transient() {
    for reaction in Reaction::ALL {
        let server = Http2Server::start(reaction).await;
        let verdict = found(ask_by_client(&server.url(), true).await);
        if reaction.proves_that_nothing_ran() {
            assert_eq!(verdict, Verdict::transient(), "{reaction:?}");
            assert_eq!(name(verdict), Some("not processed"), "{reaction:?}");
        } else {
            assert_eq!(verdict, Verdict::outcome_unknown(), "{reaction:?}");
        }
    }
}

#[tokio::test]
async fn http2_error_without_a_pool_asks_for_a_reconnect() {
    let lost = Verdict::outcome_unknown().needs_reconnect();
    for (reaction, expected, code) in [
        (Reaction::Refuse, Verdict::transient(), "refused"),
        (Reaction::Reset, Verdict::outcome_unknown(), "reset"),
        (Reaction::Cancel, Verdict::outcome_unknown(), "reset"),
        (
            Reaction::GoAwayBelow,
            Verdict::transient().needs_reconnect(),
            "going away",
        ),
        // As the future of the connection may fail.
        (Reaction::CalmDownBelow, lost, "broken"),
        (Reaction::GoAwayAbove, lost, "broken"),
        (Reaction::FailAbove, lost, "broken"),
        (Reaction::HangUp, lost, "broken"),
    ] {
        let server = Http2Server::start(reaction).await;
        let (error, connection) = ask_over_http2(&server.url()).await;
        let verdict = found(error);
        assert_eq!(verdict, expected, "{reaction:?}");
        assert_eq!(name(verdict), Some(code), "{reaction:?}");
        if let Err(error) = connection {
            assert_eq!(found(error), lost, "{reaction:?}");
        }
    }
}

#[tokio::test]
async fn refused_connection_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let verdict = found(ask_by_client(&format!("http://{address}/"), false).await);
    assert_eq!(verdict, Verdict::transient());
    assert_eq!(name(verdict), Some("connect"));
}

#[tokio::test]
async fn aborted_response_is_outcome_unknown() {
    for (answer, code) in [
        ("", "incomplete message"),
        ("HTTP/1.1 20", "incomplete message"),
        ("SSH-2.0-OpenSSH_9.2\r\n\r\n", "parse"),
    ] {
        let url = server(answer).await;
        let verdict = found(ask_by_client(&url, false).await);
        assert_eq!(verdict, Verdict::outcome_unknown(), "{answer}");
        assert_eq!(name(verdict), Some(code), "{answer}");
    }

    let url = server("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\na").await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let answer = client.request(post(&url)).await.expect("a head");
    let verdict = found(answer.into_body().collect().await.expect_err("half a body"));
    assert_eq!(verdict, Verdict::outcome_unknown().needs_reconnect());
}

#[tokio::test]
async fn request_over_a_closed_connection_is_transient() {
    let url = server("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
    let (mut sender, connection) = http1::handshake(tcp(&url).await)
        .await
        .expect("a connection");
    let connection = tokio::spawn(connection);
    sender.send_request(post(&url)).await.expect("an answer");
    connection.await.expect("no panic").expect("a clean end");
    let not_sent = Verdict::transient().needs_reconnect();
    let verdict = found(sender.send_request(post(&url)).await.expect_err("closed"));
    assert_eq!(verdict, not_sent);
    assert_eq!(name(verdict), Some("not sent"));
    let verdict = found(sender.ready().await.expect_err("closed"));
    assert_eq!(verdict, not_sent);
    assert_eq!(name(verdict), Some("closed"));
}

/// A body that fails before its end.
struct Broken;

impl Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::InvalidData.into())))
    }
}

#[tokio::test]
async fn failed_body_of_the_request_is_ignored_by_the_breaker() {
    let url = server("").await;
    let client = Client::builder(TokioExecutor::new()).build_http();
    let request = Request::post(&url).body(Broken).expect("a request");
    let verdict = found(client.request(request).await.expect_err("half a request"));
    assert_eq!(verdict, Verdict::outcome_unknown().ignored_by_breaker());
    assert_eq!(name(verdict), Some("user"));
}

#[tokio::test]
async fn invalid_request_is_permanent() {
    let verdict = found(ask_by_client("/no/host", false).await);
    assert_eq!(verdict, Verdict::permanent());
}

#[tokio::test]
async fn upgrade_that_does_not_come_about_is_outcome_unknown() {
    let url = server("HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n").await;
    let (mut sender, connection) = http1::handshake(tcp(&url).await)
        .await
        .expect("a connection");
    // Nobody drives the upgrade on.
    let connection = tokio::spawn(async move { connection.without_shutdown().await.map(drop) });
    let request = post(&url);
    let answer = sender.send_request(request).await.expect("a head");
    let error = ::hyper::upgrade::on(answer).await.map(drop);
    let _: Result<Result<(), Error>, _> = connection.await;
    let error = error.expect_err("no upgrade");
    assert!(error.is_canceled() || error.is_user(), "{error:?}");
    assert!(found(error).is_outcome_unknown());
}
