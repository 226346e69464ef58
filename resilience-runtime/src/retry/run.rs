//! Retries without a registry.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::decision::RetryHistory;
use super::policy::RetryPolicy;
use crate::clock::Moment;
use crate::config::ConfigError;
use crate::timer;
use crate::verdict::{Classify, Verdict};

/// The default of [`ClassifiedRetry::max_retry_after`].
const DEFAULT_MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

impl RetryPolicy {
    /// Runs `attempt` until it succeeds, fails permanently, or the policy allows no other attempt. Errors are
    /// classified by their [`Classify`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::io;
    /// use resilience_runtime::{RetryConfig, RetryPolicy};
    ///
    /// let policy = RetryPolicy::new(RetryConfig::default().max_attempts(5))?;
    /// let mut attempts = 0;
    /// let answer = policy
    ///     .run(|| {
    ///         attempts += 1;
    ///         let refused = attempts < 3;
    ///         async move {
    ///             if refused {
    ///                 return Err(io::Error::from(io::ErrorKind::ConnectionRefused));
    ///             }
    ///             Ok("hello")
    ///         }
    ///     })
    ///     .await?;
    /// assert_eq!((answer, attempts), ("hello", 3));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// The last attempt's error.
    pub async fn run<F, Fut, T, E>(&self, attempt: F) -> Result<T, E>
    where
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
        E: Classify,
    {
        self.classify(E::classify).run(attempt).await
    }

    /// Returns the policy with a classifier, for errors that do not implement [`Classify`] or mean something else
    /// here.
    pub fn classify<E, C>(&self, classify: C) -> ClassifiedRetry<'_, C>
    where
        C: Fn(&E) -> Verdict,
    {
        ClassifiedRetry {
            policy: self,
            classify,
            idempotent: false,
            max_retry_after: DEFAULT_MAX_RETRY_AFTER,
        }
    }
}

/// Runs a policy with a classifier; made by [`RetryPolicy::classify`].
#[must_use = "a policy does nothing until `run`"]
pub struct ClassifiedRetry<'a, C> {
    policy: &'a RetryPolicy,
    classify: C,
    idempotent: bool,
    max_retry_after: Duration,
}

impl<C> ClassifiedRetry<'_, C> {
    /// Sets whether an attempt whose outcome is unknown may be repeated. Default: no.
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// Sets the longest Retry-After that is waited for; a longer one ends the retries. Default: 30 seconds.
    pub const fn max_retry_after(mut self, longest: Duration) -> Self {
        self.max_retry_after = longest;
        self
    }

    /// Runs `attempt` as [`RetryPolicy::run`] does.
    ///
    /// # Errors
    /// The last attempt's error.
    pub async fn run<F, Fut, T, E>(&self, mut attempt: F) -> Result<T, E>
    where
        C: Fn(&E) -> Verdict,
        F: FnMut() -> Fut,
        Fut: Future<Output = Result<T, E>>,
    {
        let started = Moment::now();
        let mut attempts = 0;
        let mut history = RetryHistory::NEW;
        loop {
            attempts += 1;
            let error = match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let verdict = (self.classify)(&error);
            let Some(until) = self.next(verdict, attempts, &mut history, started) else {
                return Err(error);
            };
            let sleep = match timer::at(until) {
                Ok(Some(sleep)) => sleep,
                Ok(None) => return Err(error),
                Err(cause) => {
                    let missing = ConfigError::from(cause);
                    tracing::error!(target: "resilience", %missing, "cannot pause between attempts");
                    return Err(error);
                }
            };
            // Before the pause, so that an error which is not `Send` does not make the future so.
            drop(error);
            if until > Moment::now() {
                sleep.await;
            }
        }
    }

    /// Returns when to make the next attempt, if there is one.
    fn next(
        &self,
        verdict: Verdict,
        attempt: u32,
        history: &mut RetryHistory,
        started: Moment,
    ) -> Option<Moment> {
        if !verdict.may_retry(self.idempotent) {
            return None;
        }
        let retry = self
            .policy
            .delay_after(
                attempt,
                *history,
                verdict.retry_after(),
                self.max_retry_after,
            )
            .ok()?;
        self.policy
            .retry_at(retry, history, started, Moment::now())
            .ok()
    }
}

impl<C> fmt::Debug for ClassifiedRetry<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassifiedRetry")
            .field("policy", &self.policy)
            .field("idempotent", &self.idempotent)
            .field("max_retry_after", &self.max_retry_after)
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::config::{Jitter, RetryConfig};

    const SECOND: Duration = Duration::from_secs(1);

    /// Four attempts, after pauses of 1, 2 and 4 seconds.
    fn policy() -> RetryPolicy {
        limited(None)
    }

    fn limited(max_elapsed: Option<Duration>) -> RetryPolicy {
        RetryPolicy::new(RetryConfig {
            max_attempts: 4,
            base_delay: SECOND,
            max_delay: 10 * SECOND,
            multiplier: 2.0,
            jitter: Jitter::None,
            max_elapsed,
            ..RetryConfig::default()
        })
        .expect("valid")
    }

    /// When the attempts were made, in seconds, where each fails and the error is the attempt's number.
    async fn attempts<C>(retry: ClassifiedRetry<'_, C>) -> Vec<u64>
    where
        C: Fn(&usize) -> Verdict,
    {
        let (start, mut made) = (Instant::now(), Vec::new());
        let failed = retry
            .run(|| {
                made.push(start.elapsed().as_secs());
                assert!(made.len() < 10, "it never ends");
                let number = made.len();
                async move { Err::<(), _>(number) }
            })
            .await;
        assert_eq!(failed, Err(made.len()), "the error of the last attempt");
        assert_eq!(
            Some(&start.elapsed().as_secs()),
            made.last(),
            "no pause after it"
        );
        made
    }

    #[tokio::test(start_paused = true)]
    async fn run_backs_off_and_returns_the_last_error() {
        let made = attempts(policy().classify(|_| Verdict::transient())).await;
        assert_eq!(made, [0, 1, 3, 7]);
    }

    #[tokio::test(start_paused = true)]
    async fn run_retries_by_verdict_and_idempotence() {
        assert_eq!(
            attempts(policy().classify(|_| Verdict::permanent())).await,
            [0]
        );
        let policy = policy();
        let unknown = || policy.classify(|_| Verdict::outcome_unknown());
        assert_eq!(attempts(unknown()).await, [0]);
        assert_eq!(attempts(unknown().idempotent(true)).await, [0, 1, 3, 7]);
    }

    #[tokio::test(start_paused = true)]
    async fn run_waits_for_retry_after_up_to_max_retry_after() {
        let policy = policy();
        let asks = |seconds| policy.classify(move |_| Verdict::throttled(Some(seconds * SECOND)));
        assert_eq!(attempts(asks(2)).await, [0, 2, 4, 8]);
        assert_eq!(attempts(asks(30)).await, [0, 30, 60, 90]);
        assert_eq!(attempts(asks(31)).await, [0]);
        assert_eq!(attempts(asks(3).max_retry_after(2 * SECOND)).await, [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn run_begins_no_attempt_after_max_elapsed() {
        for (limit, expected) in [(3, &[0, 1, 3][..]), (2, &[0, 1]), (7, &[0, 1, 3, 7])] {
            let policy = limited(Some(limit * SECOND));
            let made = attempts(policy.classify(|_| Verdict::transient())).await;
            assert_eq!(made, expected);
        }
    }
}
