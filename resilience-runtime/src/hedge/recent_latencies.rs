//! How long the last calls took, in buckets: what a percentile is read from.
//!
//! A ring remembers the bucket of each of the last calls, and a count for each bucket how many of them are in it. A call
//! takes the place of the oldest one: three atomic operations, and no lock. The buckets are those of an
//! [HDR histogram](https://hdrhistogram.org): the lengths between two powers of two fall into as many of equal width.

use std::fmt;
use std::time::Duration;

use crate::clock::nanos;
use crate::sync::atomic::Ordering::{AcqRel, Relaxed};
use crate::sync::atomic::{AtomicU16, AtomicU64};

/// How many calls are remembered.
pub(super) const CALLS: u64 = if cfg!(resilience_loom) { 2 } else { 1_000 };
/// How many there must be for a percentile.
const ENOUGH: u64 = if cfg!(resilience_loom) { 1 } else { 100 };
/// After how many calls a percentile is read anew.
pub(super) const REFRESH: u64 = if cfg!(resilience_loom) { 1 } else { 20 };

/// Lengths are counted in units of 2^10 ns.
const UNIT: u32 = 10;
/// The buckets between two powers of two, as a power of two: a bucket is at most 1/64 of its length wide.
const FINE: u32 = if cfg!(resilience_loom) { 1 } else { 6 };
/// Whatever took 2^36 units, 19 hours, or longer is in the last bucket.
const LONGEST: u32 = if cfg!(resilience_loom) { 3 } else { 36 };
pub(super) const BUCKETS: usize = ((LONGEST - FINE + 1) as usize) << FINE;
/// In the ring: no call yet.
const EMPTY: u16 = u16::MAX;

const _: () = assert!(BUCKETS < EMPTY as usize && CALLS < EMPTY as u64);

/// How long the last calls took.
pub(crate) struct RecentLatencies {
    /// How many calls there were.
    // Relaxed: it only gives each call a place of its own.
    recorded: AtomicU64,
    pub(super) ring: Box<[AtomicU16]>,
    pub(super) counts: Box<[AtomicU16]>,
}

impl RecentLatencies {
    pub(crate) fn new() -> Self {
        let ring = (0..CALLS).map(|_| AtomicU16::new(EMPTY));
        Self {
            recorded: AtomicU64::new(0),
            ring: ring.collect(),
            counts: (0..BUCKETS).map(|_| AtomicU16::new(0)).collect(),
        }
    }

    /// How many calls there were.
    pub(super) fn recorded(&self) -> u64 {
        self.recorded.load(Relaxed)
    }

    /// Remembers a call in place of the oldest one.
    pub(crate) fn record(&self, took: Duration) {
        let bucket = bucket_of(took);
        // Before the ring names it: who replaces this call takes it off the count again.
        self.counts[usize::from(bucket)].fetch_add(1, Relaxed);
        let place = self.recorded.fetch_add(1, Relaxed) % CALLS;
        let before = self.ring[place as usize].swap(bucket, AcqRel);
        if before != EMPTY {
            self.counts[usize::from(before)].fetch_sub(1, Relaxed);
        }
    }

    /// Returns the time within which this share of the calls ended, to the next bound of a bucket above it; `None` while
    /// there are too few.
    pub(crate) fn quantile(&self, share: f64) -> Option<Duration> {
        let calls = self.recorded().min(CALLS);
        if calls < ENOUGH {
            return None;
        }
        let rank = (share * calls as f64).ceil().max(1.0) as u64;
        let mut below = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            below += u64::from(count.load(Relaxed));
            if below >= rank {
                return Some(upper_bound(bucket));
            }
        }
        // A call is being recorded.
        Some(upper_bound(BUCKETS - 1))
    }
}

fn bucket_of(took: Duration) -> u16 {
    let units = (nanos(took) >> UNIT).min((1 << LONGEST) - 1);
    let power = units.max(1).ilog2();
    let shift = power.saturating_sub(FINE);
    // From a power of two on, the first `FINE` bits behind the highest one.
    let bucket = (u64::from(shift) << FINE) + (units >> shift);
    bucket as u16
}

fn upper_bound(bucket: usize) -> Duration {
    let shift = (bucket >> FINE).saturating_sub(1) as u32;
    let units = (bucket as u64 - (u64::from(shift) << FINE) + 1) << shift;
    Duration::from_nanos(units << UNIT)
}

impl fmt::Debug for RecentLatencies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecentLatencies")
            .field("recorded", &self.recorded())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bound_is_at_most_a_64th_above_its_lengths() {
        let lengths = (0..200_u32).map(|step| 1.13_f64.powi(step as i32) as u64);
        for length in lengths.filter(|nanos| *nanos < (1 << (UNIT + LONGEST))) {
            let took = Duration::from_nanos(length);
            let bound = upper_bound(bucket_of(took).into());
            assert!(bound > took, "{took:?}: {bound:?}");
            let unit = Duration::from_nanos(1 << UNIT);
            assert!(bound - took <= took / 64 + unit, "{took:?}: {bound:?}");
        }
        assert_eq!(usize::from(bucket_of(Duration::MAX)), BUCKETS - 1);
    }

    #[test]
    fn bounds_rise() {
        let bounds: Vec<Duration> = (0..BUCKETS).map(upper_bound).collect();
        assert!(bounds.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn too_few_calls_have_no_percentile() {
        let recent = RecentLatencies::new();
        for _ in 0..99 {
            recent.record(Duration::from_millis(1));
        }
        assert_eq!(recent.quantile(0.95), None);
        recent.record(Duration::from_millis(1));
        assert!(recent.quantile(0.95).is_some());
    }

    proptest! {
        /// Against a list of the last 1,000.
        #[test]
        fn quantile_is_that_of_the_last_calls(
            lengths in prop::collection::vec(1..10_000_000_u64, 100..2_500),
            percent in 0.1..99.9_f64,
        ) {
            let recent = RecentLatencies::new();
            for micros in &lengths {
                recent.record(Duration::from_micros(*micros));
            }
            let mut last: Vec<u64> = lengths.iter().rev().take(1_000).copied().collect();
            last.sort_unstable();
            let share = percent / 100.0;
            let rank = ((share * last.len() as f64).ceil() as usize).max(1);
            let exact = Duration::from_micros(last[rank - 1]);
            let found = recent.quantile(share).expect("there are enough");
            prop_assert!(found > exact && found <= exact + exact / 64 + Duration::from_micros(2));
        }
    }

    #[test]
    fn threads_lose_no_call() {
        let recent = RecentLatencies::new();
        std::thread::scope(|scope| {
            for thread in 1..=4_u64 {
                let recent = &recent;
                scope.spawn(move || {
                    for call in 0..5_000 {
                        recent.record(Duration::from_micros(thread * 1_000 + call % 7));
                    }
                });
            }
        });
        let total: u64 = recent
            .counts
            .iter()
            .map(|it| u64::from(it.load(Relaxed)))
            .sum();
        assert_eq!(total, CALLS);
    }
}
