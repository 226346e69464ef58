//! Functions that return a stream: retried until the first item, monitored until the last.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use resilience_runtime::{
    CircuitState, Registry, ResilienceError, llm_resilient, telemetry::EventKind, verdict::Class,
};
use tokio::time::{Instant, Sleep, sleep};

use crate::errors::ApiError;
use crate::events::heard;

type Item = Result<u32, ApiError>;
type BoxStream<'a> = Pin<Box<dyn Stream<Item = Item> + Send + 'a>>;

/// What a server sends: after a pause, an item.
#[derive(Clone, Copy)]
enum Sent {
    Item(u32),
    Pause(u64),
    Error,
    Silence,
}

struct Script {
    left: std::collections::VecDeque<Sent>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Script {
    fn new(sent: &[Sent]) -> Self {
        Self {
            left: sent.to_vec().into(),
            pause: None,
        }
    }
}

impl Stream for Script {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Item>> {
        loop {
            if let Some(pause) = &mut self.pause {
                if pause.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.pause = None;
            }
            match self.left.pop_front() {
                None => return Poll::Ready(None),
                Some(Sent::Item(item)) => return Poll::Ready(Some(Ok(item))),
                Some(Sent::Error) => return Poll::Ready(Some(Err(ApiError::Unknown))),
                Some(Sent::Silence) => {
                    self.left = [Sent::Silence].into();
                    return Poll::Pending;
                }
                Some(Sent::Pause(seconds)) => {
                    self.pause = Some(Box::pin(sleep(Duration::from_secs(seconds))));
                }
            }
        }
    }
}

/// A server that answers each request with the next script.
struct Server {
    scripts: Vec<Vec<Sent>>,
    asked: AtomicUsize,
}

impl Server {
    fn new<const N: usize>(scripts: [&[Sent]; N]) -> Self {
        Self {
            scripts: scripts.into_iter().map(<[Sent]>::to_vec).collect(),
            asked: AtomicUsize::new(0),
        }
    }

