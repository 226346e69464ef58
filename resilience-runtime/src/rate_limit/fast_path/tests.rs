//! The fast path alone: which rates it counts, and that it counts as the token bucket does.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::rate_limit::algorithms::meter::Meter;

const SECOND: Duration = Duration::from_secs(1);

fn open(bucket: TokenBucket) -> FastPath {
    let fast_path = FastPath::new();
    fast_path.open(bucket, FullAt::default());
    fast_path
}

#[test]
fn open_accepts_only_rates_that_fit_for_two_years() {
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
        let fast_path = open(bucket);
        assert_eq!(fast_path.try_take(1, Moment(7)), fits, "{bucket:?}");
        assert_eq!(fast_path.close().is_some(), fits, "{bucket:?}");
        assert_eq!(fast_path.close(), None, "closed");
    }
}

#[test]
fn open_accepts_as_many_rates_as_the_word_can_index() {
    let fast_path = FastPath::new();
    for limit in 1..=RATES as u32 + 1 {
        fast_path.open(TokenBucket::new(limit, SECOND, 1), FullAt::default());
        let opened = limit <= RATES as u32;
        assert_eq!(fast_path.try_take(1, Moment(0)), opened, "{limit}");
        assert_eq!(fast_path.close().is_some(), opened, "{limit}");
    }
    // The first one still has its index.
    fast_path.open(TokenBucket::new(1, SECOND, 1), FullAt::default());
    assert!(fast_path.try_take(1, Moment(0)));
}

#[test]
fn word_has_one_rate_and_none_while_closed() {
    for index in 0..RATES as u64 {
        let word = 1_000_000 << RATE_BITS | index;
        let by = (0..RATES as u64).filter(|other| is_counted_by(word, *other));
        assert!(by.eq([index]));
        assert!(!is_counted_by(CLOSED, index));
    }
}

#[test]
fn try_take_stays_below_the_greatest_number_of_the_word() {
    let bucket = TokenBucket::new(1, SECOND, 3);
    assert_eq!(LIMIT << RATE_BITS >> RATE_BITS, LIMIT);
    let last = Moment(LIMIT - 1_000_000_000);
    let before = Moment(last.0 - 1);
    assert!(!open(bucket).try_take(1, last));
    assert!(open(bucket).try_take(1, before));
}

#[test]
fn try_take_from_the_past_counts_at_the_latest_time() {
    let fast_path = open(TokenBucket::new(1, SECOND, 3));
    let late = Moment(5_000_000_000);
    assert!(fast_path.try_take(1, late) && fast_path.try_take(1, late));
    // Five seconds ago the third would have been too many.
    assert!(fast_path.try_take(1, Moment(0)));
    assert_eq!(fast_path.latest(), late);
    assert!(!fast_path.try_take(1, Moment(0)));
    assert!(fast_path.try_take(1, late.after(SECOND)));
}

#[test]
fn open_rounds_up_and_close_returns_the_same() {
    // 4 and 10⁹ have 4 in common.
    let bucket = TokenBucket::new(4, SECOND, 3);
    for (given, comes_back) in [(0, 0), (1, 4), (4, 4), (4_001, 4_004)] {
        let fast_path = FastPath::new();
        fast_path.open(bucket, FullAt::new(given));
        assert_eq!(fast_path.close(), Some(FullAt::new(comes_back)));
    }
    for far in [u128::MAX, 4 * (u128::from(LIMIT / 2) + 1)] {
        let fast_path = FastPath::new();
        assert!(!fast_path.open(bucket, FullAt::new(far)));
        assert_eq!(fast_path.close(), None, "it stays behind the lock");
    }
}

proptest! {
    #[test]
    fn try_take_and_wait_equal_the_token_bucket(
        limit in prop::sample::select(vec![1, 2, 3, 7, 10, 17, 36, 60, 1_000]),
        seconds in prop::sample::select(vec![1_u64, 60, 3_600]),
        burst in 1_u32..20,
        steps in prop::collection::vec((0_u64..3_000_000_000, 0_u32..25), 1..60),
    ) {
        let bucket = TokenBucket::new(limit, Duration::from_secs(seconds), burst);
        let fast_path = open(bucket);
        let mut state = FullAt::default();
        let mut now = 0;
        for (later, cost) in steps {
            now += later;
            let wait = bucket.ready(&state, cost, Moment(now)).since(Moment(now));
            let waits = !wait.is_zero() && cost <= burst;
            prop_assert_eq!(fast_path.wait(cost, Moment(now)), waits.then_some(wait));
            let taken = bucket.try_take(&mut state, cost, Moment(now));
            prop_assert_eq!(fast_path.try_take(cost, Moment(now)), taken);
        }
        prop_assert_eq!(fast_path.close(), Some(state));
    }
}
