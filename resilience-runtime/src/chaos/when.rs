//! The condition that decides which attempts a fault acts on.

use super::script::Script;
use super::sequence::Sequence;

/// The attempts that a fault acts on.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct When {
    pub(super) which: Which,
    /// The largest number of hits.
    pub(super) times: Option<u64>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Which {
    All,
    Rate(f64),
    Every(u64),
    Script(Script),
}

/// The state of a fault: attempts and hits so far.
#[derive(Debug)]
pub(super) struct Progress {
    attempts: u64,
    hits: u64,
    pub(super) sequence: Sequence,
}

impl Progress {
    pub(super) fn new(sequence: Sequence) -> Self {
        Self {
            attempts: 0,
            hits: 0,
            sequence,
        }
    }

    pub(super) fn hits(&self) -> u64 {
        self.hits
    }

    /// Counts an attempt, and returns whether the fault acts on it.
    pub(super) fn next(&mut self, when: &When) -> bool {
        let before = self.attempts;
        self.attempts += 1;
        if when.times.is_some_and(|times| self.hits >= times) {
            return false;
        }
        let acts = match &when.which {
            Which::All => true,
            Which::Rate(rate) => self.sequence.unit() < *rate,
            Which::Every(every) => self.attempts.is_multiple_of(*every),
            Which::Script(script) => script.acts_on(before),
        };
        self.hits += u64::from(acts);
        acts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chaos::Step::{Fail, Pass};

    fn hits(which: Which, times: Option<u64>, attempts: u64) -> Vec<u64> {
        let when = When { which, times };
        let mut progress = Progress::new(Sequence::new(42, "api", 0));
        (1..=attempts).filter(|_| progress.next(&when)).collect()
    }

    #[test]
    fn all_acts_until_times_is_reached() {
        assert_eq!(hits(Which::All, None, 3), [1, 2, 3]);
        assert_eq!(hits(Which::All, Some(2), 5), [1, 2]);
        assert!(hits(Which::All, Some(0), 5).is_empty());
    }

    #[test]
    fn every_acts_on_multiples_of_k() {
        assert_eq!(hits(Which::Every(3), None, 10), [3, 6, 9]);
        assert_eq!(hits(Which::Every(1), None, 2), [1, 2]);
        assert_eq!(hits(Which::Every(3), Some(2), 100), [3, 6]);
    }

    #[test]
    fn script_ends_after_its_last_step() {
        let script = Script::new([Fail, Fail, Pass, Fail]);
        assert_eq!(hits(Which::Script(script), None, 10), [1, 2, 4]);
        assert!(hits(Which::Script(Script::default()), None, 3).is_empty());
    }

    #[test]
    fn rate_is_approximate_except_for_zero_and_one() {
        let often = hits(Which::Rate(0.3), None, 10_000).len();
        assert!((2_800..3_200).contains(&often), "{often}");
        assert!(hits(Which::Rate(0.0), None, 10_000).is_empty());
        assert_eq!(hits(Which::Rate(1.0), None, 10_000).len(), 10_000);
        assert_eq!(hits(Which::Rate(0.3), Some(5), 10_000).len(), 5);
    }
}
