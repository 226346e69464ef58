//! Streams that cannot be watched, and arguments that exclude `stream`.

use std::pin::Pin;

use futures_core::Stream;
use resilience_runtime::{BoxError, Verdict, llm_resilient};

type BoxStream = Pin<Box<dyn Stream<Item = Result<u8, BoxError>> + Send>>;

struct Named;

impl Stream for Named {
    type Item = Result<u8, BoxError>;

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(None)
    }
}

#[llm_resilient(stream = "first_item")]
async fn by_name() -> Result<Named, BoxError> {
    Ok(Named)
}

fn judge(_: &BoxStream) -> Option<Verdict> {
    None
}

#[llm_resilient(stream = "first_token", classify_ok = judge)]
async fn misspelt() -> Result<BoxStream, BoxError> {
    Err("no".into())
}

#[llm_resilient(stream(idle = "1s", complete = "last", idle_timeout = 0), classify_ok = judge, fallback(cache(ttl = "1m")))]
async fn misused() -> Result<BoxStream, BoxError> {
    Err("no".into())
}

#[llm_resilient(stream)]
async fn bare() -> Result<BoxStream, BoxError> {
    Err("no".into())
}

fn main() {}
