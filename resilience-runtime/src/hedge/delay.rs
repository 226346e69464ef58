//! How long an attempt goes without an answer before another one starts beside it.

use std::time::Duration;

use super::recent_latencies::{REFRESH, RecentLatencies};
use crate::clock::nanos;
use crate::config::HedgeDelay;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::Relaxed;

/// The delay of a configuration. A percentile is read anew after every few calls.
#[derive(Debug)]
pub(crate) enum Delay {
    After(Duration),
    Percentile {
        share: f64,
        /// What was read last, in nanoseconds; zero: nothing.
        // Relaxed, as the next: each value by itself is one that held a moment ago.
        known: AtomicU64,
        /// How many calls there were then, in steps of `REFRESH`.
        read_at: AtomicU64,
    },
}

impl Delay {
    pub(crate) fn new(config: HedgeDelay) -> Self {
        match config {
            HedgeDelay::After(delay) => Self::After(delay),
            HedgeDelay::Percentile(percent) => Self::Percentile {
                share: percent / 100.0,
                known: AtomicU64::new(0),
                read_at: AtomicU64::new(0),
            },
        }
    }

    /// Whether it depends on how long calls take.
    pub(crate) fn follows_latency(&self) -> bool {
        matches!(self, Self::Percentile { .. })
    }

    /// Returns the delay; before enough calls are known, that of `unknown`.
    pub(crate) fn get<'a>(
        &self,
        recent: impl FnOnce() -> &'a RecentLatencies,
        unknown: impl FnOnce() -> Option<Duration>,
    ) -> Option<Duration> {
        let (share, known, read_at) = match self {
            Self::After(delay) => return Some(*delay),
            Self::Percentile {
                share,
                known,
                read_at,
            } => (*share, known, read_at),
        };
        let recent = recent();
        let step = recent.recorded() / REFRESH;
        // Most calls find it as it was, and only look.
        if read_at.load(Relaxed) != step
            && read_at.swap(step, Relaxed) != step
            && let Some(delay) = recent.quantile(share)
        {
            known.store(nanos(delay), Relaxed);
        }
        match known.load(Relaxed) {
            0 => unknown(),
            delay => Some(Duration::from_nanos(delay)),
        }
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    #[test]
    fn percentile_follows_the_calls() {
        let delay = Delay::new(HedgeDelay::Percentile(50.0));
        let recent = RecentLatencies::new();
        let unknown = Duration::from_secs(7);
        let get = || {
            delay
                .get(|| &recent, || Some(unknown))
                .expect("known or not")
        };
        for millis in 1..=99 {
            recent.record(Duration::from_millis(millis));
            assert_eq!(get(), unknown);
        }
        recent.record(Duration::from_millis(100));
        assert!((50..52).contains(&get().as_millis()), "{:?}", get());
        for _ in 0..1_000 {
            recent.record(Duration::from_millis(400));
        }
        assert!((400..407).contains(&get().as_millis()), "{:?}", get());
    }
}
