//! How often a call is repeated, and the delays in between.

use std::iter::FusedIterator;
use std::time::Duration;

use super::backoff::Backoff;
use crate::config::{ConfigError, RetryConfig};

/// Decides how often a failed call is repeated, and after which delays.
///
/// ```
/// use std::time::Duration;
/// use resilience_runtime::{RetryConfig, RetryPolicy, retry::Jitter};
///
/// let config = RetryConfig::default().max_attempts(4).jitter(Jitter::None);
/// let policy = RetryPolicy::new(config.base_delay(Duration::from_millis(100)))?;
/// let pauses: Vec<_> = policy.delays().map(|pause| pause.as_millis()).collect();
/// assert_eq!(pauses, [100, 200, 400]);
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RetryPolicy {
    config: RetryConfig,
    backoff: Backoff,
}

impl RetryPolicy {
    /// Makes a policy from a configuration.
    ///
    /// # Errors
    /// Names each value of `config` that is out of range.
    pub fn new(config: RetryConfig) -> Result<Self, ConfigError> {
        config.validate()?;
        Ok(Self {
            backoff: Backoff::new(&config),
            config,
        })
    }

    /// Returns the configuration of the policy.
    #[must_use]
    pub fn config(&self) -> &RetryConfig {
        &self.config
    }

    /// Returns the delays between the attempts of one call, `max_attempts - 1` of them, drawn anew each time.
    pub fn delays(&self) -> Delays {
        Delays {
            backoff: self.backoff,
            attempt: 0,
            last: self.config.max_attempts.saturating_sub(1),
            previous: Duration::ZERO,
        }
    }

    /// Returns the backoff after attempt number `attempt` (from 1) failed. `previous` is the backoff before that
    /// attempt, zero before the first.
    pub(crate) fn delay(&self, attempt: u32, previous: Duration) -> Duration {
        self.backoff.delay(attempt, previous, &mut rand::rng())
    }
}

/// Iterates over the delays between the attempts of one call; made by [`RetryPolicy::delays`].
#[derive(Clone, Debug)]
#[must_use = "iterators are lazy"]
pub struct Delays {
    backoff: Backoff,
    attempt: u32,
    last: u32,
    previous: Duration,
}

impl Iterator for Delays {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        if self.attempt == self.last {
            return None;
        }
        self.attempt += 1;
        self.previous = self
            .backoff
            .delay(self.attempt, self.previous, &mut rand::rng());
        Some(self.previous)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.last - self.attempt) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Delays {}

impl FusedIterator for Delays {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::Jitter;

    #[test]
    fn delays_has_one_less_than_max_attempts() {
        for attempts in [1, 2, 7] {
            let policy =
                RetryPolicy::new(RetryConfig::default().max_attempts(attempts)).expect("valid");
            let mut delays = policy.delays();
            for left in (1..attempts as usize).rev() {
                assert_eq!(delays.len(), left);
                assert!(delays.next().is_some());
            }
            assert_eq!(delays.len(), 0);
            assert!(delays.next().is_none());
        }
    }

    #[test]
    fn delays_never_exceed_max_delay() {
        for &jitter in Jitter::ALL {
            let config = RetryConfig::default().max_attempts(2_000).jitter(jitter);
            let policy = RetryPolicy::new(config).expect("valid");
            assert!(
                policy
                    .delays()
                    .all(|pause| pause <= policy.config().max_delay)
            );
            assert!(policy.delay(u32::MAX, Duration::MAX) <= policy.config().max_delay);
        }
    }

    proptest! {
        /// As one call sees them: each pause depends on the one before, and none is too long, whatever the
        /// values.
        #[test]
        fn delays_of_a_call_are_within_their_bounds(
            base in any::<Duration>(),
            room in any::<Duration>(),
            multiplier in prop_oneof![Just(1.0), 1.0..4.0_f64, 1.0..f64::MAX],
            jitter in prop::sample::select(Jitter::ALL),
            max_attempts in 1..200_u32,
        ) {
            let base_delay = base.max(Duration::from_nanos(1));
            let config = RetryConfig {
                max_attempts,
                base_delay,
                max_delay: base_delay.saturating_add(room),
                multiplier,
                jitter,
                ..RetryConfig::default()
            };
            let policy = RetryPolicy::new(config.clone()).expect("valid");
            // The clock caps durations at 584 years.
            let longest = Duration::from_nanos(u64::MAX);
            let (base, most) = (base_delay.min(longest), config.max_delay.min(longest));
            let mut previous = Duration::ZERO;
            let mut whole = base;
            let mut pauses = 0;
            for pause in policy.delays() {
                let (least, greatest) = match jitter {
                    Jitter::Full => (Duration::ZERO, whole),
                    Jitter::Equal => (whole / 2 - Duration::from_nanos(1).min(whole / 2), whole),
                    Jitter::Decorrelated => (base, previous.max(base).saturating_mul(3).min(most)),
                    Jitter::None => (whole.mul_f64(0.999_999), whole),
                };
                prop_assert!(least <= pause && pause <= most, "{least:?} <= {pause:?} <= {most:?}");
                // The model multiplies step by step, so it may be off by what a float rounds.
                let rounding = greatest.mul_f64(1e-6) + Duration::from_nanos(pauses.into());
                prop_assert!(pause <= greatest.saturating_add(rounding));
                previous = pause;
                whole = Duration::try_from_secs_f64(whole.as_secs_f64() * multiplier)
                    .map_or(most, |grown| grown.min(most));
                pauses += 1;
            }
            prop_assert_eq!(pauses, max_attempts - 1);
        }
    }

    #[test]
    fn new_rejects_invalid_config() {
        let config = RetryConfig::default()
            .max_attempts(0)
            .multiplier(f64::INFINITY);
        let error = RetryPolicy::new(config).expect_err("two bad values");
        assert_eq!(error.problems().len(), 2);
    }
}
