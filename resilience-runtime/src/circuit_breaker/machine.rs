//! The state machine: plain functions of the time passed in.

use std::time::Duration;

use super::history::{History, Totals, is_slow, reaches};
use super::packed_state::{Flags, PackedState, Ticket};
use super::state::{CircuitState, Transition};
use crate::clock::{Moment, nanos};
use crate::config::{CircuitBreakerConfig, OnAbandoned, PatternMode};

/// The outcome of a call, as the breaker counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Success,
    Failure,
    /// It has no meaning for the health of the service.
    Ignored,
    /// It was dropped before it ended.
    Abandoned,
    /// It was dropped because another attempt of its call had decided. All that is known of it is how long it ran.
    Cancelled,
}

#[derive(Debug)]
pub(super) struct Machine {
    config: CircuitBreakerConfig,
    phase: Phase,
    /// Grows with every change of state, so that a late outcome is recognized, and with every probe, so that each has a
    /// generation of its own.
    generation: u64,
    /// The generation in which the state began. Probes of this round have later ones.
    round: u64,
    /// The probes that hold a place while it is half-open.
    probes: Vec<Probe>,
    /// When the state began.
    since: Moment,
    /// Failures since the last success.
    consecutive: u32,
    /// Kept only where a rate is set.
    history: Option<History>,
    /// How often it opened again since it was last closed.
    reopenings: u32,
    /// How often it opened, ever.
    opened: u64,
}

/// A probe that has not come back.
#[derive(Clone, Copy, Debug)]
struct Probe {
    generation: u64,
    /// From then on it holds no place: it may never come back.
    until: Moment,
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    Closed,
    Open {
        until: Moment,
    },
    HalfOpen {
        successes: u32,
    },
    /// `held`: by a [`HeldOpen`](super::HeldOpen), until it is dropped. Otherwise until the next override.
    ForcedOpen {
        held: bool,
    },
    Disabled,
}

impl Phase {
    fn state(self) -> CircuitState {
        match self {
            Self::Closed => CircuitState::Closed,
            Self::Open { .. } => CircuitState::Open,
            Self::HalfOpen { .. } => CircuitState::HalfOpen,
            Self::ForcedOpen { .. } => CircuitState::ForcedOpen,
            Self::Disabled => CircuitState::Disabled,
        }
    }
}

/// A snapshot of the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    pub(super) state: CircuitState,
    pub(super) since: Moment,
    pub(super) consecutive: u32,
    pub(super) totals: Totals,
    pub(super) opened: u64,
}

impl Machine {
    /// `config` has been validated.
    pub(super) fn new(config: CircuitBreakerConfig, now: Moment) -> Self {
        Self {
            history: wants_history(&config).then(|| History::new(config.window)),
            config,
            phase: Phase::Closed,
            generation: 0,
            round: 0,
            probes: Vec::new(),
            since: now,
            consecutive: 0,
            reopenings: 0,
            opened: 0,
        }
    }

    pub(super) fn config(&self) -> &CircuitBreakerConfig {
        &self.config
    }

    pub(super) fn word(&self) -> PackedState {
        let flags = Flags {
            rated: self.history.is_some(),
            failing: self.consecutive > 0,
            timed: self.config.slow_call_duration.is_some(),
            clocked: self.history.as_ref().is_some_and(History::is_clocked),
            abandoned_fails: self.config.abandoned == OnAbandoned::Failure,
            shadow: self.config.mode == PatternMode::Shadow,
        };
        PackedState::new(self.phase.state(), flags, self.generation)
    }

    /// Returns the end of the pause, if it is open.
    pub(super) fn open_until(&self) -> Option<Moment> {
        match self.phase {
            Phase::Open { until } => Some(until),
            _ => None,
        }
    }

    /// Returns the longest `retry_after` of a rejection.
    pub(super) fn pause(&self) -> Duration {
        match self.phase {
            Phase::Open { until } => until.since(self.since),
            _ => self.config.recovery_timeout,
        }
    }

    /// Gives a ticket to a call that takes at most `longest`, or the time to come back after; `None`: forced open.
    pub(super) fn admit(
        &mut self,
        now: Moment,
        longest: Duration,
    ) -> (Result<Ticket, Option<Duration>>, Option<Transition>) {
        let mut change = None;
        if let Phase::Open { until } = self.phase
            && now >= until
        {
            change = self.transition(Phase::HalfOpen { successes: 0 }, now);
        }
        let answer = match self.phase {
            Phase::Closed | Phase::Disabled => Ok(self.word().ticket()),
            // Not above the pause, even if the clock went back to before it opened.
            Phase::Open { until } => Err(Some(until.since(now).min(until.since(self.since)))),
            Phase::HalfOpen { .. } => {
                let longest = longest.max(self.config.recovery_timeout);
                let probe = self.probe(now, now.after(longest));
                probe.ok_or(Some(self.config.recovery_timeout))
            }
            Phase::ForcedOpen { .. } => Err(None),
        };
        (answer, change)
    }

