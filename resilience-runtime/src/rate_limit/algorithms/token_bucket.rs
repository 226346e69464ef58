//! The token bucket: at most `burst + rate × t` in any span `t`.
//!
//! It is the generic cell rate algorithm (GCRA; ITU-T I.371, "virtual scheduling"): one number for each key,
//! the time at which the bucket will be full (the theoretical arrival time, shifted by the burst). A token
//! takes `period / limit`, rarely a whole number of nanoseconds, so the number is in units of `1 / limit`
//! nanoseconds: then a token takes exactly `period` units, and 7 a second stays 7 a second.

use std::time::Duration;

use super::meter::Meter;
use crate::clock::{Moment, nanos};

/// The longest period, 146 years: with it no sum below overflows.
const MAX_PERIOD: u64 = 1 << 62;

/// When the bucket will be full, in `1 / limit` nanoseconds. 96 bits hold 2³² × 2⁶⁴, and three words
/// instead of a `u128` keep a key's slot within half a cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::rate_limit) struct FullAt([u32; 3]);

impl FullAt {
    const MAX: u128 = (1 << 96) - 1;

    #[inline]
    pub(in crate::rate_limit) fn get(self) -> u128 {
        let [low, middle, high] = self.0;
        u128::from(low) | u128::from(middle) << 32 | u128::from(high) << 64
    }

    #[inline]
    pub(super) fn words(self) -> [u32; 3] {
        self.0
    }

    #[inline]
    pub(super) fn of_words(words: [u32; 3]) -> Self {
        Self(words)
    }

    #[inline]
    pub(in crate::rate_limit) fn new(value: u128) -> Self {
        let value = value.min(Self::MAX);
        Self([value as u32, (value >> 32) as u32, (value >> 64) as u32])
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rate_limit) struct TokenBucket {
    /// Tokens in one period.
    limit: u32,
    /// In nanoseconds, which is also what one token takes in scaled time.
    period: u64,
    /// The bucket's size.
    burst: u32,
}

impl TokenBucket {
    pub(in crate::rate_limit) fn new(limit: u32, period: Duration, burst: u32) -> Self {
        Self {
            limit,
            period: nanos(period).min(MAX_PERIOD),
            burst,
        }
    }

    pub(in crate::rate_limit) fn limit(&self) -> u32 {
        self.limit
    }

    pub(in crate::rate_limit) fn period(&self) -> u64 {
        self.period
    }

    pub(in crate::rate_limit) fn burst(&self) -> u32 {
        self.burst
    }

    #[inline]
    fn scaled(&self, moment: Moment) -> u128 {
        u128::from(moment.0) * u128::from(self.limit)
    }

    /// Returns the first moment that is not before the scaled time.
    fn moment(&self, scaled: u128) -> Moment {
        u64::try_from(scaled.div_ceil(u128::from(self.limit))).map_or(Moment::FAR_FUTURE, Moment)
    }

    /// Returns what so many tokens take in scaled time.
    #[inline]
    fn worth(&self, tokens: u64) -> u128 {
        u128::from(tokens) * u128::from(self.period)
    }

    /// Returns the most that is missing in the bucket when a debt is one period's tokens, less those of `cost`.
    fn deepest(&self, cost: u32) -> u128 {
        self.worth(self.burst.into()) + self.worth(self.limit.saturating_sub(cost).into())
    }

    /// Returns when `tokens` in all will have been there.
    fn ready_for(&self, state: FullAt, tokens: u64, from: Moment) -> Moment {
        let full_at = state.get().max(self.scaled(from)) + self.worth(tokens);
        self.moment(full_at.saturating_sub(self.worth(self.burst.into())))
            .max(from)
    }
}

impl Meter for TokenBucket {
    type State = FullAt;

    const SUM_SUFFICES: bool = true;

    fn capacity(&self) -> u32 {
        self.burst
    }

    #[inline]
    fn try_take(&self, state: &mut FullAt, cost: u32, now: Moment) -> bool {
        let now = self.scaled(now);
        let full_at = state.get().max(now) + self.worth(cost.into());
        let passes = full_at <= now + self.worth(self.burst.into());
        if passes {
            *state = FullAt::new(full_at);
        }
        passes
    }

