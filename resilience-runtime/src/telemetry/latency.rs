//! How long calls and attempts take, in buckets whose bounds are round numbers.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::clock::nanos;
use crate::shard::{SHARDS, shard};

/// Bounds in nanoseconds: nine to a decade, from 10 µs to 1,000 s. The bounds of the exporters (1,
/// 2.5 and 5 of each decade) are among them, so that their buckets are exact.
const BOUNDS: [u64; 8 * STEPS.len()] = bounds();
const STEPS: [u64; 9] = [10, 15, 20, 25, 30, 40, 50, 60, 80];

const fn bounds() -> [u64; 8 * STEPS.len()] {
    let mut bounds = [0; 8 * STEPS.len()];
    let mut decade = 1_000;
    let mut at = 0;
    while at < bounds.len() {
        bounds[at] = decade * STEPS[at % STEPS.len()];
        at += 1;
        if at % STEPS.len() == 0 {
            decade *= 10;
        }
    }
    bounds
}

/// Sums are kept in units of 64 ns, so that ten thousand calls at a time fill them in three years, not in
/// three weeks.
const SUM_SHIFT: u32 = 6;

/// One shard.
struct Shard {
    counts: [AtomicU64; BOUNDS.len() + 1],
    sum: AtomicU64,
    max: AtomicU64,
}

/// A histogram of durations. A shard is allocated with its first duration.
#[derive(Default)]
struct Recorder([OnceLock<Box<Shard>>; SHARDS]);

impl Recorder {
    fn record(&self, took: Duration) {
        let shard = self.0[shard()].get_or_init(|| {
            Box::new(Shard {
                counts: [const { AtomicU64::new(0) }; BOUNDS.len() + 1],
                sum: AtomicU64::new(0),
                max: AtomicU64::new(0),
            })
        });
        let took = nanos(took);
        let bucket = BOUNDS.partition_point(|bound| *bound < took);
        shard.counts[bucket].fetch_add(1, Ordering::Relaxed);
        shard.sum.fetch_add(took >> SUM_SHIFT, Ordering::Relaxed);
        if shard.max.load(Ordering::Relaxed) < took {
            shard.max.fetch_max(took, Ordering::Relaxed);
        }
    }

    fn snapshot(&self) -> DurationHistogram {
        let mut histogram = DurationHistogram::default();
        for shard in self.0.iter().filter_map(OnceLock::get) {
            for (sum, count) in histogram.counts.iter_mut().zip(&shard.counts) {
                *sum += count.load(Ordering::Relaxed);
            }
            histogram.sum += u128::from(shard.sum.load(Ordering::Relaxed)) << SUM_SHIFT;
            histogram.max = histogram.max.max(shard.max.load(Ordering::Relaxed));
        }
        histogram
    }
}

/// The latencies of one service.
#[derive(Default)]
pub(crate) struct Latency {
    calls: Recorder,
    attempts: Recorder,
}

impl Latency {
    pub(crate) fn call(&self, took: Duration) {
        self.calls.record(took);
    }

    pub(crate) fn attempt(&self, took: Duration) {
        self.attempts.record(took);
    }

    pub(crate) fn snapshot(&self) -> ServiceLatency {
        ServiceLatency {
            calls: self.calls.snapshot(),
            attempts: self.attempts.snapshot(),
        }
    }
}

impl fmt::Debug for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Latency").finish_non_exhaustive()
    }
}

/// Holds the durations of the calls and attempts of a service, from [`Service::latency`](crate::Service::latency).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceLatency {
    /// Holds the durations of calls that made an attempt, from start to end: waits included, fallbacks not.
    pub calls: DurationHistogram,
    /// Holds the durations of attempts.
    pub attempts: DurationHistogram,
}

/// Counts durations in buckets.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
/// use std::time::Duration;
/// use resilience_runtime::{BoxError, Registry, ServiceKind};
///
/// let registry = Registry::new();
/// registry.measure_latency();
/// let openai = registry.service("openai", ServiceKind::Llm)?;
/// openai.call(|| async { Ok::<_, BoxError>("hello") }).await?;
///
/// let calls = openai.latency().expect("it is measured").calls;
/// assert_eq!(calls.count(), 1);
/// assert!(calls.quantile(0.99) <= Some(calls.max()));
/// # Ok(()) }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct DurationHistogram {
    counts: [u64; BOUNDS.len() + 1],
    /// Nanoseconds.
    sum: u128,
    max: u64,
}

impl Default for DurationHistogram {
    fn default() -> Self {
        Self {
            counts: [0; BOUNDS.len() + 1],
            sum: 0,
            max: 0,
        }
    }
}

impl DurationHistogram {
    /// Returns the number of durations.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Returns the sum of all durations.
    #[must_use]
    pub fn sum(&self) -> Duration {
        let seconds = u64::try_from(self.sum / 1_000_000_000).unwrap_or(u64::MAX);
        Duration::new(seconds, (self.sum % 1_000_000_000) as u32)
    }

    /// Returns the mean duration; `None` if there are none.
    #[must_use]
    pub fn mean(&self) -> Option<Duration> {
        let mean = self.sum.checked_div(u128::from(self.count()))?;
        Some(Duration::from_nanos(
            u64::try_from(mean).unwrap_or(u64::MAX),
        ))
    }

    /// Returns the longest duration.
    #[must_use]
    pub fn max(&self) -> Duration {
        Duration::from_nanos(self.max)
    }

