//! The fast path alone: which rates it can count, and that it counts as the bucket does.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::rate_limit::algorithms::meter::Meter;

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