    /// Gives a place to a probe, where there is one: a probe that does not come back holds its own no longer than `until`.
    fn probe(&mut self, now: Moment, until: Moment) -> Option<Ticket> {
        self.probes.retain(|probe| now < probe.until);
        if self.probes.len() >= self.config.half_open_max_calls as usize {
            return None;
        }
        self.generation += 1;
        self.probes.push(Probe {
            generation: self.generation,
            until,
        });
        Some(self.word().ticket().probe())
    }

    /// Whether it waits for the outcome of this probe.
    pub(super) fn is_awaited(&self, probe: Ticket) -> bool {
        matches!(self.phase, Phase::HalfOpen { .. }) && probe.generation() > self.round
    }

    /// Whether a probe holds its place, and so may lend it.
    pub(super) fn is_held(&self, probe: Ticket, now: Moment) -> bool {
        let holds = |held: &Probe| held.generation == probe.generation() && now < held.until;
        self.is_awaited(probe) && self.probes.iter().any(holds)
    }

    /// Frees the place of a probe, unless it was given to another one. `false`: the probe is of an earlier round.
    fn probe_returns(&mut self, ticket: Ticket) -> bool {
        let generation = ticket.generation();
        self.probes.retain(|probe| probe.generation != generation);
        self.is_awaited(ticket)
    }

    /// Takes a ticket back. The clock is read only where the time matters.
    pub(super) fn record(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        started: Moment,
        now: impl Fn() -> Moment,
    ) -> Option<Transition> {
        let counts = if ticket.is_probe() {
            self.probe_returns(ticket)
        } else {
            ticket.generation() == self.generation
        };
        if !counts {
            return None;
        }
        self.count(outcome, started, now)
    }

    /// Counts the outcome of a call that it waits for.
    pub(super) fn count(
        &mut self,
        outcome: Outcome,
        started: Moment,
        now: impl Fn() -> Moment,
    ) -> Option<Transition> {
        let failed = match (outcome, self.config.abandoned) {
            (Outcome::Success, _) => false,
            (Outcome::Failure, _) | (Outcome::Abandoned, OnAbandoned::Failure) => true,
            (Outcome::Ignored, _) | (Outcome::Abandoned, OnAbandoned::Ignored) => return None,
            (Outcome::Cancelled, _) => return self.count_if_slow(started, now),
        };
        match &mut self.phase {
            Phase::Closed => {
                self.consecutive = if failed {
                    self.consecutive.saturating_add(1)
                } else {
                    0
                };
                if let Some(history) = &mut self.history {
                    let slow = is_slow(self.config.slow_call_duration, started, &now);
                    history.record(&now, failed, slow);
                }
                if self.trips() { self.open(now()) } else { None }
            }
            Phase::HalfOpen { successes } => {
                if failed || is_slow(self.config.slow_call_duration, started, &now) {
                    self.reopenings = self.reopenings.saturating_add(1);
                    return self.open(now());
                }
                *successes += 1;
                if *successes >= self.config.success_threshold {
                    return self.close(now());
                }
                None
            }
            Phase::Open { .. } | Phase::ForcedOpen { .. } | Phase::Disabled => None,
        }
    }

    /// Counts a call whose end nobody waited for, if it was slow by then.
    fn count_if_slow(&mut self, started: Moment, now: impl Fn() -> Moment) -> Option<Transition> {
        let is_slow = is_slow(self.config.slow_call_duration, started, &now);
        match (&self.phase, &mut self.history) {
            (Phase::Closed, Some(history)) if is_slow => history.record(&now, false, true),
            _ => return None,
        }
        if self.trips() { self.open(now()) } else { None }
    }

    /// Whether what was seen while closed is enough to open.
    fn trips(&self) -> bool {
        let config = &self.config;
        let threshold = config.failure_threshold;
        if threshold.is_some_and(|failures| self.consecutive >= failures) {
            return true;
        }
        let Some(history) = &self.history else {
            return false;
        };
        let seen = history.totals();
        let reached =
            |part, rate: Option<f64>| rate.is_some_and(|rate| reaches(part, seen.calls, rate));
        seen.calls >= u64::from(config.minimum_calls)
            && (reached(seen.failures, config.failure_rate)
                || reached(seen.slow, config.slow_call_rate))
    }

    /// Opens. The counts that led to it stay until it closes.
    fn open(&mut self, now: Moment) -> Option<Transition> {
        self.opened += 1;
        let until = now.after(self.next_pause());
        self.transition(Phase::Open { until }, now)
    }

    fn close(&mut self, now: Moment) -> Option<Transition> {
        self.forget();
        self.transition(Phase::Closed, now)
    }

