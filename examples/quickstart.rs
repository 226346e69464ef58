//! One attribute on an async function. `cargo run --example quickstart`

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};

use resilience_runtime::{Registry, ServiceKind, llm_resilient};

/// Up to three attempts with growing pauses between them, each of at most a second; a circuit breaker,
/// shared by everybody who calls `llm`; and a kind word when nothing helps.
#[llm_resilient(
    retry(max_attempts = 3, base_delay = "20ms"),
    circuit_breaker(failure_threshold = 5, recovery_timeout = "30s"),
    timeout = "1s",
    fallback(value = "please try again later".to_owned())
)]
async fn complete(model: &Model, prompt: &str) -> io::Result<String> {
    model.answer(prompt).await
}

/// Stands for a client library: the first `failures` requests find nobody at home.
struct Model {
    failures: u32,
    requests: AtomicU32,
}

impl Model {
    fn failing(failures: u32) -> Self {
        Self {
            failures,
            requests: AtomicU32::new(0),
        }
    }

    async fn answer(&self, prompt: &str) -> io::Result<String> {
        if self.requests.fetch_add(1, Ordering::Relaxed) < self.failures {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        Ok(format!("you said “{prompt}”"))
    }
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let shaky = Model::failing(2);
    let answer = complete(&shaky, "hello").await?;
    println!("after two refused connections: {answer}");
    assert_eq!(answer, "you said “hello”");
    assert_eq!(shaky.requests.into_inner(), 3);

    let down = Model::failing(u32::MAX);
    let answer = complete(&down, "hello").await?;
    println!("after three of them: {answer}");
    assert_eq!(answer, "please try again later");
    assert_eq!(down.requests.into_inner(), 3);

    let stats = Registry::global()
        .service("llm", ServiceKind::Llm)
        .map_err(io::Error::other)?
        .stats();
    println!(
        "{} calls, {} attempts, {} retries, {} answered by fallback, breaker {}",
        stats.calls,
        stats.attempts,
        stats.retries,
        stats.fallbacks.total(),
        stats.circuit.state
    );
    assert_eq!((stats.calls, stats.attempts, stats.retries), (2, 6, 4));
    Ok(())
}