    fn charge(&self, state: &mut FullAt, cost: u32, now: Moment) {
        *state = FullAt::new(state.get().max(self.scaled(now)) + self.worth(cost.into()));
    }

    fn forgive(&self, state: &mut FullAt, cost: u32, now: Moment) -> u64 {
        let deepest = self.scaled(now) + self.deepest(cost.max(1));
        let above = state.get().saturating_sub(deepest);
        *state = FullAt::new(state.get() - above);
        u64::try_from(above.div_ceil(u128::from(self.period))).unwrap_or(u64::MAX)
    }

    fn credit(&self, state: &mut FullAt, amount: u32, _: Option<Moment>, _: Moment) {
        // A time before now means full as well: the bucket never holds more than the burst.
        *state = FullAt::new(state.get().saturating_sub(self.worth(amount.into())));
    }

    fn ready(&self, state: &FullAt, cost: u32, from: Moment) -> Moment {
        self.ready_for(*state, cost.into(), from)
    }

    fn ready_behind(
        &self,
        state: &FullAt,
        _: impl Iterator<Item = u32>,
        total: u64,
        cost: u32,
        from: Moment,
    ) -> Moment {
        // Each waiter finds the bucket empty when it passes, so that only the sum matters.
        let tokens = total.saturating_add(cost.into());
        self.ready_for(*state, tokens, from)
    }

    fn tokens(&self, state: &FullAt, now: Moment) -> i64 {
        let missing = state.get().saturating_sub(self.scaled(now));
        let missing = missing.div_ceil(u128::from(self.period));
        i64::from(self.burst).saturating_sub(i64::try_from(missing).unwrap_or(i64::MAX))
    }

    fn reset_at(&self, state: &FullAt, now: Moment) -> Moment {
        self.moment(state.get()).max(now)
    }

    fn is_idle(&self, state: &FullAt, now: Moment) -> bool {
        state.get() <= self.scaled(now)
    }

    /// Tokens in the bucket stay tokens, to the fraction, as far as the new size goes, and a debt as far as one new
    /// period goes.
    fn migrate(&self, old: &Self, state: &FullAt, now: Moment) -> FullAt {
        let missing = state.get().saturating_sub(old.scaled(now));
        let whole = missing / u128::from(old.period);
        let fraction = missing % u128::from(old.period);
        let fraction = (fraction * u128::from(self.period)).div_ceil(u128::from(old.period));
        let grown = i128::from(self.burst) - i128::from(old.burst);
        let whole = (whole.min(u64::MAX.into()) as i128) + grown;
        let missing = whole * i128::from(self.period) + fraction as i128;
        let missing = (missing.max(0) as u128).min(self.deepest(1));
        FullAt::new(self.scaled(now) + missing)
    }

