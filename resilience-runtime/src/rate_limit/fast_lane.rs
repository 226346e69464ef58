//! The way past the lock for callers without a key under a token bucket: one word, taken from by
//! compare-and-swap.
//!
//! The word is the same number as in [`token_bucket`](super::token_bucket), the time at which the bucket
//! will be full. While the lane is closed, that number is in the state behind the lock. Whoever holds the lock and has
//! to do with callers without a key closes the lane first, so that there is one owner of the number at any time, and opens it
//! again unless somebody is cooling down or waits.

use std::sync::OnceLock;
use std::time::Duration;

use super::token_bucket::{FullAt, TokenBucket};
use crate::clock::Moment;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

/// The number is behind the lock.
const CLOSED: u64 = u64::MAX;
/// The low bits of the word say which of the rates it is counted by. A rate never changes and its place is never used
/// again, so that a word which has not changed still means what it meant.
const RATE_BITS: u32 = 3;
const RATES: usize = 1 << RATE_BITS;
/// What the rest of the word holds.
const LIMIT: u64 = (1 << (u64::BITS - RATE_BITS)) - 1;

/// A token bucket in the smallest whole numbers: times are in units of `1 / scale` nanoseconds.
#[derive(Debug)]
struct Rate {
    bucket: TokenBucket,
    scale: u64,
    /// What one token is worth.
    worth: u64,
    /// What a full bucket is worth.
    burst: u64,
    /// How many units of the bucket's own scaled time make one of these.
    factor: u64,
}

impl Rate {
    /// `None` where the numbers would not fit for the two years that a process may run.
    fn of(bucket: TokenBucket) -> Option<Self> {
        const TWO_YEARS: u64 = 2 * 366 * 86_400 * 1_000_000_000;
        let (limit, period) = (u64::from(bucket.limit()), bucket.period());
        let factor = gcd(limit, period);
        let (scale, worth) = (limit / factor, period / factor);
        let burst = worth.checked_mul(bucket.burst().into())?;
        let fits = TWO_YEARS.checked_mul(scale)?.checked_add(burst)? <= LIMIT / 2;
        fits.then_some(Self {
            bucket,
            scale,
            worth,
            burst,
            factor,
        })
    }
}

/// The place of the rate that an open word is counted by.
#[inline]
fn index(word: u64) -> u64 {
    word & (RATES as u64 - 1)
}

/// Whether a word is open, and counted by the rate at that place.
#[inline]
fn is_counted_by(word: u64, place: u64) -> bool {
    word != CLOSED && index(word) == place
}

fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b > 0 {
        (a, b) = (b, a % b);
    }
    a.max(1)
}

#[derive(Debug)]
pub(super) struct FastLane {
    word: AtomicU64,
    /// The latest time seen: a clock that goes backwards stands still.
    latest: AtomicU64,
    rates: [OnceLock<Rate>; RATES],
}

impl FastLane {
    pub(super) fn new() -> Self {
        Self {
            word: AtomicU64::new(CLOSED),
            latest: AtomicU64::new(0),
            rates: [const { OnceLock::new() }; RATES],
        }
    }

    /// What an open word is counted by, and where that is; `None` while it is closed.
    #[inline]
    fn counted_by(&self, word: u64) -> Option<(u64, &Rate)> {
        if word == CLOSED {
            return None;
        }
        let index = index(word);
        self.rates[index as usize].get().map(|rate| (index, rate))
    }

    /// Takes `cost` if it is there. `false` says nothing: the state behind the lock is to be asked.
    #[inline(always)]
    pub(super) fn try_take(&self, cost: u32, now: Moment) -> bool {
        let mut word = self.word.load(Acquire);
        let Some((index, rate)) = self.counted_by(word) else {
            return false;
        };
        // A thread whose clock was read a little earlier than another's is not sent to the lock for it.
        let latest = self.latest.load(Relaxed);
        let now = Moment(now.0.max(latest));
        let Some(at) = now.0.checked_mul(rate.scale) else {
            return false;
        };
        let Some(cost) = rate.worth.checked_mul(cost.into()) else {
            return false;
        };
        loop {
            let full_at = (word >> RATE_BITS).max(at).saturating_add(cost);
            if full_at >= LIMIT || full_at > at.saturating_add(rate.burst) {
                return false;
            }
            let next = full_at << RATE_BITS | index;
            match self.word.compare_exchange_weak(word, next, AcqRel, Acquire) {
                Ok(_) => break,
                // Closed, or counted by another rate: not the fast lane's business any more.
                Err(other) if !is_counted_by(other, index) => return false,
                Err(other) => word = other,
            }
        }
        // Not a maximum: what threads do at the same time has no order.
        if now.0 > latest {
            self.latest.store(now.0, Relaxed);
        }
        true
    }