    fn open(&self) -> Script {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        Script::new(&self.scripts[asked.min(self.scripts.len() - 1)])
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[llm_resilient(
    service = "chat",
    timeout = "10s",
    retry(base_delay = "1s", jitter = "none"),
    circuit_breaker(failure_threshold = 2, recovery_timeout = "1m"),
    bulkhead(max_concurrent = 1),
    stream(idle_timeout = "5s", complete = |item| *item == 9)
)]
async fn chat(server: &Server) -> Result<impl Stream<Item = Item> + use<>, ApiError> {
    Ok(server.open())
}

async fn collect(stream: impl Stream<Item = Item>) -> (Vec<u32>, Option<ApiError>) {
    let mut stream = std::pin::pin!(stream);
    let mut items = Vec::new();
    let mut failure = None;
    while let Some(item) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        match item {
            Ok(item) => items.push(item),
            Err(error) => failure = Some(error),
        }
    }
    (items, failure)
}

use Sent::{Error, Item as It, Pause, Silence};

#[tokio::test(start_paused = true)]
async fn every_item_comes_through_in_order() {
    let server = Server::new([&[Pause(1), It(1), It(2), Pause(4), It(9)]]);
    let registry = Registry::new();
    let calls = async {
        let (items, failure) = collect(chat(&server).await.unwrap()).await;
        assert_eq!(items, [1, 2, 9]);
        assert!(failure.is_none());
    };
    registry.scope(calls).await;
    let stats = registry.get("chat").unwrap().stats();
    assert_eq!((stats.calls, stats.attempts, stats.successes), (1, 1, 1));
    assert_eq!((stats.broken_streams, stats.in_flight), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn failure_before_first_item_is_retried() {
    // An error, silence until the timeout, and a stream that ends before it began.
    for first in [&[Error][..], &[Silence], &[]] {
        let server = Server::new([first, &[It(1), It(9)]]);
        let registry = Registry::new();
        let calls = async {
            let (items, failure) = collect(chat(&server).await.unwrap()).await;
            assert_eq!(items, [1, 9]);
            assert!(failure.is_none());
        };
        registry.scope(calls).await;
        assert_eq!(server.asked(), 2);
        let stats = registry.get("chat").unwrap().stats();
        assert_eq!((stats.calls, stats.attempts, stats.retries), (1, 2, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn failure_after_first_item_is_not_retried_but_counted() {
    let server = Server::new([&[It(1), It(2), Error]]);
    let registry = Registry::new();
    let calls = async {
        for _ in 0..2 {
            let (items, failure) = collect(chat(&server).await.unwrap()).await;
            assert_eq!(items, [1, 2]);
            assert!(matches!(failure, Some(ApiError::Unknown)));
        }
        assert!(chat(&server).await.err().unwrap().is_open_circuit());
    };
    registry.scope(calls).await;
    assert_eq!(server.asked(), 2);
    let service = registry.get("chat").unwrap();
    assert_eq!(service.circuit_breaker().state(), CircuitState::Open);
    assert_eq!(service.stats().broken_streams, 2);
}

#[tokio::test(start_paused = true)]
async fn silent_stream_ends_with_a_timeout() {
    let server = Server::new([&[It(1), Pause(4), It(2), Silence]]);
    let registry = Registry::new();
    let began = Instant::now();
    let calls = async {
        let (items, failure) = collect(chat(&server).await.unwrap()).await;
        assert_eq!(items, [1, 2]);
        assert!(failure.unwrap().is_timeout());
    };
    registry.scope(calls).await;
    assert_eq!(began.elapsed(), Duration::from_secs(9));
    assert_eq!(registry.get("chat").unwrap().stats().broken_streams, 1);
}

#[tokio::test(start_paused = true)]
async fn stream_ending_before_complete_is_broken() {
    let server = Server::new([&[It(1), It(2)]]);
    let registry = Registry::new();
    let calls = async {
        let (items, failure) = collect(chat(&server).await.unwrap()).await;
        assert_eq!(items, [1, 2]);
        assert!(matches!(
            failure.unwrap().local(),
            ResilienceError::StreamInterrupted { .. }
        ));
    };
    registry.scope(calls).await;
    assert_eq!(registry.get("chat").unwrap().stats().broken_streams, 1);
}

#[tokio::test(start_paused = true)]
async fn empty_stream_with_complete_fails_the_attempt() {
    let server = Server::new([&[]]);
    let out = Registry::new().scope(chat(&server)).await;
    assert!(matches!(
        out.err().unwrap().local(),
        ResilienceError::StreamInterrupted { .. }
    ));
    assert_eq!(server.asked(), 2, "then the circuit is open");
}

#[tokio::test(start_paused = true)]
async fn stream_holds_its_permit_until_it_ends_or_is_dropped() {
    let server = Server::new([&[It(1), It(9)]]);
    let calls = async {
        let first = chat(&server).await.unwrap();
        let full = chat(&server).await.err().unwrap();
        assert!(matches!(full.local(), ResilienceError::BulkheadFull { .. }));
        drop(first);
        let (items, _) = collect(chat(&server).await.unwrap()).await;
        assert_eq!(items, [1, 9]);
        assert!(chat(&server).await.is_ok());
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn boxed_streams_of_every_kind() {
    #[llm_resilient(service = "boxed", stream = "first_item")]
    async fn boxed(server: &Server) -> Result<BoxStream<'_>, ApiError> {
        Ok(Box::pin(server.open()))
    }
    #[llm_resilient(service = "boxed", stream(retry_until = "first_item", idle_timeout = off))]
    async fn local(server: &Server) -> Result<Pin<Box<dyn Stream<Item = Item>>>, ApiError> {
        Ok(Box::pin(server.open()))
    }
    let calls = async {
        let server = Server::new([&[Error], &[It(1), It(2)]]);
        let (items, failure) = collect(boxed(&server).await.unwrap()).await;
        assert_eq!((items, failure.is_none()), (vec![1, 2], true));
        let server = Server::new([&[Error], &[It(3), Pause(600), It(4)]]);
        let (items, failure) = collect(local(&server).await.unwrap()).await;
        assert_eq!((items, failure.is_none()), (vec![3, 4], true));
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn retry_until_opened_does_not_retry_the_first_item() {
    #[llm_resilient(service = "boxed", stream = "opened")]
    async fn opened(server: &Server) -> Result<BoxStream<'_>, ApiError> {
        Ok(Box::pin(server.open()))
    }
    let server = Server::new([&[Error]]);
    let calls = async {
        let (items, failure) = collect(opened(&server).await.unwrap()).await;
        assert!(items.is_empty() && failure.is_some());
    };
    Registry::new().scope(calls).await;
    assert_eq!(server.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fallback_may_stream_instead() {
    async fn other(_: &Server) -> Result<BoxStream<'_>, ApiError> {
        Ok(Box::pin(Script::new(&[It(7)])))
    }
    #[llm_resilient(service = "boxed", retry = off, stream = "first_item", fallback = other)]
    async fn boxed(server: &Server) -> Result<BoxStream<'_>, ApiError> {
        Ok(Box::pin(server.open()))
    }
    let server = Server::new([&[Error]]);
    let calls = async {
        let (items, _) = collect(boxed(&server).await.unwrap()).await;
        assert_eq!(items, [7]);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn the_future_and_the_stream_can_be_sent() {
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    let server = Server::new([&[It(9)]]);
    let calls = async {
        let stream = sendable(chat(&server)).await.unwrap();
        assert_eq!(collect(sendable(stream)).await.0, [9]);
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn broken_stream_sends_an_event() {
    let server = Server::new([&[It(1), Error]]);
    let registry = Registry::new();
    let mut events = registry.subscribe();
    let calls = async {
        let (_, failure) = collect(chat(&server).await.unwrap()).await;
        assert!(failure.is_some());
    };
    registry.scope(calls).await;
    let mut broken = Vec::new();
    for event in heard(&mut events) {
        if let EventKind::StreamBroken { class, .. } = event.kind {
            broken.push((event.service.to_string(), class));
        }
    }
    assert_eq!(broken, [("chat".to_owned(), Class::OutcomeUnknown)]);
}

#[tokio::test(start_paused = true)]
async fn size_hint_counts_only_known_items() {
    let next = async |stream: &mut Pin<Box<dyn Stream<Item = Item>>>| {
        std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await
    };
    let server = Server::new([&[It(1), It(9)]]);
    let calls = async {
        let mut stream: Pin<Box<dyn Stream<Item = Item>>> = Box::pin(chat(&server).await.unwrap());
        assert_eq!(stream.size_hint(), (1, None), "the first item is there");
        next(&mut stream).await.unwrap().unwrap();
        assert_eq!(
            stream.size_hint(),
            (0, None),
            "nothing is known of the rest"
        );
        next(&mut stream).await.unwrap().unwrap();
        assert!(next(&mut stream).await.is_none());
        assert_eq!(stream.size_hint(), (0, Some(0)), "it is over");
    };
    Registry::new().scope(calls).await;
}

#[tokio::test(start_paused = true)]
async fn stream_without_complete_succeeds_at_any_end() {
    #[llm_resilient(
        service = "chat",
        retry = off,
        circuit_breaker(failure_threshold = 1, recovery_timeout = "1m", success_threshold = 1),
        stream(idle_timeout = "5s")
    )]
    async fn plain(server: &Server) -> Result<impl Stream<Item = Item> + use<>, ApiError> {
        Ok(server.open())
    }
    let server = Server::new([&[It(1), Error], &[It(1), It(2)]]);
    let registry = Registry::new();
    let calls = async {
        let state = || registry.get("chat").unwrap().circuit_breaker().state();
        collect(plain(&server).await.unwrap()).await;
        assert_eq!(state(), CircuitState::Open);
        sleep(Duration::from_secs(60)).await;
        collect(plain(&server).await.unwrap()).await;
        assert_eq!(state(), CircuitState::Closed);
    };
    registry.scope(calls).await;
}

#[llm_resilient(
    service = "chat",
    retry = off,
    circuit_breaker(key = host, failure_threshold = 1, recovery_timeout = "1m", max_keys = 1),
    bulkhead(key = host, max_concurrent = 1, max_keys = 1),
    stream(idle_timeout = "5s")
)]
async fn chat_of_key(
    host: &str,
    server: &Server,
) -> Result<impl Stream<Item = Item> + use<>, ApiError> {
    let _ = host;
    Ok(server.open())
}

#[tokio::test(start_paused = true)]
async fn stream_reports_to_the_breaker_of_its_key_and_keeps_its_place() {
    let server = Server::new([&[It(1), Error][..], &[It(2), It(9)], &[It(3)]]);
    let registry = Registry::new();
    let calls = async {
        let broken = chat_of_key("a", &server).await.unwrap();
        let chat = registry.get("chat").unwrap();
        let keys = || {
            let stats = chat.stats();
            let (circuit, bulkhead) = (stats.circuit_keys.unwrap(), stats.bulkhead_keys.unwrap());
            (
                circuit.known,
                circuit.open,
                bulkhead.known,
                bulkhead.in_flight,
            )
        };
        assert_eq!(keys(), (1, 0, 1, 1), "the stream is open");
        assert!(
            chat_of_key("a", &server).await.is_err(),
            "its place is taken"
        );
        // An open stream is not at rest: this one shares the breaker and the place of others.
        let other = chat_of_key("b", &server).await.unwrap();
        assert_eq!(keys(), (1, 0, 1, 2));
        let (items, failure) = collect(broken).await;
        assert_eq!(items, [1]);
        assert!(failure.is_some());
        assert_eq!(keys(), (1, 1, 1, 1), "the breaker of `a` is open");
        let (items, failure) = collect(other).await;
        assert_eq!(items, [2, 9]);
        assert!(failure.is_none());
        assert_eq!(keys(), (1, 1, 1, 0));
        drop(chat_of_key("b", &server).await.unwrap());
        assert_eq!(keys(), (1, 1, 1, 0));
    };
    registry.scope(calls).await;
}
