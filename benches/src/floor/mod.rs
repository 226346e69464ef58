//! What the full stack could cost at the least: the same work by the cheapest means, without configuration,
//! registry, verdicts, cancellation, or anything else that makes it usable. The clock is the one that the
//! library reads, `tokio::time::Instant`, read once for each attempt.

mod breaker;
mod clock;
mod counter;
mod limiter;
mod timeout;

use std::time::Duration;

use crate::body::{Answer, Failure};
use breaker::Breaker;
use counter::Counter;
use limiter::Limiter;
use timeout::Lazily;

/// The guards of one service.
#[derive(Debug)]
pub struct Floor {
    limiter: Limiter,
    breaker: Breaker,
    calls: Counter,
    timeout: Duration,
    attempts: u32,
}

impl Floor {
    /// `rate` per `period`, which is also the burst.
    #[must_use]
    pub fn new(
        rate: u32,
        period: Duration,
        failures: u32,
        open: Duration,
        timeout: Duration,
    ) -> Self {
        Self {
            limiter: Limiter::new(rate, period),
            breaker: Breaker::new(failures, open),
            calls: Counter::default(),
            timeout,
            attempts: 3,
        }
    }

    /// Runs `body` guarded.
    ///
    /// # Errors
    /// The last attempt's, or why there was none.
    #[inline]
    pub async fn call<F: Future<Output = Answer>>(&self, mut body: impl FnMut() -> F) -> Answer {
        self.calls.increment();
        let mut attempt = 1;
        loop {
            let now = clock::now();
            if !self.breaker.admits(now) {
                return Err(Failure::Open);
            }
            if !self.limiter.admits(now) {
                return Err(Failure::Limited);
            }
            match Lazily::new(body(), self.timeout).await {
                Ok(value) => {
                    self.breaker.succeeded();
                    return Ok(value);
                }
                Err(error) => {
                    self.breaker.failed(now);
                    if attempt == self.attempts || !error.passes() {
                        return Err(error);
                    }
                }
            }
            attempt += 1;
        }
    }

    /// Calls so far.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls.sum()
    }
}
