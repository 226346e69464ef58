//! Streams race to their first item.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use resilience_runtime::{Registry, resilient};

use crate::errors::ApiError;
use crate::server::{Answers, Fails, Hangs, Server, hedges, stats};

/// The answer of the server, and after it as many items as it says, one in 500 ms.
struct Items(u32, Option<Pin<Box<tokio::time::Sleep>>>);

impl Stream for Items {
    type Item = Result<u32, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(sleep) = &mut self.1 {
            std::task::ready!(sleep.as_mut().poll(cx));
        }
        if self.0 == 0 {
            return Poll::Ready(None);
        }
        self.1 = Some(Box::pin(tokio::time::sleep(Duration::from_millis(500))));
        self.0 -= 1;
        Poll::Ready(Some(Ok(self.0)))
    }
}

#[resilient(
    service = "api",
    idempotent,
    stream = "first_item",
    retry(max_attempts = 3, base_delay = "1s", jitter = "none"),
    bulkhead(max_concurrent = 2),
    hedge(delay = "100ms")
)]
async fn items(server: &Server) -> Result<impl Stream<Item = Result<u32, ApiError>>, ApiError> {
    Ok(Items(server.ask().await?, None))
}

async fn collected<S: Stream<Item = Result<u32, ApiError>>>(stream: S) -> Vec<u32> {
    let mut stream = std::pin::pin!(stream);
    let mut items = Vec::new();
    while let Some(item) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        items.push(item.unwrap());
    }
    items
}

#[tokio::test(start_paused = true)]
async fn first_item_wins_and_the_loser_gives_its_place_back() {
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(10, 3)]);
    let stream = registry
        .scope(async { items(&server).await.unwrap() })
        .await;
    assert_eq!((hedges(&registry), server.dropped()), ((1, 1, 1), 1));
    assert_eq!(stats(&registry).in_flight, 1, "that of the stream");
    assert_eq!(collected(stream).await, [2, 1, 0]);
    assert_eq!(stats(&registry).in_flight, 0);
    assert_eq!(
        server.asked_at(),
        [0, 100],
        "after the first item nothing starts"
    );
}

#[tokio::test(start_paused = true)]
async fn failure_before_the_first_item_leaves_the_other_running() {
    let registry = Registry::new();
    let server = Server::new([Fails(150, ApiError::Transient), Answers(100, 1)]);
    let stream = registry
        .scope(async { items(&server).await.unwrap() })
        .await;
    assert_eq!(collected(stream).await, [0]);
    let stats = stats(&registry);
    assert_eq!(
        (stats.retries, stats.failures.transient, stats.hedge_wins),
        (0, 1, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn stream_without_the_item_it_must_end_with_leaves_the_other_running() {
    #[resilient(
        service = "api",
        idempotent,
        stream(complete = |item| *item == 0),
        retry = off,
        hedge(delay = "100ms")
    )]
    async fn items(server: &Server) -> Result<impl Stream<Item = Result<u32, ApiError>>, ApiError> {
        Ok(Items(server.ask().await?, None))
    }
    let registry = Registry::new();
    let server = Server::new([Answers(150, 0), Answers(100, 2)]);
    let stream = registry
        .scope(async { items(&server).await.unwrap() })
        .await;
    assert_eq!(collected(stream).await, [1, 0]);
    assert_eq!(hedges(&registry), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn when_both_fail_the_stream_is_retried_and_raced_again() {
    let registry = Registry::new();
    let server = Server::new([
        Fails(150, ApiError::Transient),
        Fails(100, ApiError::Unknown),
        Answers(10, 2),
    ]);
    let stream = registry
        .scope(async { items(&server).await.unwrap() })
        .await;
    assert_eq!(server.asked_at(), [0, 100, 2_200]);
    assert_eq!((collected(stream).await, server.dropped()), (vec![1, 0], 0));
    let stats = stats(&registry);
    assert_eq!((stats.retries, stats.hedges, stats.attempts), (1, 1, 3));
    assert_eq!((stats.in_flight, stats.failures.total()), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn stream_of_a_winner_that_is_dropped_gives_its_place_back() {
    let registry = Registry::new();
    let server = Server::new([Hangs, Answers(10, 3)]);
    let stream = registry
        .scope(async { items(&server).await.unwrap() })
        .await;
    assert_eq!(stats(&registry).in_flight, 1);
    drop(stream);
    let stats = stats(&registry);
    assert_eq!((stats.in_flight, stats.hedge_cancelled), (0, 1));
}
