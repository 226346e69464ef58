//! A stream that breaks off is logged, although its call has ended by then.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_core::Stream;
use resilience_runtime::{Registry, llm_resilient};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use crate::capture::{Capture, Captured};
use crate::errors::ApiError;

type Item = Result<u32, ApiError>;

/// Yields the items from 1 up to `end`, then an error if `fails`.
struct Count {
    next: u32,
    end: u32,
    fails: bool,
}

impl Stream for Count {
    type Item = Item;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Item>> {
        if self.next < self.end {
            self.next += 1;
            return Poll::Ready(Some(Ok(self.next)));
        }
        let failed = std::mem::take(&mut self.fails).then_some(Err(ApiError::Transient));
        Poll::Ready(failed)
    }
}

#[llm_resilient(service = "chat", stream(complete = |item| *item == 3))]
async fn chat(end: u32, fails: bool) -> Result<impl Stream<Item = Item> + use<>, ApiError> {
    Ok(Count {
        next: 0,
        end,
        fails,
    })
}

/// Reads one stream to its end, and returns what was logged about a broken one.
async fn drain(end: u32, fails: bool) -> Vec<Captured> {
    let (capture, _guard) = Capture::of(LevelFilter::INFO);
    let calls = async {
        let mut stream = pin!(chat(end, fails).await.unwrap());
        while poll_fn(|cx| stream.as_mut().poll_next(cx)).await.is_some() {}
    };
    Registry::new().scope(calls).await;
    capture.events("stream broken")
}

#[tokio::test(start_paused = true)]
async fn broken_stream_is_logged_with_service_function_and_class() {
    for (end, fails, class) in [(2, false, "outcome_unknown"), (2, true, "transient")] {
        let logged = drain(end, fails).await;
        assert_eq!(logged.len(), 1, "{class}");
        assert_eq!(logged[0].level, Level::WARN);
        assert_eq!(logged[0].field("service"), "chat");
        assert!(logged[0].field("function").ends_with("streams::chat"));
        assert_eq!(logged[0].field("class"), class);
    }
}

#[tokio::test(start_paused = true)]
async fn complete_stream_is_not_logged() {
    assert!(drain(3, false).await.is_empty());
}
