//! What is known of a target: how many attempts it has now, and how long it takes.

use std::time::Duration;

use crate::clock::{Moment, nanos};
use crate::sync::atomic::Ordering::Relaxed;
use crate::sync::atomic::{AtomicU32, AtomicU64};

/// How fast a slower average follows faster answers: to 37 % of the difference in this time.
const DECAY: Duration = Duration::from_secs(10);
/// After so many failures in a row a target is avoided as one that is slow.
const SUSPECT: u32 = 3;

/// Of fewer answers the plain average is taken: the first one often includes that of a connection.
const WARM: u32 = 3;

/// What is known of a target. Each value by itself is one that held a moment ago; an answer that is lost between two others is
/// followed by the next.
// Relaxed: nothing else is read because of them.
#[derive(Debug, Default)]
pub(crate) struct TargetLoad {
    in_flight: AtomicU32,
    /// Failures since the last answer.
    failures: AtomicU32,
    /// How many answers the average is of, up to `WARM`.
    answers: AtomicU32,
    /// The moving average in nanoseconds; zero: not known.
    latency: AtomicU64,
    /// When it was read last.
    updated: AtomicU64,
    /// The bits of its weight in the pool that it was picked from last, for those who look; zero: it was in none.
    weight: AtomicU64,
}

impl TargetLoad {
    /// An attempt begins.
    #[inline]
    pub(crate) fn begin(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// An attempt has ended, in whatever way.
    #[inline]
    pub(crate) fn end(&self) {
        self.in_flight.fetch_sub(1, Relaxed);
    }

    pub(crate) fn weight(&self) -> f64 {
        f64::from_bits(self.weight.load(Relaxed))
    }

    pub(crate) fn set_weight(&self, weight: f64) {
        self.weight.store(weight.to_bits(), Relaxed);
    }

    pub(crate) fn in_flight(&self) -> u32 {
        self.in_flight.load(Relaxed)
    }

    /// The moving average; `None`: not known.
    pub(crate) fn latency(&self) -> Option<Duration> {
        match self.latency.load(Relaxed) {
            0 => None,
            latency => Some(Duration::from_nanos(latency)),
        }
    }

    /// The moving average as a choice weighs it: the longer nobody has asked, the less it says. In nanoseconds.
    pub(crate) fn expected(&self, now: Moment) -> Option<f64> {
        let latency = match self.latency.load(Relaxed) {
            0 => return None,
            latency => latency as f64,
        };
        let age = now.0.saturating_sub(self.updated.load(Relaxed)) as f64;
        let decay = DECAY.as_nanos() as f64;
        Some(latency * (decay / (decay + age)))
    }

    /// Whether so few answers are known that it cannot be told to be slow.
    #[inline]
    pub(crate) fn is_new(&self) -> bool {
        self.answers.load(Relaxed) < WARM
    }

    /// Whether it failed so often in a row that it is avoided.
    #[inline]
    pub(crate) fn is_suspect(&self) -> bool {
        self.failures.load(Relaxed) >= SUSPECT
    }

    /// It has answered.
    pub(crate) fn answered(&self, took: Duration, now: Moment) {
        // Mostly it is zero, and need not be written.
        if self.failures.load(Relaxed) != 0 {
            self.failures.store(0, Relaxed);
        }
        self.took(took, now);
    }

    /// It has answered with an error that is the caller's.
    pub(crate) fn lives(&self) {
        self.failures.store(0, Relaxed);
    }

    /// It has failed; a timeout says how long it takes at least.
    pub(crate) fn failed(&self, timed_out_after: Option<Duration>, now: Moment) {
        let failures = self.failures.load(Relaxed);
        self.failures.store(failures.saturating_add(1), Relaxed);
        if let Some(took) = timed_out_after {
            self.took(took, now);
        }
    }

    /// It has taken so long at least, and was not waited for any longer.
    pub(crate) fn cut(&self, took: Duration, now: Moment) {
        if self.latency().is_none_or(|latency| latency <= took) {
            self.took(took, now);
        } else {
            // It is not known to have become faster.
            self.updated.store(now.0, Relaxed);
        }
    }

    fn took(&self, took: Duration, now: Moment) {
        let took = nanos(took).max(1);
        let before = self.latency.load(Relaxed);
        let updated = self.updated.load(Relaxed);
        self.updated.store(now.0, Relaxed);
        let answers = self.answers.load(Relaxed);
        if answers < WARM {
            self.answers.store(answers + 1, Relaxed);
        }
        let latency = if answers < WARM {
            (before.saturating_mul(u64::from(answers))).saturating_add(took)
                / (u64::from(answers) + 1)
        } else if took >= before {
            took
        } else {
            let since = now.0.saturating_sub(updated) as f64;
            let kept = (-since / DECAY.as_nanos() as f64).exp();
            (before as f64 * kept + took as f64 * (1.0 - kept)) as u64
        };
        self.latency.store(latency.max(1), Relaxed);
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    fn millis(load: &TargetLoad) -> u128 {
        load.latency().expect("known").as_millis()
    }

    #[test]
    fn average_follows_slower_answers_at_once_and_faster_ones_slowly() {
        let load = TargetLoad::default();
        assert_eq!(load.latency(), None);
        let ms = Duration::from_millis;
        let at = |seconds| Moment(0).after(Duration::from_secs(seconds));
        for (took, average) in [(400, 400), (100, 250), (100, 200)] {
            load.answered(ms(took), at(1));
            assert_eq!(millis(&load), average);
        }
        load.answered(ms(1_000), at(2));
        assert_eq!(millis(&load), 1_000);
        load.answered(ms(100), at(3));
        assert!((900..925).contains(&millis(&load)), "{}", millis(&load));
        load.answered(ms(100), at(13));
        assert!((390..410).contains(&millis(&load)), "{}", millis(&load));
    }

    #[test]
    fn one_that_nobody_waits_for_is_known_to_be_slow() {
        let load = TargetLoad::default();
        let ms = Duration::from_millis;
        let at = |seconds| Moment(0).after(Duration::from_secs(seconds));
        for _ in 0..WARM {
            assert!(load.is_new());
            load.cut(ms(35), at(1));
        }
        assert!(!load.is_new());
        assert_eq!(millis(&load), 35);
        load.cut(ms(90), at(2));
        assert_eq!(millis(&load), 90);
        // Cut earlier, it is not faster, and what is known of it stays new.
        load.cut(ms(30), at(100));
        assert_eq!(millis(&load), 90);
        assert_eq!(load.expected(at(100)), Some(90e6));
    }

    #[test]
    fn failures_in_a_row_make_it_suspect() {
        let load = TargetLoad::default();
        for _ in 0..SUSPECT {
            assert!(!load.is_suspect());
            load.failed(None, Moment(1));
        }
        assert!(load.is_suspect());
        load.answered(Duration::from_millis(1), Moment(2));
        assert!(!load.is_suspect());
    }
}
