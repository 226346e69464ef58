//! Calls that end at once, for counts and times.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use resilience_runtime::{Classify, Registry, ResilienceError, Verdict, resilient};

/// What such a call fails with.
#[derive(Debug)]
pub struct Failed;

impl From<ResilienceError> for Failed {
    fn from(_: ResilienceError) -> Self {
        Self
    }
}

impl Classify for Failed {
    fn classify(&self) -> Verdict {
        Verdict::transient()
    }
}

/// Everything is on, except that nothing is tried again.
///
/// # Errors
/// If it is told to fail.
#[resilient(
    service = "full",
    registry = registry,
    timeout = "30s",
    deadline = "1m",
    retry(max_attempts = 1),
    circuit_breaker(failure_threshold = 1_000_000_000),
    rate_limit(requests_per_second = 1_000_000_000),
    bulkhead(max_concurrent = 8)
)]
pub async fn full(registry: &Registry, fails: bool) -> Result<u32, Failed> {
    if fails { Err(Failed) } else { Ok(1) }
}

/// Is rejected once its only token is gone.
///
/// # Errors
/// Always, from then on.
#[resilient(
    service = "shut",
    registry = registry,
    rate_limit(requests_per_hour = 1, burst = 1)
)]
pub async fn shut(registry: &Registry) -> Result<u32, Failed> {
    Ok(1)
}

/// What a future comes to that waits for nothing.
///
/// # Panics
/// If it waits.
pub fn ready<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(out) => out,
        Poll::Pending => panic!("it waits"),
    }
}

/// A success, a failure and a rejection.
pub fn one_of_each(registry: &Registry) {
    let _answers = [
        ready(full(registry, false)),
        ready(full(registry, true)),
        ready(shut(registry)),
    ];
}