    fn with_tokens(&self, tokens: i64, now: Moment) -> FullAt {
        let missing = i64::from(self.burst).saturating_sub(tokens).max(0) as u64;
        FullAt::new(self.scaled(now) + self.worth(missing).min(self.deepest(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn bucket(limit: u32, period: Duration, burst: u32) -> (TokenBucket, FullAt) {
        (TokenBucket::new(limit, period, burst), FullAt::default())
    }

    #[test]
    fn starts_full_and_refills_evenly() {
        let (bucket, mut state) = bucket(10, Duration::from_secs(1), 3);
        let start = Moment(SECOND);
        for left in [2, 1, 0] {
            assert!(bucket.try_take(&mut state, 1, start));
            assert_eq!(bucket.tokens(&state, start), left);
        }
        assert!(!bucket.try_take(&mut state, 1, start));
        assert_eq!(bucket.ready(&state, 1, start), Moment(SECOND + SECOND / 10));
        assert_eq!(
            bucket.reset_at(&state, start),
            Moment(SECOND + 3 * SECOND / 10)
        );
        assert!(!bucket.try_take(&mut state, 1, Moment(SECOND + SECOND / 10 - 1)));
        assert!(bucket.try_take(&mut state, 1, Moment(SECOND + SECOND / 10)));
    }

    #[test]
    fn seven_per_second_is_exact_over_a_long_time() {
        // A bucket of one is full at the next whole nanosecond and loses what is over; one of two keeps it.
        let (bucket, mut state) = bucket(7, Duration::from_secs(1), 2);
        assert!(bucket.try_take(&mut state, 2, Moment(SECOND)));
        let mut now = Moment(SECOND);
        for _ in 0..7_000 {
            now = bucket.ready(&state, 1, now);
            assert!(bucket.try_take(&mut state, 1, now));
        }
        assert_eq!(now, Moment(1_001 * SECOND));
        let late = Moment(1_000_000_000 * SECOND);
        assert!(bucket.try_take(&mut state, 2, late));
        let next = Moment(late.0 + SECOND.div_ceil(7));
        assert_eq!(bucket.ready(&state, 1, late), next);
    }

    #[test]
    fn debt_is_paid_before_the_next_call_passes() {
        let (bucket, mut state) = bucket(1, Duration::from_secs(1), 5);
        let now = Moment(SECOND);
        bucket.charge(&mut state, 8, now);
        assert_eq!(bucket.tokens(&state, now), -3);
        assert_eq!(bucket.ready(&state, 1, now), Moment(5 * SECOND));
        bucket.credit(&mut state, 100, None, now);
        assert_eq!(bucket.tokens(&state, now), 5);
    }

    #[test]
    fn forgive_leaves_a_debt_of_one_period() {
        let (bucket, mut state) = bucket(10, Duration::from_secs(1), 5);
        let now = Moment(SECOND);
        bucket.charge(&mut state, 14, now);
        assert_eq!(bucket.forgive(&mut state, 1, now), 0);
        assert_eq!(bucket.ready(&state, 1, now), Moment(2 * SECOND));
        bucket.charge(&mut state, 90, now);
        assert_eq!(bucket.forgive(&mut state, 0, now), 90);
        assert_eq!(bucket.tokens(&state, now), -9);
        // For a call of this cost; but never more than the whole debt.
        assert_eq!(bucket.forgive(&mut state, 5, now), 4);
        assert_eq!(bucket.ready(&state, 5, now), Moment(2 * SECOND));
        assert_eq!(bucket.forgive(&mut state, 50, now), 5);
        assert_eq!(bucket.tokens(&state, now), 0);
    }

    #[test]
    fn extremes_neither_overflow_nor_admit_too_much() {
        for (limit, period, burst) in [
            (u32::MAX, Duration::MAX, u32::MAX),
            (1, Duration::MAX, u32::MAX),
            (u32::MAX, Duration::from_nanos(1), 1),
            (1, Duration::from_secs(3_600), u32::MAX),
        ] {
            let (bucket, mut state) = bucket(limit, period, burst);
            for now in [Moment(0), Moment(SECOND)] {
                assert!(
                    bucket.try_take(&mut state, burst, now),
                    "{bucket:?} at {now:?}"
                );
                if burst > 1 {
                    assert!(!bucket.try_take(&mut state, burst, now));
                    assert!(bucket.ready(&state, burst, now) > now);
                    assert_eq!(bucket.tokens(&state, now), 0);
                }
                bucket.credit(&mut state, burst, None, now);
            }
            for _ in 0..4 {
                bucket.charge(&mut state, u32::MAX, Moment::FAR_FUTURE);
            }
            bucket.ready_behind(&state, [].into_iter(), u64::MAX, 1, Moment(0));
        }
    }

    #[test]
    fn migrate_keeps_tokens_as_tokens() {
        let (old, mut state) = bucket(10, Duration::from_secs(1), 10);
        let now = Moment(SECOND);
        assert!(old.try_take(&mut state, 7, now));
        // 3.5 tokens
        let now = Moment(SECOND + SECOND / 20);
        for (limit, burst, tokens, next) in [(60, 20, 3, 500), (10, 2, 2, 1_000), (1, 4, 3, 500)] {
            let new = TokenBucket::new(limit, Duration::from_secs(60), burst);
            let state = new.migrate(&old, &state, now);
            assert_eq!(new.tokens(&state, now), tokens);
            let mut spent = state;
            assert!(new.try_take(&mut spent, tokens as u32, now));
            let one = 60_000 / u64::from(limit);
            assert_eq!(
                new.ready(&spent, 1, now).since(now),
                Duration::from_millis(one * next / 1_000)
            );
        }
    }
}
