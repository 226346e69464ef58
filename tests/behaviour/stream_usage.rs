//! `usage` of a stream reads its items: as providers send them, the sum at the end, or what was used so far with each.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use resilience_runtime::rate_limit::Usage;
use resilience_runtime::{Registry, llm_resilient, resilient};

use crate::errors::ApiError;

fn left(registry: &Registry) -> u32 {
    let limiter = registry.get("llm").unwrap().rate_limiter().unwrap();
    limiter.peek("user").remaining
}

#[derive(Clone, Copy)]
enum Item {
    Text,
    SoFar(u32),
    Total(u32),
    Finished,
    Broken,
}

struct Script(std::vec::IntoIter<Item>);

impl Stream for Script {
    type Item = Result<Item, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(|item| match item {
            Item::Broken => Err(ApiError::Transient),
            item => Ok(item),
        }))
    }
}

fn used(item: &Item) -> Option<u32> {
    match item {
        Item::SoFar(used) | Item::Total(used) => Some(*used),
        _ => None,
    }
}

#[llm_resilient(
    stream(complete = |item| matches!(item, Item::Total(_) | Item::Finished)),
    rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000, usage = used)
)]
async fn until_complete(
    items: Vec<Item>,
) -> Result<impl Stream<Item = Result<Item, ApiError>>, ApiError> {
    Ok(Script(items.into_iter()))
}

#[llm_resilient(
    stream = "opened",
    rate_limit(key = "user", tokens_per_minute = 10_000, cost = 1_000, usage = |item| used(item).unwrap_or(0))
)]
async fn until_the_end(
    items: Vec<Item>,
) -> Result<impl Stream<Item = Result<Item, ApiError>>, ApiError> {
    Ok(Script(items.into_iter()))
}

#[resilient(
    service = "requests",
    stream = "opened",
    rate_limit(key = "user", requests_per_minute = 10, cost = 3, usage = |item| Some(Usage::new(used(item)?, 0)))
)]
async fn of_requests(
    items: Vec<Item>,
) -> Result<impl Stream<Item = Result<Item, ApiError>>, ApiError> {
    Ok(Script(items.into_iter()))
}

async fn read(stream: impl Stream<Item = Result<Item, ApiError>>, items: usize) {
    let mut stream = Box::pin(stream);
    for _ in 0..items {
        drop(poll_fn(|cx| stream.as_mut().poll_next(cx)).await);
    }
}

/// What is left after so many of these items were read.
async fn left_after(items: &[Item], count: usize) -> (u32, u32) {
    let registry = Registry::new();
    let with_complete = async {
        let stream = until_complete(items.to_vec()).await.unwrap();
        read(stream, count).await;
    };
    registry.scope(with_complete).await;
    let complete = left(&registry);
    let registry = Registry::new();
    let with_end = async {
        let stream = until_the_end(items.to_vec()).await.unwrap();
        read(stream, count).await;
    };
    registry.scope(with_end).await;
    (complete, left(&registry))
}

#[tokio::test(start_paused = true)]
async fn last_item_settles_what_was_reserved() {
    use Item::{Broken, Finished, SoFar, Text, Total};
    let whole = [Text, Text, Total(300)];
    assert_eq!(left_after(&whole, 4).await, (9_700, 9_700));
    // Known with the item, whether the reader asks for the end or not; without `complete` only with the end.
    assert_eq!(left_after(&whole, 3).await, (9_700, 9_000));
    // Dropped half-way: what was reserved is charged, or what was used so far if that is more.
    assert_eq!(left_after(&whole, 2).await, (9_000, 9_000));
    assert_eq!(
        left_after(&[SoFar(400), Total(500)], 1).await,
        (9_000, 9_000)
    );
    let more = [SoFar(1_400), Total(1_500)];
    assert_eq!(left_after(&more, 1).await, (8_600, 8_600));
    assert_eq!(left_after(&more, 3).await, (8_500, 8_500));
    assert_eq!(left_after(&[SoFar(1_400), Broken], 2).await, (8_600, 8_600));
    assert_eq!(left_after(&[SoFar(10), Broken], 3).await, (9_000, 9_000));
    // The usage comes after the item that is known to be the last one.
    let after = [SoFar(20), Finished, Text, Total(300)];
    assert_eq!(left_after(&after, 2).await.0, 9_980);
    assert_eq!(left_after(&after, 4).await.0, 9_700);
    assert_eq!(left_after(&after, 5).await, (9_700, 9_700));
    assert_eq!(left_after(&[Finished, Total(300)], 1).await.0, 9_000);
    assert_eq!(
        left_after(&[Finished, Total(3_000), Broken], 3).await.0,
        7_000
    );
    // One that says nothing.
    assert_eq!(left_after(&[Text], 2).await.0, 9_000);
}

#[tokio::test(start_paused = true)]
async fn requests_are_settled_where_no_tokens_are_limited() {
    let registry = Registry::new();
    let call = async {
        let stream = of_requests(vec![Item::Text, Item::Total(1)]).await.unwrap();
        read(stream, 3).await;
    };
    registry.scope(call).await;
    let limiter = registry.get("requests").unwrap().rate_limiter().unwrap();
    assert_eq!(limiter.peek("user").remaining, 9);
}