    /// Returns the cumulative count of each bucket with its upper bound, in rising order. The last one has no bound and
    /// counts all.
    pub fn buckets(&self) -> impl Iterator<Item = (Option<Duration>, u64)> {
        let bounds = BOUNDS
            .iter()
            .map(|bound| Some(Duration::from_nanos(*bound)));
        let mut below = 0;
        bounds
            .chain([None])
            .zip(&self.counts)
            .map(move |(bound, count)| {
                below += count;
                (bound, below)
            })
    }

    /// Returns the quantile `q`, from 0 to 1; `None` if there are no durations. It is interpolated within a bucket, whose
    /// bounds are at most a half apart.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Option<Duration> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        let rank = (q.clamp(0.0, 1.0) * total as f64).ceil().max(1.0);
        let mut below = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            let upto = below + count;
            if *count > 0 && upto as f64 >= rank {
                let lower = bucket.checked_sub(1).map_or(0, |before| BOUNDS[before]);
                let upper = BOUNDS
                    .get(bucket)
                    .copied()
                    .unwrap_or(u64::MAX)
                    .min(self.max);
                let share = (rank - below as f64) / *count as f64;
                let within = upper.saturating_sub(lower) as f64 * share;
                return Some(
                    Duration::from_nanos(lower.saturating_add(within as u64)).min(self.max()),
                );
            }
            below = upto;
        }
        Some(self.max())
    }

    /// Returns the difference to `earlier`, an older snapshot of the same histogram. Its maximum is the maximum ever.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        let mut counts = self.counts;
        for (count, before) in counts.iter_mut().zip(&earlier.counts) {
            *count = count.saturating_sub(*before);
        }
        Self {
            counts,
            sum: self.sum.saturating_sub(earlier.sum),
            max: self.max,
        }
    }
}

impl fmt::Debug for DurationHistogram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DurationHistogram")
            .field("count", &self.count())
            .field("mean", &self.mean())
            .field("p50", &self.quantile(0.5))
            .field("p99", &self.quantile(0.99))
            .field("max", &self.max())
            .finish()
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    fn recorded(durations: impl IntoIterator<Item = Duration>) -> DurationHistogram {
        let recorder = Recorder::default();
        for took in durations {
            recorder.record(took);
        }
        recorder.snapshot()
    }

    #[test]
    fn bounds_rise_and_include_the_exporters_bounds() {
        assert!(BOUNDS.is_sorted_by(|a, b| a < b));
        for micros in [10, 25, 50, 1_000, 2_500, 5_000, 250_000, 100_000_000] {
            assert!(BOUNDS.contains(&(micros * 1_000)), "{micros} µs");
        }
        assert_eq!(BOUNDS[BOUNDS.len() - 1], 800 * 1_000_000_000);
    }

    #[test]
    fn bound_is_inclusive() {
        let histogram = recorded([Duration::from_millis(1), Duration::from_nanos(1_000_001)]);
        let at_most = |limit| {
            histogram
                .buckets()
                .find(|(bound, _)| *bound == Some(limit))
                .map(|(_, count)| count)
        };
        assert_eq!(at_most(Duration::from_millis(1)), Some(1));
        assert_eq!(at_most(Duration::from_micros(1_500)), Some(2));
        assert_eq!(histogram.buckets().last(), Some((None, 2)));
    }

    #[test]
    fn shortest_and_longest_durations_are_counted() {
        let histogram = recorded([Duration::ZERO, Duration::MAX]);
        assert_eq!(histogram.count(), 2);
        assert_eq!(histogram.max(), Duration::from_nanos(u64::MAX));
        assert_eq!(histogram.quantile(1.0), Some(histogram.max()));
        assert_eq!(recorded([]).quantile(0.5), None);
        assert_eq!(recorded([]).mean(), None);
    }

    #[test]
    fn quantile_error_is_at_most_one_bucket() {
        let mut durations: Vec<u64> = (1..=10_000_u64).map(|n| n * n * 37).collect();
        let histogram = recorded(durations.iter().map(|nanos| Duration::from_nanos(*nanos)));
        durations.sort_unstable();
        for q in [0.0, 0.1, 0.5, 0.9, 0.95, 0.99, 1.0] {
            let rank = ((q * 10_000.0_f64).ceil() as usize).max(1);
            let truth = durations[rank - 1] as f64;
            let estimate = histogram.quantile(q).expect("not empty").as_nanos() as f64;
            let ten_micros = 10_000.0;
            assert!(
                (estimate - truth).abs() <= (truth / 2.0).max(ten_micros),
                "{q}: {estimate} for {truth}"
            );
        }
    }

    #[test]
    fn since_returns_the_difference() {
        let recorder = Recorder::default();
        recorder.record(Duration::from_secs(1));
        let earlier = recorder.snapshot();
        recorder.record(Duration::from_millis(5));
        let since = recorder.snapshot().since(&earlier);
        assert_eq!(since.count(), 1);
        assert!(since.quantile(0.5).expect("one") <= Duration::from_millis(5));
        assert!(since.sum() <= Duration::from_millis(5));
    }

    #[test]
    fn concurrent_records_are_all_counted() {
        let recorder = Recorder::default();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..1_000 {
                        recorder.record(Duration::from_micros(100));
                    }
                });
            }
        });
        let histogram = recorder.snapshot();
        assert_eq!(histogram.count(), 4_000);
        // Rounded down to 64 ns each.
        assert_eq!(
            histogram.sum(),
            Duration::from_nanos((100_000 >> 6 << 6) * 4_000)
        );
    }
}
