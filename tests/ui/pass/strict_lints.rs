//! No lint warns about more than without the attribute.
#![deny(
    warnings,
    missing_docs,
    unreachable_pub,
    unused,
    clippy::all,
    clippy::pedantic,
    clippy::nursery
)]
#![forbid(unsafe_code)]

use std::io;

use resilience_runtime::{llm_resilient, resilient};

/// A client.
#[derive(Clone, Debug)]
pub struct Client {
    name: String,
}

impl Client {
    /// Asks.
    ///
    /// # Errors
    /// When it fails.
    #[llm_resilient(
        service = "openai",
        retry(max_attempts = 5, base_delay = "500ms", max_delay = "30s", multiplier = 2.0, jitter = "full"),
        circuit_breaker(failure_threshold = 5, recovery_timeout = "60s", success_threshold = 3, half_open_max_calls = 5),
        rate_limit(requests_per_minute = 60_000, burst = 10, strategy = "token_bucket", key = user, max_wait = "2s"),
        bulkhead(max_concurrent = 32, max_wait = "1s"),
        timeout = "30s",
        deadline = "2m",
        fallback(cache(key = (&self.name, user, prompt), ttl = "5m"), call = Self::smaller, value = "later".to_string()),
        correlation_id = user,
        idempotent,
    )]
    pub async fn complete(&self, user: &str, prompt: String) -> io::Result<String> {
        tokio::task::yield_now().await;
        Ok(format!("{user} {prompt} {}", self.name))
    }

    /// Looks up.
    ///
    /// # Errors
    /// When it fails.
    #[llm_resilient(service = "openai", cache(key = (&self.name, user), ttl = "5m"), fallback(value = 0))]
    pub async fn look_up(&self, user: &str) -> io::Result<usize> {
        tokio::task::yield_now().await;
        Ok(user.len() + self.name.len())
    }

    async fn smaller(&self, user: &str, prompt: String, _error: &io::Error) -> io::Result<String> {
        tokio::task::yield_now().await;
        Ok(format!("{user} {prompt} {}", self.name))
    }

    /// Once.
    ///
    /// # Errors
    /// When it fails.
    #[resilient(service = "billing", retry = off, fallback = Self::backup)]
    pub async fn once(self, mut amount: Vec<u32>, _unit: ()) -> io::Result<usize> {
        tokio::task::yield_now().await;
        amount.push(1);
        Ok(amount.len() + self.name.len())
    }

    fn backup(self, mut amount: Vec<u32>, _unit: ()) -> io::Result<usize> {
        let last = amount.pop().ok_or_else(|| io::Error::other("nothing"))?;
        amount.push(last);
        Ok(amount.len() + self.name.len())
    }
}

#[tokio::main]
async fn main() {
    let client = Client {
        name: "n".to_owned(),
    };
    assert_eq!(client.complete("u", "p".to_owned()).await.unwrap(), "u p n");
    assert_eq!(client.look_up("u").await.unwrap(), 2);
    assert_eq!(client.once(vec![], ()).await.unwrap(), 2);
}
