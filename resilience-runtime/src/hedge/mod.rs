//! Starts another attempt beside one that has no answer yet, and takes the first answer.
//!
//! A few answers that take much longer than the others are what the slowest percent of the calls of a service wait for. A second
//! request, sent when the first one has already taken longer than most, is usually answered sooner than the first. It costs as many
//! requests more as calls are slower than the delay: with the 95th percentile, 5 %.
//!
//! Source: Jeffrey Dean and Luiz André Barroso, "The Tail at Scale", Communications of the ACM 56 (2), 2013.
//!
//! Only what may be executed twice can be hedged, and the loser is dropped: a server that does not notice goes on with its work,
//! and a language model may bill it.
//!
//! Annotated functions hedge with `hedge(…)`, see the [guide](crate::guide::hedging); [`Hedge`] does the same by hand.

mod delay;
#[cfg(all(test, resilience_loom))]
mod loom_tests;
mod recent_latencies;
mod run;

use std::fmt;
use std::future::Future;

use crate::config::ConfigError;
pub use crate::config::{HedgeConfig, HedgeDelay, UnknownHedgeDelay};
pub(crate) use delay::Delay;
pub(crate) use recent_latencies::RecentLatencies;

/// Starts another attempt beside one that has no answer yet.
///
/// Callers who share it share what is known of the latency. Before 100 attempts have succeeded, a
/// [percentile](HedgeDelay::Percentile) is not known and nothing is hedged.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> Result<(), resilience_runtime::BoxError> {
/// use std::cell::Cell;
/// use std::time::Duration;
/// use resilience_runtime::BoxError;
/// use resilience_runtime::hedge::{Hedge, HedgeConfig};
/// use tokio::time::{Instant, sleep};
///
/// let hedge = Hedge::new(HedgeConfig::default().delay(Duration::from_millis(100)))?;
/// let attempts = Cell::new(0);
/// let began = Instant::now();
/// let answer = hedge
///     .run(|| async {
///         attempts.set(attempts.get() + 1);
///         // The first answer takes ten seconds, the second one 20 ms.
///         let takes = if attempts.get() == 1 { 10_000 } else { 20 };
///         sleep(Duration::from_millis(takes)).await;
///         Ok::<_, BoxError>(takes)
///     })
///     .await?;
/// assert_eq!((answer, began.elapsed().as_millis()), (20, 120));
/// # Ok(()) }
/// ```
pub struct Hedge {
    config: HedgeConfig,
    delay: Delay,
    recent: RecentLatencies,
}

impl Hedge {
    /// Makes one.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(config: HedgeConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            delay: Delay::new(config.delay),
            config,
            recent: RecentLatencies::new(),
        })
    }

    /// Returns the configuration.
    #[must_use]
    pub const fn config(&self) -> &HedgeConfig {
        &self.config
    }

    /// Calls `attempt` for a first future, and again whenever the delay passes without an answer, at most `max_hedges` times.
    /// The first success is returned, and the other futures are dropped. A failure leaves those that run running; the last one
    /// is returned. Outside of a tokio runtime with timers nothing is hedged.
    ///
    /// # Errors
    /// The last failure, where every attempt failed.
    pub async fn run<F, Fut, T, E>(&self, attempt: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        self.race(attempt).await
    }
}

impl fmt::Debug for Hedge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hedge")
            .field("config", &self.config)
            .finish_non_exhaustive()
    }
}