    /// How long `cost` has to wait, where it has to and will not for ever. `None` says nothing: the state behind the lock
    /// is to be asked.
    pub(super) fn wait(&self, cost: u32, now: Moment) -> Option<Duration> {
        let now = now.max(self.latest());
        let word = self.word.load(Acquire);
        let (_, rate) = self.counted_by(word)?;
        let at = now.0.checked_mul(rate.scale)?;
        let cost = rate.worth.checked_mul(cost.into())?;
        let full_at = (word >> RATE_BITS).max(at).checked_add(cost)?;
        let ready = full_at.checked_sub(rate.burst)?;
        let waits = cost <= rate.burst && full_at < LIMIT && ready > at;
        waits.then(|| Duration::from_nanos(ready.div_ceil(rate.scale) - now.0))
    }

    /// The latest time that it let somebody pass.
    pub(super) fn latest(&self) -> Moment {
        Moment(self.latest.load(Relaxed))
    }

    /// Takes the number behind the lock, if it is here. Called with the lock held.
    pub(super) fn close(&self) -> Option<FullAt> {
        let word = self.word.swap(CLOSED, AcqRel);
        let (_, rate) = self.counted_by(word)?;
        let full_at = u128::from(word >> RATE_BITS) * u128::from(rate.factor);
        Some(FullAt::new(full_at))
    }

    /// Gives the number back to the fast lane, if it can be counted there. Called with the lock held, while closed.
    /// Whether it is open now.
    pub(super) fn open(&self, bucket: TokenBucket, full_at: FullAt) -> bool {
        let Some((index, rate)) = self.rate(bucket) else {
            return false;
        };
        // Up: rounding must not make tokens.
        let full_at = full_at.get().div_ceil(u128::from(rate.factor));
        if let Ok(full_at) = u64::try_from(full_at)
            && full_at <= LIMIT / 2
        {
            self.word
                .store(full_at << RATE_BITS | index as u64, Release);
            return true;
        }
        false
    }

