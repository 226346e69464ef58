//! Priorities of calls that wait, as words and as code.

#![forbid(unsafe_code)]
#![deny(warnings)]

use std::io;

use resilience_runtime::rate_limit::Priority;
use resilience_runtime::{llm_resilient, service};

service! {
    static CHAT: Llm = "chat" { rate_limit(requests_per_second = 50, max_wait = "1s") }
}

#[llm_resilient(service = CHAT, rate_limit(priority = "high"))]
async fn high(text: &str) -> io::Result<usize> {
    Ok(text.len())
}

#[llm_resilient(service = CHAT, rate_limit(priority = priority))]
async fn of_an_argument(text: String, priority: Priority) -> io::Result<usize> {
    Ok(text.len())
}

struct Client {
    in_bulk: bool,
}

impl Client {
    fn priority(&self) -> Priority {
        if self.in_bulk { Priority::Low } else { Priority::Normal }
    }

    #[llm_resilient(rate_limit(requests_per_second = 5, key = text, priority = self.priority()))]
    async fn of_a_method(&self, text: &str) -> io::Result<usize> {
        Ok(text.len())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    assert_eq!(high("one").await.unwrap(), 3);
    assert_eq!(of_an_argument("one".to_owned(), Priority::Low).await.unwrap(), 3);
    assert_eq!(Client { in_bulk: true }.of_a_method("one").await.unwrap(), 3);
}
