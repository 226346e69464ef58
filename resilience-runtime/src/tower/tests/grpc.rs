//! tonic's channel over loopback.

use std::sync::atomic::{AtomicU32, Ordering};

use http::Response;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpListener;
use tonic::transport::Channel;

use super::*;
use crate::tower::grpc_response;

/// A server that answers each call with nothing but a status, and counts.
async fn server(codes: &'static [&'static str]) -> (Channel, Arc<AtomicU32>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let requests = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&requests);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            let answer = service_fn(move |_| {
                let at = counted.fetch_add(1, Ordering::SeqCst) as usize;
                let code = codes.get(at).unwrap_or(&"0");
                let answer = Response::builder()
                    .header("content-type", "application/grpc")
                    .header("grpc-status", *code)
                    .body(String::new());
                std::future::ready(answer)
            });
            let connection = http2::Builder::new(TokioExecutor::new());
            tokio::spawn(connection.serve_connection(TokioIo::new(stream), answer));
        }
    });
    let endpoint = Channel::from_shared(url).expect("an address");
    (endpoint.connect_lazy(), requests)
}

fn request() -> http::Request<tonic::body::Body> {
    let request = http::Request::post("http://any/search.Search/Find");
    let request = request.header("content-type", "application/grpc");
    request.body(tonic::body::Body::empty()).expect("a request")
}

fn quick() -> Arc<Service> {
    let retry = steady().base_delay(Duration::from_millis(5));
    service(ServiceSettings::default().retry(retry))
}

#[tokio::test]
async fn statuses_of_a_channel_open_the_breaker() {
    let (channel, requests) = server(&["14"; 20]).await;
    let service = quick();
    let client = ResilienceLayer::new(&service)
        .send_once()
        .classify_response(grpc_response)
        .layer(channel);
    for _ in 0..5 {
        let answer = client.clone().oneshot(request()).await.expect("an answer");
        assert_eq!(answer.headers()["grpc-status"], "14");
    }
    let error = client.oneshot(request()).await.expect_err("open");
    assert!(matches!(
        own(&error),
        ResilienceError::CircuitBreakerOpen { .. }
    ));
    assert_eq!(requests.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn calls_of_a_channel_are_repeated_where_they_can_be_copied() {
    // Aborted: lost against another transaction.
    let (channel, requests) = server(&["10", "10"]).await;
    let service = quick();
    let copy_empty = |sent: &http::Request<tonic::body::Body>| {
        let mut copy = request();
        *copy.uri_mut() = sent.uri().clone();
        Some(copy)
    };
    let client = ResilienceLayer::new(&service)
        .copy_request(copy_empty)
        .classify_response(grpc_response)
        .layer(channel);
    let answer = client.oneshot(request()).await.expect("an answer");
    assert_eq!(answer.headers()["grpc-status"], "0");
    assert_eq!(requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn guarded_channel_carries_a_client() {
    fn carries<T>(_: &T)
    where
        T: tonic::client::GrpcService<tonic::body::Body>,
    {
    }
    let (channel, _) = server(&[]).await;
    let service = quick();
    let client = ResilienceLayer::new(&service)
        .send_once()
        .classify_response(grpc_response)
        .layer(channel);
    carries(&client);
    let _ = tonic::client::Grpc::new(client);
}