    /// The place of a rate, taken if need be; `None` where it does not fit, or none is left.
    fn rate(&self, bucket: TokenBucket) -> Option<(usize, &Rate)> {
        for (index, place) in self.rates.iter().enumerate() {
            match place.get() {
                Some(rate) if rate.bucket == bucket => return Some((index, rate)),
                Some(_) => {}
                None => {
                    let rate = Rate::of(bucket)?;
                    return Some((index, place.get_or_init(|| rate)));
                }
            }
        }
        None
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::rate_limit::meter::Meter;

    const SECOND: Duration = Duration::from_secs(1);

    fn open(bucket: TokenBucket) -> FastLane {
        let lane = FastLane::new();
        lane.open(bucket, FullAt::default());
        lane
    }

    #[test]
    fn only_rates_that_fit_for_two_years_are_counted_here() {
        for (limit, period, burst, fits) in [
            (1, SECOND, 1, true),
            (1_000_000_000, SECOND, 9, true),
            // 17 and 18 units a nanosecond are the most that fit; 36 and 10⁹ have 4 in common.
            (17, SECOND, 1, true),
            (36, SECOND, 1, true),
            (19, SECOND, 1, false),
            (u32::MAX, SECOND, 1, false),
            // What is full at once is too much.
            (1, SECOND, u32::MAX, false),
            (1, Duration::from_secs(3_600), 1_000, true),
            (1, Duration::from_secs(3_600), 1_000_000, false),
        ] {
            let bucket = TokenBucket::new(limit, period, burst);
            let lane = open(bucket);
            assert_eq!(lane.try_take(1, Moment(7)), fits, "{bucket:?}");
            assert_eq!(lane.close().is_some(), fits, "{bucket:?}");
            assert_eq!(lane.close(), None, "closed");
        }
    }

    #[test]
    fn a_lane_has_as_many_rates_as_it_has_places() {
        let lane = FastLane::new();
        for limit in 1..=RATES as u32 + 1 {
            lane.open(TokenBucket::new(limit, SECOND, 1), FullAt::default());
            let opened = limit <= RATES as u32;
            assert_eq!(lane.try_take(1, Moment(0)), opened, "{limit}");
            assert_eq!(lane.close().is_some(), opened, "{limit}");
        }
        // The first one has its place still.
        lane.open(TokenBucket::new(1, SECOND, 1), FullAt::default());
        assert!(lane.try_take(1, Moment(0)));
    }

    #[test]
    fn a_word_is_counted_by_one_rate_and_by_none_while_closed() {
        for index in 0..RATES as u64 {
            let word = 1_000_000 << RATE_BITS | index;
            let by = (0..RATES as u64).filter(|other| is_counted_by(word, *other));
            assert!(by.eq([index]));
            assert!(!is_counted_by(CLOSED, index));
        }
    }

    #[test]
    fn the_number_stays_below_what_the_word_holds() {
        let bucket = TokenBucket::new(1, SECOND, 3);
        assert_eq!(LIMIT << RATE_BITS >> RATE_BITS, LIMIT);
        let last = Moment(LIMIT - 1_000_000_000);
        let before = Moment(last.0 - 1);
        assert!(!open(bucket).try_take(1, last));
        assert!(open(bucket).try_take(1, before));
    }

    #[test]
    fn for_who_comes_from_the_past_time_stands_still() {
        let lane = open(TokenBucket::new(1, SECOND, 3));
        let late = Moment(5_000_000_000);
        assert!(lane.try_take(1, late) && lane.try_take(1, late));
        // Five seconds ago the third would have been too many.
        assert!(lane.try_take(1, Moment(0)));
        assert_eq!(lane.latest(), late);
        assert!(!lane.try_take(1, Moment(0)));
        assert!(lane.try_take(1, late.after(SECOND)));
    }

    #[test]
    fn what_does_not_fit_is_rounded_up_and_comes_back_the_same() {
        // 4 and 10⁹ have 4 in common.
        let bucket = TokenBucket::new(4, SECOND, 3);
        for (given, comes_back) in [(0, 0), (1, 4), (4, 4), (4_001, 4_004)] {
            let lane = FastLane::new();
            lane.open(bucket, FullAt::new(given));
            assert_eq!(lane.close(), Some(FullAt::new(comes_back)));
        }
        for far in [u128::MAX, 4 * (u128::from(LIMIT / 2) + 1)] {
            let lane = FastLane::new();
            assert!(!lane.open(bucket, FullAt::new(far)));
            assert_eq!(lane.close(), None, "it stays behind the lock");
        }
    }

    proptest! {
        #[test]
        fn it_counts_as_the_bucket_behind_the_lock_does(
            limit in prop::sample::select(vec![1, 2, 3, 7, 10, 17, 36, 60, 1_000]),
            seconds in prop::sample::select(vec![1_u64, 60, 3_600]),
            burst in 1_u32..20,
            steps in prop::collection::vec((0_u64..3_000_000_000, 0_u32..25), 1..60),
        ) {
            let bucket = TokenBucket::new(limit, Duration::from_secs(seconds), burst);
            let lane = open(bucket);
            let mut state = FullAt::default();
            let mut now = 0;
            for (later, cost) in steps {
                now += later;
                let wait = bucket.ready(&state, cost, Moment(now)).since(Moment(now));
                let waits = !wait.is_zero() && cost <= burst;
                prop_assert_eq!(lane.wait(cost, Moment(now)), waits.then_some(wait));
                let taken = bucket.try_take(&mut state, cost, Moment(now));
                prop_assert_eq!(lane.try_take(cost, Moment(now)), taken);
            }
            prop_assert_eq!(lane.close(), Some(state));
        }
    }
}
