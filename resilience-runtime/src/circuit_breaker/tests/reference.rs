//! The gate against a naive model that keeps every outcome and computes everything anew.

use std::time::Duration;

use proptest::prelude::*;

use crate::circuit_breaker::CircuitState;
use crate::circuit_breaker::gate::{Gate, Rejection};
use crate::circuit_breaker::machine::Outcome;
use crate::circuit_breaker::word::Ticket;
use crate::clock::{Moment, nanos};
use crate::config::{Abandoned, CircuitBreakerConfig, Window};

#[derive(Clone, Copy, Debug)]
struct Seen {
    at: u64,
    failed: bool,
    slow: bool,
}

/// A permit in the model: the round that gave it and when.
#[derive(Clone, Copy, Debug)]
struct Held {
    round: u64,
    started: u64,
}

struct Reference {
    config: CircuitBreakerConfig,
    state: CircuitState,
    round: u64,
    /// When it opened.
    opened_at: u64,
    reopenings: i32,
    /// Failures since the last success.
    row: u32,
    log: Vec<Seen>,
    probes: u32,
    successes: u32,
    opened: u64,
    rejected: u64,
}

impl Reference {
    fn new(config: CircuitBreakerConfig) -> Self {
        Self {
            config,
            state: CircuitState::Closed,
            round: 0,
            opened_at: 0,
            reopenings: 0,
            row: 0,
            log: Vec::new(),
            probes: 0,
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

    fn enter(&mut self, state: CircuitState) {
        self.state = state;
        self.round += 1;
        self.probes = 0;
        self.successes = 0;
        if state == CircuitState::Closed {
            self.log.clear();
            self.row = 0;
            self.reopenings = 0;
        }
    }

    fn state(&self, now: u64) -> CircuitState {
        if self.state == CircuitState::Open && now >= self.opened_at + self.pause() {
            return CircuitState::HalfOpen;
        }
        self.state
    }

    fn admit(&mut self, now: u64) -> Result<Held, Duration> {
        if self.state(now) != self.state {
            self.enter(CircuitState::HalfOpen);
        }
        let refused = match self.state {
            CircuitState::Closed | CircuitState::Disabled => None,
            CircuitState::Open => Some(Duration::from_nanos(self.opened_at + self.pause() - now)),
            CircuitState::HalfOpen if self.probes < self.config.half_open_max_calls => {
                self.probes += 1;
                None
            }
            _ => Some(self.config.recovery_timeout),
        };
        self.rejected += u64::from(refused.is_some());
        refused.map_or(
            Ok(Held {
                round: self.round,
                started: now,
            }),
            Err,
        )
    }

    fn window(&self, now: u64) -> Vec<Seen> {
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
        if self.config.failure_rate.is_none() && self.row >= self.config.failure_threshold {
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
    fn reconfigure(&mut self, config: CircuitBreakerConfig, now: u64) {
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

    fn record(&mut self, held: Held, outcome: Outcome, now: u64) {
        if held.round != self.round {
            return;
        }
        let outcome = match (outcome, self.config.abandoned) {
            (Outcome::Abandoned, Abandoned::Failure) => Outcome::Failure,
            (Outcome::Abandoned, Abandoned::Ignored) => Outcome::Ignored,
            (other, _) => other,
        };
        let failed = outcome == Outcome::Failure;
        let slow = self
            .config
            .slow_call_duration
            .is_some_and(|limit| now - held.started >= nanos(limit));
        match self.state {
            CircuitState::HalfOpen => {
                self.probes -= 1;
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

#[derive(Clone, Debug)]
pub(super) enum Step {
    Admit,
    /// Hands back the permit at this place, counted round.
    Settle(usize, Outcome),
    Advance(u64),
    ForceOpen,
    ForceClosed,
    Disable,
    Reset,
    Hold,
    LetGo,
    Reconfigure(Box<CircuitBreakerConfig>),
}

pub(super) fn outcome() -> impl Strategy<Value = Outcome> {
    prop_oneof![
        4 => Just(Outcome::Success),
        4 => Just(Outcome::Failure),
        1 => Just(Outcome::Ignored),
        1 => Just(Outcome::Abandoned),
    ]
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        40 => Just(Step::Admit),
        40 => (0_usize..8, outcome()).prop_map(|(place, outcome)| Step::Settle(place, outcome)),
        15 => (0_u64..6).prop_map(Step::Advance),
        5 => (6_u64..200).prop_map(Step::Advance),
        1 => Just(Step::ForceOpen),
        2 => Just(Step::ForceClosed),
        1 => Just(Step::Disable),
        1 => Just(Step::Reset),
        2 => Just(Step::Hold),
        3 => Just(Step::LetGo),
        2 => config().prop_map(|config| Step::Reconfigure(Box::new(config))),
    ];
    prop::collection::vec(step, 0..300)
}

fn rate() -> impl Strategy<Value = f64> {
    (1_u32..=20).prop_map(|twentieths| f64::from(twentieths) / 20.0)
}

prop_compose! {
    pub(super) fn config()(
        failure_threshold in 1_u32..5,
        failure_rate in prop::option::of(rate()),
        window in prop_oneof![
            (1_u32..70).prop_map(Window::Calls),
            (1_u64..80).prop_map(|n| Window::Time(Duration::from_nanos(n))),
        ],
        minimum in 1_u32..12,
        slow in prop::option::of((1_u64..10, rate())),
        recovery_timeout in 1_u64..30,
        recovery_multiplier in prop_oneof![Just(1.0), Just(1.5), Just(2.0), Just(10.0)],
        room in 0_u64..200,
        success_threshold in 1_u32..4,
        half_open_max_calls in 1_u32..4,
        abandoned in prop_oneof![Just(Abandoned::Ignored), Just(Abandoned::Failure)],
    ) -> CircuitBreakerConfig {
        let minimum_calls = match window {
            Window::Calls(calls) => minimum.min(calls),
            Window::Time(_) => minimum,
        };
        CircuitBreakerConfig {
            failure_threshold,
            failure_rate,
            window,
            minimum_calls,
            slow_call_duration: slow.map(|(limit, _)| Duration::from_nanos(limit)),
            slow_call_rate: slow.map(|(_, rate)| rate),
            recovery_timeout: Duration::from_nanos(recovery_timeout),
            recovery_multiplier,
            max_recovery_timeout: Duration::from_nanos(recovery_timeout + room),
            success_threshold,
            half_open_max_calls,
            abandoned,
        }
    }
}

proptest! {
    #[test]
    fn behaves_as_the_reference(config in config(), steps in steps()) {
        config.validate().expect("a configuration that can run");
        let mut now = 1_000;
        let gate = Gate::new(config.clone(), Moment(now));
        let mut reference = Reference::new(config);
        let mut permits: Vec<(Ticket, Held)> = Vec::new();
        // What was held last, and whether nobody has overruled it.
        let (mut last_hold, mut holds) = (None, None);
        for step in steps {
            match step {
                Step::Admit => {
                    let sure = gate.rejects_at(Moment(now));
                    let (answer, _) = gate.admit(|| Moment(now));
                    let expected = reference.admit(now);
                    match (answer, expected) {
                        (Ok(ticket), Ok(held)) => permits.push((ticket, held)),
                        (Err(Rejection { retry_after }), Err(expected)) => {
                            prop_assert_eq!(retry_after, expected);
                        }
                        (answer, expected) => prop_assert!(false, "{answer:?}, not {expected:?}"),
                    }
                    prop_assert!(!sure || answer.is_err());
                }
                Step::Settle(place, outcome) => {
                    if !permits.is_empty() {
                        let (ticket, held) = permits.remove(place % permits.len());
                        gate.record(ticket, outcome, Moment(held.started), || Moment(now));
                        reference.record(held, outcome, now);
                    }
                }
                Step::Advance(by) => now += by,
                Step::ForceOpen => {
                    gate.change(|machine| machine.force_open(Moment(now)));
                    holds = None;
                    if reference.state != CircuitState::ForcedOpen {
                        reference.enter(CircuitState::ForcedOpen);
                    }
                }
                Step::Hold => {
                    let (held, _) = gate.change(|machine| machine.hold_open(Moment(now)));
                    let said = [CircuitState::ForcedOpen, CircuitState::Disabled];
                    prop_assert_eq!(held.is_none(), said.contains(&reference.state));
                    if held.is_some() {
                        reference.enter(CircuitState::ForcedOpen);
                        (last_hold, holds) = (held, held);
                    }
                }
                Step::LetGo => {
                    // Also one that means nothing any more.
                    if let Some(held) = last_hold {
                        gate.change(|machine| machine.let_go(held, Moment(now)));
                        if holds.take().is_some() {
                            reference.enter(CircuitState::Closed);
                        }
                    }
                }
                Step::Reconfigure(config) => {
                    gate.change(|machine| machine.reconfigure((*config).clone()));
                    reference.reconfigure(*config, now);
                }
                Step::ForceClosed => {
                    gate.change(|machine| machine.force_closed(Moment(now)));
                    holds = None;
                    reference.enter(CircuitState::Closed);
                }
                Step::Disable => {
                    holds = None;
                    gate.change(|machine| machine.disable(Moment(now)));
                    if reference.state != CircuitState::Disabled {
                        reference.enter(CircuitState::Disabled);
                    }
                }
                Step::Reset => {
                    holds = None;
                    gate.forget_rejected();
                    gate.change(|machine| machine.reset(Moment(now)));
                    reference.enter(CircuitState::Closed);
                    reference.opened = 0;
                    reference.rejected = 0;
                }
            }
            let view = gate.view(Moment(now));
            prop_assert_eq!(view.state, reference.state(now));
            prop_assert_eq!(gate.state(|| Moment(now)), view.state);
            prop_assert_eq!(view.opened, reference.opened);
            prop_assert_eq!(gate.rejected(), reference.rejected);
            prop_assert_eq!(view.consecutive, reference.row);
            let config = &reference.config;
            if config.failure_rate.is_some() || config.slow_call_rate.is_some() {
                let window = reference.window(now);
                prop_assert_eq!(view.totals.calls, window.len() as u64);
                prop_assert_eq!(
                    view.totals.failures,
                    window.iter().filter(|seen| seen.failed).count() as u64
                );
                prop_assert_eq!(
                    view.totals.slow,
                    window.iter().filter(|seen| seen.slow).count() as u64
                );
            }
        }
    }

    /// Whatever happened, times that jump and a new configuration included: once everybody has left and the pause is over, it
    /// lets a call through, and successes close it for good. (The first of them may still open it.)
    #[test]
    fn no_wedge_is_reachable(
        first in config(),
        config in config(),
        changed in 0_usize..100,
        steps in prop::collection::vec((any::<bool>(), 0_usize..8, outcome(), 0_u64..400), 0..200),
    ) {
        let gate = Gate::new(first, Moment(0));
        let mut permits = Vec::new();
        let mut config = Some(config);
        for (step, (admit, place, outcome, at)) in steps.into_iter().enumerate() {
            let now = Moment(at);
            if step == changed && let Some(config) = config.take() {
                gate.change(|machine| machine.reconfigure(config));
            }
            if admit {
                if let (Ok(ticket), _) = gate.admit(|| now) {
                    permits.push((ticket, now));
                }
            } else if !permits.is_empty() {
                let (ticket, started) = permits.remove(place % permits.len());
                gate.record(ticket, outcome, started, || now);
            }
        }
        for (ticket, started) in permits {
            gate.record(ticket, Outcome::Ignored, started, || started);
        }
        for round in 1..100 {
            let later = Moment(round * 10_000);
            let (answer, _) = gate.admit(|| later);
            let ticket = answer.expect("a place");
            gate.record(ticket, Outcome::Success, later, || later);
        }
        prop_assert_eq!(gate.state(|| Moment(2_000_000)), CircuitState::Closed);
    }
}
