//! A reference breaker that keeps every outcome and recomputes everything.

use std::time::Duration;

use crate::circuit_breaker::CircuitState;
use crate::circuit_breaker::machine::Outcome;
use crate::clock::nanos;
use crate::config::{CircuitBreakerConfig, OnAbandoned, Window};

#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    at: u64,
    pub(super) failed: bool,
    pub(super) slow: bool,
}

/// A permit of the reference: the generation that issued it, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    round: u64,
    pub(super) started: u64,
    /// The number of a probe.
    probe: u64,
}

pub(super) struct Reference {
    pub(super) config: CircuitBreakerConfig,
    pub(super) state: CircuitState,
    round: u64,
    /// When it opened.
    opened_at: u64,
    reopenings: i32,
    /// Failures since the last success.
    pub(super) row: u32,
    log: Vec<Seen>,
    /// The number of each probe in flight, and until when it holds its place.
    probes: Vec<(u64, u64)>,
    probes_ever: u64,
    successes: u32,
    pub(super) opened: u64,
    pub(super) rejected: u64,
}

impl Reference {
    pub(super) fn new(config: CircuitBreakerConfig) -> Self {
        Self {
            config,
            state: CircuitState::Closed,
            round: 0,
            opened_at: 0,
            reopenings: 0,
            row: 0,
            log: Vec::new(),
            probes: Vec::new(),
            probes_ever: 0,
            successes: 0,
            opened: 0,
            rejected: 0,
        }
    }

    fn pause(&self) -> u64 {
        let first = self.config.recovery_timeout.as_nanos() as f64;
        let longest = self.config.max_recovery_timeout.as_nanos() as f64;
        let grown = first * self.config.recovery_multiplier.powi(self.reopenings);
        grown.min(longest).round() as u64
    }

    pub(super) fn enter(&mut self, state: CircuitState) {
        self.state = state;
        self.round += 1;
        self.probes.clear();
        self.successes = 0;
        if state == CircuitState::Closed {
            self.log.clear();
            self.row = 0;
            self.reopenings = 0;
        }
    }

    pub(super) fn state(&self, now: u64) -> CircuitState {
        if self.state == CircuitState::Open && now >= self.opened_at + self.pause() {
            return CircuitState::HalfOpen;
        }
        self.state
    }

    pub(super) fn admit(&mut self, now: u64) -> Result<Held, Option<Duration>> {
        if self.state(now) != self.state {
            self.enter(CircuitState::HalfOpen);
        }
        let refused = match self.state {
            CircuitState::Closed | CircuitState::Disabled => None,
            CircuitState::Open => Some(Some(Duration::from_nanos(
                self.opened_at + self.pause() - now,
            ))),
            CircuitState::ForcedOpen => Some(None),
            CircuitState::HalfOpen => {
                let longest = nanos(self.config.recovery_timeout);
                self.probes.retain(|(_, until)| now < *until);
                if self.probes.len() < self.config.half_open_max_calls as usize {
                    self.probes_ever += 1;
                    self.probes.push((self.probes_ever, now + longest));
                    None
                } else {
                    Some(Some(self.config.recovery_timeout))
                }
            }
        };
        self.rejected += u64::from(refused.is_some());
        refused.map_or(
            Ok(Held {
                round: self.round,
                started: now,
                probe: self.probes_ever,
            }),
            Err,
        )
    }

    pub(super) fn window(&self, now: u64) -> Vec<Seen> {
        match self.config.window {
            Window::Calls(calls) => {
                let from = self.log.len().saturating_sub(calls as usize);
                self.log[from..].to_vec()
            }
            Window::Time(span) => self
                .log
                .iter()
                .filter(|seen| now - seen.at < nanos(span))
                .copied()
                .collect(),
        }
    }

    fn trips(&self, now: u64) -> bool {
        if let Some(failures) = self.config.failure_threshold
            && self.row >= failures
        {
            return true;
        }
        let window = self.window(now);
        if window.len() < self.config.minimum_calls as usize {
            return false;
        }
        let share = |count: usize| count as f64 / window.len() as f64;
        let failed = share(window.iter().filter(|seen| seen.failed).count());
        let slow = share(window.iter().filter(|seen| seen.slow).count());
        self.config.failure_rate.is_some_and(|rate| failed >= rate)
            || self.config.slow_call_rate.is_some_and(|rate| slow >= rate)
    }

    /// The state stays. A window keeps what is in it and fits into the new one; of another kind, or where none
    /// was kept, it begins empty.
    pub(super) fn reconfigure(&mut self, config: CircuitBreakerConfig, now: u64) {
        let kept = |config: &CircuitBreakerConfig| {
            config.failure_rate.is_some() || config.slow_call_rate.is_some()
        };
        let same_kind = matches!(
            (self.config.window, config.window),
            (Window::Calls(_), Window::Calls(_)) | (Window::Time(_), Window::Time(_))
        );
        self.log = if kept(&self.config) && kept(&config) && same_kind {
            self.window(now)
        } else {
            Vec::new()
        };
        self.config = config;
        self.log = self.window(now);
    }

    fn open(&mut self, now: u64) {
        self.enter(CircuitState::Open);
        self.opened_at = now;
        self.opened += 1;
    }

    pub(super) fn record(&mut self, held: Held, outcome: Outcome, now: u64) {
        if held.round != self.round {
            return;
        }
        let outcome = match (outcome, self.config.abandoned) {
            (Outcome::Abandoned, OnAbandoned::Failure) => Outcome::Failure,
            (Outcome::Abandoned, OnAbandoned::Ignored) => Outcome::Ignored,
            (other, _) => other,
        };
        let failed = outcome == Outcome::Failure;
        let slow = self
            .config
            .slow_call_duration
            .is_some_and(|limit| now - held.started >= nanos(limit));
        match self.state {
            CircuitState::HalfOpen => {
                self.probes.retain(|(probe, _)| *probe != held.probe);
                if outcome == Outcome::Ignored {
                } else if failed || slow {
                    self.reopenings += 1;
                    self.open(now);
                } else {
                    self.successes += 1;
                    if self.successes >= self.config.success_threshold {
                        self.enter(CircuitState::Closed);
                    }
                }
            }
            CircuitState::Closed if outcome != Outcome::Ignored => {
                self.row = if failed { self.row + 1 } else { 0 };
                self.log.push(Seen {
                    at: now,
                    failed,
                    slow,
                });
                if self.trips(now) {
                    self.open(now);
                }
            }
            _ => {}
        }
    }
}
