//! The delay before the next attempt: numbers in, a number out.

use std::time::Duration;

use rand::{Rng, RngExt};

use crate::clock::nanos;
use crate::config::{Jitter, RetryConfig};

/// The growth of the delays, from a validated configuration.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Backoff {
    /// Nanoseconds.
    base: u64,
    /// Nanoseconds; no delay is longer.
    max: u64,
    multiplier: f64,
    jitter: Jitter,
}

impl Backoff {
    pub(crate) fn new(config: &RetryConfig) -> Self {
        Self {
            base: nanos(config.base_delay),
            max: nanos(config.max_delay),
            multiplier: config.multiplier,
            jitter: config.jitter,
        }
    }

    /// Returns the delay after attempt number `attempt` (from 1) failed. `previous` is the delay before that attempt,
    /// zero before the first.
    pub(crate) fn delay(
        &self,
        attempt: u32,
        previous: Duration,
        random: &mut (impl Rng + ?Sized),
    ) -> Duration {
        let pause = match self.jitter {
            Jitter::None => self.exponential(attempt),
            Jitter::Full => random.random_range(0..=self.exponential(attempt)),
            Jitter::Equal => {
                let whole = self.exponential(attempt);
                whole / 2 + random.random_range(0..=whole - whole / 2)
            }
            // sleep = min(cap, random_between(base, sleep * 3)), where the first sleep is the base.
            Jitter::Decorrelated => {
                let widest = nanos(previous).max(self.base).saturating_mul(3);
                random.random_range(self.base..=widest).min(self.max)
            }
        };
        Duration::from_nanos(pause)
    }

    /// `base × multiplier ^ (attempt - 1)`, at most `max`.
    fn exponential(&self, attempt: u32) -> u64 {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        // Rounded, so that decimal multipliers give round pauses. An infinite product saturates.
        let grown = (self.base as f64 * self.multiplier.powi(exponent)).round() as u64;
        grown.max(self.base).min(self.max)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn config(jitter: Jitter) -> RetryConfig {
        RetryConfig::default()
            .base_delay(SECOND)
            .max_delay(10 * SECOND)
            .multiplier(2.0)
            .jitter(jitter)
    }

    fn delays(config: &RetryConfig, count: u32) -> Vec<Duration> {
        let (backoff, mut random) = (Backoff::new(config), StdRng::seed_from_u64(1));
        let mut previous = Duration::ZERO;
        (1..=count)
            .map(|attempt| {
                previous = backoff.delay(attempt, previous, &mut random);
                previous
            })
            .collect()
    }

    #[test]
    fn delay_without_jitter_is_exponential() {
        let exact = delays(&config(Jitter::None), 6);
        assert_eq!(exact, [1, 2, 4, 8, 10, 10].map(|n| n * SECOND));
        let tenth = config(Jitter::None).multiplier(1.1);
        assert_eq!(
            delays(&tenth, 3),
            [1_000, 1_100, 1_210].map(Duration::from_millis)
        );
    }

    #[test]
    fn jitter_covers_its_range() {
        let spread = |jitter, attempt, previous| {
            let (backoff, mut random) = (Backoff::new(&config(jitter)), StdRng::seed_from_u64(7));
            let drawn: Vec<_> = (0..4_000)
                .map(|_| backoff.delay(attempt, previous, &mut random).as_millis())
                .collect();
            let mean = drawn.iter().sum::<u128>() / 4_000;
            (
                *drawn.iter().min().expect("some"),
                mean,
                *drawn.iter().max().expect("some"),
            )
        };
        let near = |(least, mean, most): (u128, u128, u128), expected: [u128; 3]| {
            for (value, expected) in [least, mean, most].into_iter().zip(expected) {
                assert!(value.abs_diff(expected) <= 100, "{value}, not {expected}");
            }
        };
        near(spread(Jitter::Full, 3, SECOND), [0, 2_000, 4_000]);
        near(spread(Jitter::Equal, 3, SECOND), [2_000, 3_000, 4_000]);
        near(
            spread(Jitter::Decorrelated, 3, 2 * SECOND),
            [1_000, 3_500, 6_000],
        );
        near(
            spread(Jitter::Decorrelated, 1, Duration::ZERO),
            [1_000, 2_000, 3_000],
        );
    }

    proptest! {
        #[test]
        fn delay_is_within_its_bounds(
            base in 1_u64..=u64::MAX,
            room in 0_u64..=u64::MAX,
            multiplier in prop_oneof![1.0..4.0_f64, 1.0..f64::MAX],
            jitter in prop::sample::select(Jitter::ALL),
            attempt in prop_oneof![1_u32..40, any::<u32>()],
            previous in prop_oneof![Just(Duration::ZERO), any::<Duration>()],
            seed in any::<u64>(),
        ) {
            let max = base.saturating_add(room);
            let backoff = Backoff { base, max, multiplier, jitter };
            let pause = nanos(backoff.delay(attempt, previous, &mut StdRng::seed_from_u64(seed)));
            let whole = backoff.exponential(attempt);
            prop_assert!(base <= whole && whole <= max);
            let (least, most) = match jitter {
                Jitter::None => (whole, whole),
                Jitter::Full => (0, whole),
                Jitter::Equal => (whole / 2, whole),
                Jitter::Decorrelated => (base, nanos(previous).max(base).saturating_mul(3).min(max)),
            };
            prop_assert!(least <= pause && pause <= most);
        }
    }
}
