//! Retries by hand, without a registry.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use super::policy::RetryPolicy;
use crate::clock::Moment;
use crate::config::ConfigError;
use crate::timer;
use crate::verdict::{Classify, Verdict};

/// The longest Retry-After that is obeyed where nobody says otherwise.
const DEFAULT_MAX_RETRY_AFTER: Duration = Duration::from_secs(30);

impl RetryPolicy {
    /// Runs `attempt` until it succeeds, fails for good, or the policy allows no more. What an error
    /// means, it says itself.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::io;
    /// use resilience_runtime::{RetryConfig, RetryPolicy};
    ///
    /// let policy = RetryPolicy::new(RetryConfig { max_attempts: 5, ..RetryConfig::default() })?;
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

    /// The policy with a classifier, for errors that do not implement [`Classify`], or mean something
    /// else here.
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

/// A policy with a classifier, see [`RetryPolicy::classify`].
#[must_use = "a policy does nothing until `run`"]
pub struct ClassifiedRetry<'a, C> {
    policy: &'a RetryPolicy,
    classify: C,
    idempotent: bool,
    max_retry_after: Duration,
}

impl<C> ClassifiedRetry<'_, C> {
    /// Whether an attempt whose outcome is unknown may be made again. Default: no.
    pub const fn idempotent(mut self, idempotent: bool) -> Self {
        self.idempotent = idempotent;
        self
    }

    /// A Retry-After above this ends the retries. Default: 30 seconds.
    pub const fn max_retry_after(mut self, longest: Duration) -> Self {
        self.max_retry_after = longest;
        self
    }

    /// As [`RetryPolicy::run`].
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
        let mut previous = Duration::ZERO;
        loop {
            attempts += 1;
            let error = match attempt().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            let verdict = (self.classify)(&error);
            let Some(until) = self.next(verdict, attempts, &mut previous, started) else {
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

    /// When to try again, if at all.
    fn next(
        &self,
        verdict: Verdict,
        attempts: u32,
        previous: &mut Duration,
        started: Moment,
    ) -> Option<Moment> {
        let config = self.policy.config();
        let asked = verdict.retry_after().unwrap_or_default();
        if attempts >= config.max_attempts
            || !verdict.may_retry(self.idempotent)
            || asked > self.max_retry_after
        {
            return None;
        }
        *previous = self.policy.delay(attempts, *previous);
        let until = Moment::now().after(asked.max(*previous));
        let in_time = config
            .max_elapsed
            .is_none_or(|limit| until.since(started) <= limit);
        in_time.then_some(until)
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
