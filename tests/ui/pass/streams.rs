//! Functions that return streams: by trait, boxed, generic, methods.
#![deny(warnings)]
#![warn(clippy::pedantic)]

use std::pin::Pin;

use futures_core::Stream;
use resilience_runtime::{BoxError, llm_resilient, resilient};

type BoxStream<'a, T> = Pin<Box<dyn Stream<Item = Result<T, BoxError>> + Send + 'a>>;

struct Empty;

impl Stream for Empty {
    type Item = Result<u8, BoxError>;

    fn poll_next(
        self: Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(None)
    }
}

#[llm_resilient(stream = "first_item")]
async fn by_trait(_prompt: &str) -> Result<impl Stream<Item = Result<u8, BoxError>> + Send + use<>, BoxError> {
    Ok(Empty)
}

#[llm_resilient(stream(idle_timeout = "10s", complete = |item| *item == 0), retry = off)]
async fn boxed(prompt: String) -> Result<BoxStream<'static, u8>, BoxError> {
    drop(prompt);
    Ok(Box::pin(Empty))
}

struct Client;

impl Client {
    fn is_last(item: &u8) -> bool {
        *item == 0
    }

    #[resilient(service = "s", stream(complete = Self::is_last, retry_until = "opened"), fallback = Self::other)]
    async fn method<'a>(&'a self, prompt: &'a str) -> Result<BoxStream<'a, u8>, BoxError> {
        let _ = prompt;
        Ok(Box::pin(Empty))
    }

    async fn other<'a>(&'a self, _prompt: &'a str) -> Result<BoxStream<'a, u8>, BoxError> {
        Ok(Box::pin(Empty))
    }
}

#[async_trait::async_trait]
trait Chat {
    async fn chat(&self) -> Result<BoxStream<'static, u8>, BoxError>;
}

#[async_trait::async_trait]
impl Chat for Client {
    #[llm_resilient(stream = "first_item")]
    async fn chat(&self) -> Result<BoxStream<'static, u8>, BoxError> {
        Ok(Box::pin(Empty))
    }
}

fn sendable<T: Send>(_: &T) {}

fn main() {
    sendable(&by_trait(""));
    sendable(&boxed(String::new()));
    sendable(&Client.method(""));
    sendable(&Client.chat());
}