    fn forget(&mut self) {
        self.consecutive = 0;
        self.reopenings = 0;
        if let Some(history) = &mut self.history {
            history.clear();
        }
    }

    /// `recovery_timeout × recovery_multiplier ^ reopenings`, at most `max_recovery_timeout`.
    fn next_pause(&self) -> Duration {
        let config = &self.config;
        let first = config.recovery_timeout;
        let exponent = i32::try_from(self.reopenings).unwrap_or(i32::MAX);
        // In nanoseconds, so that decimal factors come out round; the cast saturates.
        let grown =
            (nanos(first) as f64 * config.recovery_multiplier.powi(exponent)).round() as u64;
        Duration::from_nanos(grown).clamp(first, config.max_recovery_timeout)
    }

    /// Changes the state. Invariant: every change goes through here, so each begins a new generation.
    fn transition(&mut self, phase: Phase, now: Moment) -> Option<Transition> {
        let from = self.phase.state();
        self.phase = phase;
        self.generation += 1;
        self.round = self.generation;
        self.probes.clear();
        self.since = now;
        let to = phase.state();
        (from != to).then(|| Transition {
            from,
            to,
            pause: self.pause(),
        })
    }

    /// Returns a snapshot at `now`. An open breaker whose pause is over is half-open.
    pub(super) fn view(&mut self, now: Moment) -> View {
        let (state, since) = match self.phase {
            Phase::Open { until } if now >= until => (CircuitState::HalfOpen, until),
            phase => (phase.state(), self.since),
        };
        let totals = self.history.as_mut().map(|history| {
            history.expire(now);
            history.totals()
        });
        View {
            state,
            since,
            consecutive: self.consecutive,
            totals: totals.unwrap_or_default(),
            opened: self.opened,
        }
    }

    /// Whether it is no different from a new one, or was last asked so long ago, `idle`, that a breaker which had opened then
    /// would admit calls again whatever its pause. No ticket is out.
    pub(super) fn is_at_rest(&mut self, idle: Duration, now: Moment) -> bool {
        let is_empty = |history: &mut History| {
            history.expire(now);
            history.totals().calls == 0
        };
        match self.phase {
            Phase::ForcedOpen { .. } | Phase::Disabled => return false,
            Phase::Open { until } if now < until => return false,
            Phase::Closed
                if self.consecutive == 0 && self.history.as_mut().is_none_or(is_empty) =>
            {
                return true;
            }
            _ => {}
        }
        idle >= self.config.max_recovery_timeout
    }

    pub(super) fn force_open(&mut self, now: Moment) -> Option<Transition> {
        match &mut self.phase {
            Phase::ForcedOpen { held } => {
                // From now on it is an override by hand: the guard that held it open must not close it.
                if std::mem::take(held) {
                    self.generation += 1;
                }
                None
            }
            _ => self.transition(Phase::ForcedOpen { held: false }, now),
        }
    }

    /// Forces it open, unless it is forced open or disabled already. Returns the generation to
    /// [`release`](Self::release).
    pub(super) fn hold_open(&mut self, now: Moment) -> (Option<u64>, Option<Transition>) {
        match self.phase {
            Phase::ForcedOpen { .. } | Phase::Disabled => (None, None),
            _ => {
                let change = self.transition(Phase::ForcedOpen { held: true }, now);
                (Some(self.generation), change)
            }
        }
    }

    /// Closes it, unless it was changed since it was held open.
    pub(super) fn release(&mut self, generation: u64, now: Moment) -> Option<Transition> {
        if generation == self.generation {
            return self.close(now);
        }
        None
    }

    pub(super) fn disable(&mut self, now: Moment) -> Option<Transition> {
        match self.phase {
            Phase::Disabled => None,
            _ => self.transition(Phase::Disabled, now),
        }
    }

    pub(super) fn force_closed(&mut self, now: Moment) -> Option<Transition> {
        self.close(now)
    }

    pub(super) fn reset(&mut self, now: Moment) -> Option<Transition> {
        self.opened = 0;
        self.close(now)
    }

    /// Swaps in a validated configuration. It changes no state by itself: new thresholds are looked at
    /// with the next outcome, and a pause is measured anew from when it opened.
    pub(super) fn reconfigure(&mut self, config: CircuitBreakerConfig) {
        match (&mut self.history, wants_history(&config)) {
            (Some(history), true) => history.resize(config.window),
            (history, wanted) => *history = wanted.then(|| History::new(config.window)),
        }
        self.config = config;
        let pause = self.next_pause();
        if let Phase::Open { until } = &mut self.phase {
            *until = self.since.after(pause);
        }
    }
}

fn wants_history(config: &CircuitBreakerConfig) -> bool {
    config.failure_rate.is_some() || config.slow_call_rate.is_some()
}
