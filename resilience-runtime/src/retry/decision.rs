//! Whether a failed attempt is followed by another one, and after which delay: pure functions of the policy, the attempt
//! and the time.
//!
//! The decision has two steps, because a call has more reasons to wait than a policy knows: [`RetryPolicy::delay_after`]
//! gives the shortest delay, which the caller may lengthen, and [`RetryPolicy::retry_at`] checks the moment that comes
//! of it.

use std::time::Duration;

use super::policy::RetryPolicy;
use crate::clock::{Moment, nanos};

/// The shortest delay before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RetryDelay {
    /// The longer one of `backoff` and `retry_after`.
    pub(crate) delay: Duration,
    /// The backoff alone, on which the next one depends.
    pub(crate) backoff: Duration,
    /// The `Retry-After` of the server, zero without.
    pub(crate) retry_after: Duration,
}

/// What the decisions of one call depend on besides its last attempt: the retries that it made before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RetryHistory {
    /// The backoff before the last retry, in nanoseconds.
    previous_backoff: u64,
}

impl RetryHistory {
    /// The history of a call that made no retry.
    pub(crate) const NEW: Self = Self {
        previous_backoff: 0,
    };

    /// Returns the backoff before the last retry, zero before the first one.
    pub(crate) const fn previous_backoff(self) -> Duration {
        Duration::from_nanos(self.previous_backoff)
    }
}

/// Why there is no other attempt, although the error would allow one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRetry {
    AttemptsUsedUp,
    RetryAfterAboveMaximum,
    MaxElapsed,
}

impl NoRetry {
    /// Returns the reason as it stands in logs.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::AttemptsUsedUp => "attempts used up",
            Self::RetryAfterAboveMaximum => "retry-after above max_retry_after",
            Self::MaxElapsed => "max_elapsed",
        }
    }
}

impl RetryPolicy {
    /// Returns the shortest delay after attempt number `attempt` (from 1) failed.
    pub(crate) fn delay_after(
        &self,
        attempt: u32,
        history: RetryHistory,
        retry_after: Option<Duration>,
        max_retry_after: Duration,
    ) -> Result<RetryDelay, NoRetry> {
        if attempt >= self.config().max_attempts {
            return Err(NoRetry::AttemptsUsedUp);
        }
        let retry_after = retry_after.unwrap_or_default();
        if retry_after > max_retry_after {
            return Err(NoRetry::RetryAfterAboveMaximum);
        }
        let backoff = self.delay(attempt, history.previous_backoff());
        Ok(RetryDelay {
            delay: backoff.max(retry_after),
            backoff,
            retry_after,
        })
    }

    /// Returns the moment of the next attempt, unless it is later than `max_elapsed` after the first one `started`, and
    /// records the retry in the history.
    pub(crate) fn retry_at(
        &self,
        retry: RetryDelay,
        history: &mut RetryHistory,
        started: Moment,
        now: Moment,
    ) -> Result<Moment, NoRetry> {
        let at = now.after(retry.delay);
        match self.config().max_elapsed {
            Some(limit) if at.since(started) > limit => return Err(NoRetry::MaxElapsed),
            _ => {}
        }
        history.previous_backoff = nanos(retry.backoff);
        Ok(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Jitter, RetryConfig};

    const SECOND: Duration = Duration::from_secs(1);

    /// Three attempts, with a backoff of 1 and 2 seconds, within 10 seconds.
    fn policy() -> RetryPolicy {
        let config = RetryConfig::default()
            .base_delay(SECOND)
            .max_delay(8 * SECOND)
            .jitter(Jitter::None)
            .max_elapsed(10 * SECOND);
        RetryPolicy::new(config).expect("valid")
    }

    #[test]
    fn delay_after_is_the_longer_of_backoff_and_retry_after() {
        let delay = |attempt, asked: Option<u32>| {
            let asked = asked.map(|seconds| seconds * SECOND);
            policy()
                .delay_after(attempt, RetryHistory::NEW, asked, 5 * SECOND)
                .map(|retry| (retry.delay, retry.backoff))
        };
        assert_eq!(delay(1, None), Ok((SECOND, SECOND)));
        assert_eq!(delay(2, None), Ok((2 * SECOND, 2 * SECOND)));
        assert_eq!(delay(1, Some(5)), Ok((5 * SECOND, SECOND)));
        assert_eq!(delay(2, Some(1)), Ok((2 * SECOND, 2 * SECOND)));
        assert_eq!(delay(1, Some(6)), Err(NoRetry::RetryAfterAboveMaximum));
        assert_eq!(delay(3, Some(6)), Err(NoRetry::AttemptsUsedUp));
    }

    #[test]
    fn retry_at_rejects_moments_after_max_elapsed() {
        let started = Moment(SECOND.as_nanos() as u64);
        let at = |delay, now| {
            let (backoff, retry_after) = (delay, Duration::ZERO);
            let retry = RetryDelay {
                delay,
                backoff,
                retry_after,
            };
            policy().retry_at(retry, &mut RetryHistory::default(), started, now)
        };
        let now = started.after(4 * SECOND);
        assert_eq!(at(6 * SECOND, now), Ok(started.after(10 * SECOND)));
        let longer = 6 * SECOND + Duration::from_nanos(1);
        assert_eq!(at(longer, now), Err(NoRetry::MaxElapsed));
    }
}
