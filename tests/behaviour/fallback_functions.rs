//! Fallback functions of every shape.

use resilience_runtime::{Registry, resilient};

use crate::errors::ApiError;
use crate::remote::Answer;

macro_rules! primary {
    ($($name:ident: $fallback:path;)*) => { $(
        #[resilient(service = "api", retry = off, circuit_breaker = off, fallback = $fallback)]
        async fn $name(text: &str, number: u32) -> Answer {
            let _ = (text, number);
            Err(ApiError::Permanent)
        }
    )* };
}

primary! {
    by_plain: plain;
    by_plain_with_error: plain_with_error;
    by_async: asynchronous;
    by_async_with_error: asynchronous_with_error;
}

fn plain(text: &str, number: u32) -> Answer {
    Ok(number + text.len() as u32)
}

fn plain_with_error(text: &str, number: u32, error: &ApiError) -> Answer {
    assert!(matches!(error, ApiError::Permanent));
    plain(text, number)
}

async fn asynchronous(text: &str, number: u32) -> Answer {
    tokio::task::yield_now().await;
    plain(text, number)
}

async fn asynchronous_with_error(text: &str, number: u32, error: &ApiError) -> Answer {
    tokio::task::yield_now().await;
    plain_with_error(text, number, error)
}

#[tokio::test(start_paused = true)]
async fn sync_or_async_with_or_without_the_error() {
    let registry = Registry::new();
    assert_eq!(registry.scope(by_plain("abc", 4)).await.unwrap(), 7);
    assert_eq!(
        registry.scope(by_plain_with_error("abc", 4)).await.unwrap(),
        7
    );
    assert_eq!(registry.scope(by_async("abc", 4)).await.unwrap(), 7);
    assert_eq!(
        registry.scope(by_async_with_error("abc", 4)).await.unwrap(),
        7
    );
}

struct Client {
    base: u32,
}

impl Client {
    #[resilient(service = "api", retry = off, circuit_breaker = off, fallback = Self::backup)]
    async fn ask(&self, number: u32) -> Answer {
        let _ = number;
        Err(ApiError::Permanent)
    }

    async fn backup(&self, number: u32, _: &ApiError) -> Answer {
        Ok(self.base + number)
    }

    #[resilient(service = "api", circuit_breaker = off, fallback = Self::consuming_backup, retry = off)]
    async fn consume(self, number: u32) -> Answer {
        let Self { base } = self;
        assert_ne!(base, number);
        Err(ApiError::Permanent)
    }

    fn consuming_backup(self, number: u32) -> Answer {
        Ok(self.base * number)
    }

    #[resilient(
        service = "api",
        circuit_breaker = off,
        retry(max_attempts = 2, base_delay = "1ms"),
        fallback = Self::mutable_backup
    )]
    async fn change(&mut self) -> Answer {
        self.base += 1;
        Err(ApiError::Transient)
    }

    fn mutable_backup(&mut self) -> Answer {
        self.base += 10;
        Ok(self.base)
    }
}

impl Clone for Client {
    fn clone(&self) -> Self {
        Self { base: self.base }
    }
}

#[tokio::test(start_paused = true)]
async fn methods_get_their_receiver_first() {
    let registry = Registry::new();
    let mut client = Client { base: 3 };
    assert_eq!(registry.scope(client.ask(4)).await.unwrap(), 7);
    assert_eq!(registry.scope(client.change()).await.unwrap(), 15);
    assert_eq!(registry.scope(client.consume(4)).await.unwrap(), 60);
}
