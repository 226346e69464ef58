//! A breaker as the harness sees it: which bodies are probes, and how many failures in a row there were.

use std::cell::Cell;

use resilience_runtime::{CircuitBreaker, CircuitState, circuit_breaker::CircuitBreakerStats};

use crate::rules::Rules;

/// How often somebody set it by hand, and how often it has opened since its counters were reset. Whatever began in an earlier
/// round says nothing any more.
type Round = (u64, u64);

#[derive(Default)]
pub struct Circuit {
    by_hand: Cell<u64>,
    /// Probes of the latest round that run now.
    probes: Cell<(Round, u32)>,
    /// Failures since the last sign of life, of those that began while it was closed.
    row: Cell<(Round, u32)>,
    /// As many as there were when the threshold was lowered.
    excused: Cell<u32>,
    /// How often a probe began.
    pub probed: Cell<u64>,
}

/// A body that a breaker is to learn from.
pub struct Begun {
    round: Round,
    probe: bool,
}

/// What it says of the service.
pub enum Lesson {
    Life,
    Failure,
    Nothing,
}

impl Circuit {
    fn round(&self, opened: u64) -> Round {
        (self.by_hand.get(), opened)
    }

    pub fn hands(&self) -> u64 {
        self.by_hand.get()
    }

    /// Somebody has set it by hand.
    pub fn is_taken_in_hand(&self) {
        self.by_hand.set(self.by_hand.get() + 1);
    }

    /// A body begins.
    pub fn begin(&self, breaker: &CircuitBreaker, rules: &Rules) -> Option<Begun> {
        let name = rules.name;
        let CircuitBreakerStats { state, opened, .. } = breaker.stats();
        let round = self.round(opened);
        let probe = match state {
            CircuitState::Disabled => return None,
            CircuitState::Closed => false,
            CircuitState::HalfOpen => {
                self.probed.set(self.probed.get() + 1);
                let (known, probes) = self.probes.get();
                let probes = if known == round { probes + 1 } else { 1 };
                assert!(
                    probes <= rules.half_open_max_calls,
                    "{name}: more probes at once than `half_open_max_calls`"
                );
                self.probes.set((round, probes));
                true
            }
            state => panic!("{name}: a body begins while the circuit is {state}"),
        };
        Some(Begun { round, probe })
    }

    /// It is over.
    pub fn end(&self, begun: &Begun, lesson: Lesson) {
        let (round, probes) = self.probes.get();
        if begun.probe {
            if begun.round == round {
                self.probes.set((round, probes - 1));
            }
            return;
        }
        let (known, row) = self.row.get();
        let row = if known == begun.round { row } else { 0 };
        let row = match lesson {
            Lesson::Life => 0,
            Lesson::Failure => row + 1,
            Lesson::Nothing => row,
        };
        if begun.round >= known {
            self.row.set((begun.round, row));
        }
    }

    /// The rules change: a threshold that is lowered is looked at with the next outcome.
    pub fn excuse(&self, stats: &CircuitBreakerStats) {
        self.excused.set(stats.consecutive_failures);
    }

    /// What it says of itself is what was seen, and it acts upon it.
    pub fn compare(&self, stats: &CircuitBreakerStats, rules: &Rules) {
        let name = rules.name;
        match (stats.state, rules.failures) {
            (CircuitState::Open, _) => {
                let longest = rules.longest_pause;
                assert!(stats.in_state_for < longest, "{name}: open for too long");
            }
            (CircuitState::Closed, Some(threshold)) => {
                let (round, row) = self.row.get();
                let seen = if round == self.round(stats.opened) {
                    row
                } else {
                    0
                };
                let said = stats.consecutive_failures;
                assert_eq!(said, seen, "{name}: failures in a row");
                if said != self.excused.get() {
                    self.excused.set(0);
                    assert!(said < threshold, "{name}: {said} in a row, and closed");
                }
            }
            _ => {}
        }
    }
}
