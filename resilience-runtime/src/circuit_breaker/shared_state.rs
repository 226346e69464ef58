//! The machine behind its lock, and the lock-free paths beside it.

use std::time::Duration;

use super::machine::{Machine, Outcome, View};
use super::packed_state::{PackedState, Ticket};
use super::state::{CircuitState, Transition};
use crate::clock::{Moment, nanos};
use crate::config::CircuitBreakerConfig;
use crate::sync::Mutex;
use crate::sync::atomic::AtomicU64;
use crate::sync::atomic::Ordering::{Acquire, Relaxed, Release};

/// A call was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// When to come back; `None`: forced open, which no time ends.
    pub(crate) retry_after: Option<Duration>,
    /// The breaker is in shadow: the call passes all the same.
    pub(crate) in_shadow: bool,
}

impl Rejection {
    /// Returns the ticket of a call that passes in shadow.
    pub(crate) fn or_pass(self) -> Result<Ticket, Self> {
        if self.in_shadow {
            Ok(Ticket::SHADOW)
        } else {
            Err(self)
        }
    }
}

/// The state that all handles of one breaker share.
///
/// Invariant: every change of the machine happens under the lock and ends with publishing its packed state. So a
/// packed state that was read without the lock is one that the machine really had, and a call that acts on it
/// counts as one that came a moment earlier.
#[derive(Debug)]
pub(super) struct SharedState {
    /// The [`PackedState`].
    word: AtomicU64,
    /// The end of the pause, while open.
    // Relaxed: stored before the Release store of `word` in `change`, so the Acquire load in `word()` orders it.
    open_until: AtomicU64,
    /// While open: the longest `retry_after` to return, in nanoseconds.
    pause: AtomicU64,
    /// A statistic.
    // Relaxed: it guards no other data.
    rejected: AtomicU64,
    /// A statistic, as above.
    shadow_rejected: AtomicU64,
    machine: Mutex<Machine>,
}

impl SharedState {
    pub(super) fn new(config: CircuitBreakerConfig, now: Moment) -> Self {
        let machine = Machine::new(config, now);
        Self {
            word: AtomicU64::new(machine.word().0),
            open_until: AtomicU64::new(0),
            pause: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
            shadow_rejected: AtomicU64::new(0),
            machine: Mutex::new(machine),
        }
    }

    #[inline]
    pub(super) fn word(&self) -> PackedState {
        // Pairs with the Release store in `change`.
        PackedState(self.word.load(Acquire))
    }

    /// One load while it is closed; the clock is read only where it is not.
    #[inline(always)]
    pub(super) fn admit(
        &self,
        now: impl FnOnce() -> Moment,
    ) -> (Result<Ticket, Rejection>, Option<Transition>) {
        if let Some(ticket) = self.admit_if_closed() {
            return (Ok(ticket), None);
        }
        self.admit_by_state(now(), || Duration::ZERO)
    }

    #[inline(always)]
    pub(super) fn admit_if_closed(&self) -> Option<Ticket> {
        let word = self.word();
        (word.is(CircuitState::Closed) || word.is(CircuitState::Disabled)).then(|| word.ticket())
    }

    #[inline]
    pub(super) fn admit_by_state(
        &self,
        now: Moment,
        longest: impl FnOnce() -> Duration,
    ) -> (Result<Ticket, Rejection>, Option<Transition>) {
        let word = self.word();
        if let Some(rejection) = self.reject_without_lock(word, now) {
            self.count(rejection);
            return (Err(rejection), None);
        }
        self.admit_by_machine(now, longest())
    }

    #[inline]
    fn count(&self, rejection: Rejection) {
        let counter = if rejection.in_shadow {
            &self.shadow_rejected
        } else {
            &self.rejected
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Rejects with the rest of the pause of an open breaker. The pause may be one that began after `word` was read:
    /// then the breaker was open all the same.
    #[inline]
    fn reject_without_lock(&self, word: PackedState, now: Moment) -> Option<Rejection> {
        if word.is(CircuitState::ForcedOpen) {
            return Some(Rejection {
                retry_after: None,
                in_shadow: word.is_shadow(),
            });
        }
        let left = self.open_until.load(Relaxed).saturating_sub(now.0);
        // Not above the pause, even if the clock went back to before it opened.
        (word.is(CircuitState::Open) && left > 0).then(|| Rejection {
            retry_after: Some(Duration::from_nanos(left.min(self.pause.load(Relaxed)))),
            in_shadow: word.is_shadow(),
        })
    }

    #[cold]
    #[inline(never)]
    fn admit_by_machine(
        &self,
        now: Moment,
        longest: Duration,
    ) -> (Result<Ticket, Rejection>, Option<Transition>) {
        let ((answer, change), in_shadow) =
            self.change(|machine| (machine.admit(now, longest), machine.word().is_shadow()));
        let answer = answer.map_err(|retry_after| {
            let rejection = Rejection {
                retry_after,
                in_shadow,
            };
            self.count(rejection);
            rejection
        });
        (answer, change)
    }

    /// Records an outcome. The success of a healthy breaker without a window costs one load.
    #[inline]
    pub(super) fn record(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        started: Moment,
        now: impl Fn() -> Moment,
    ) -> Option<Transition> {
        if self.is_noop(ticket, outcome) {
            return None;
        }
        // The lock is not held while the clock is read, except by the outcome that changes the state.
        let read = self.word().needs_time().then(&now);
        self.change(|machine| {
            machine.record(ticket, outcome, started, || read.unwrap_or_else(&now))
        })
    }

    /// Records an outcome under the ticket of a probe that keeps its place.
    pub(super) fn record_for_other(
        &self,
        probe: Ticket,
        outcome: Outcome,
        started: Moment,
        now: impl Fn() -> Moment,
    ) -> Option<Transition> {
        self.change(|machine| {
            let awaited = machine.is_awaited(probe);
            awaited
                .then(|| machine.count(outcome, started, now))
                .flatten()
        })
    }

    /// Whether a probe holds its place.
    pub(super) fn is_held(&self, probe: Ticket, now: Moment) -> bool {
        self.machine.lock().is_held(probe, now)
    }

    /// Whether an outcome changes nothing, so that the lock need not be taken for it.
    #[inline]
    pub(super) fn is_noop(&self, ticket: Ticket, outcome: Outcome) -> bool {
        let word = self.word();
        let nothing_to_tell = match outcome {
            Outcome::Success => word.is_quiet(),
            Outcome::Failure => false,
            Outcome::Ignored => !ticket.is_probe(),
            Outcome::Abandoned => !ticket.is_probe() && !word.abandoned_fails(),
            Outcome::Cancelled => !ticket.is_probe() && !ticket.is_timed(),
        };
        let is_late = || {
            if ticket.is_probe() {
                !word.is(CircuitState::HalfOpen)
            } else {
                ticket.generation() != word.generation() || word.is(CircuitState::Disabled)
            }
        };
        nothing_to_tell || is_late()
    }

    /// Whether a call at `at` would certainly be rejected.
    #[inline]
    pub(super) fn rejects_at(&self, at: Moment) -> bool {
        let word = self.word();
        let is_open = word.is(CircuitState::ForcedOpen)
            || (word.is(CircuitState::Open) && at.0 < self.open_until.load(Relaxed));
        is_open && !word.is_shadow()
    }

    /// How long it stays open, if a time ends it.
    pub(super) fn open_for(&self, now: Moment) -> Option<Duration> {
        let rejection = self.reject_without_lock(self.word(), now)?;
        rejection.retry_after.filter(|_| !rejection.in_shadow)
    }

    /// Whether it is forced open or disabled.
    #[inline]
    pub(super) fn is_overridden(&self) -> bool {
        let word = self.word();
        word.is(CircuitState::ForcedOpen) || word.is(CircuitState::Disabled)
    }

    /// See [`Machine::is_at_rest`].
    pub(super) fn is_at_rest(&self, idle: Duration, now: Moment) -> bool {
        self.machine.lock().is_at_rest(idle, now)
    }

    /// Whether what it would reject passes.
    pub(super) fn is_shadow(&self) -> bool {
        self.word().is_shadow()
    }

    /// Returns the state, without the lock.
    pub(super) fn state(&self, now: impl FnOnce() -> Moment) -> CircuitState {
        let word = self.word();
        let state = CircuitState::ALL
            .iter()
            .copied()
            .find(|state| word.is(*state))
            .unwrap_or(CircuitState::Closed);
        if state == CircuitState::Open && now().0 >= self.open_until.load(Relaxed) {
            return CircuitState::HalfOpen;
        }
        state
    }

    pub(super) fn view(&self, now: Moment) -> View {
        self.machine.lock().view(now)
    }

    pub(super) fn rejected(&self) -> u64 {
        self.rejected.load(Relaxed)
    }

    pub(super) fn shadow_rejected(&self) -> u64 {
        self.shadow_rejected.load(Relaxed)
    }

    pub(super) fn reset_rejected(&self) {
        self.rejected.store(0, Relaxed);
        self.shadow_rejected.store(0, Relaxed);
    }

    pub(super) fn config(&self) -> CircuitBreakerConfig {
        self.machine.lock().config().clone()
    }

    /// Runs a change under the lock and publishes the state of the machine.
    #[inline]
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut Machine) -> T) -> T {
        let mut machine = self.machine.lock();
        let answer = change(&mut machine);
        // Before the word: a thread that sees an open word sees its pause, or a later one.
        if let Some(until) = machine.open_until() {
            self.open_until.store(until.0, Relaxed);
        }
        let word = machine.word();
        if word.is(CircuitState::Open) {
            self.pause.store(nanos(machine.pause()), Relaxed);
        }
        // The outcomes of a window do not change the word: then the cache line of the readers stays untouched.
        // Relaxed: only the holder of the lock stores it. Release pairs with the Acquire load in `word()`.
        if self.word.load(Relaxed) != word.0 {
            self.word.store(word.0, Release);
        }
        answer
    }
}

#[cfg(all(test, not(resilience_loom)))]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn shared() -> SharedState {
        let config = CircuitBreakerConfig::default()
            .failure_threshold(2)
            .recovery_timeout(10 * SECOND);
        SharedState::new(config, Moment(1))
    }

    fn ticket(shared: &SharedState) -> Ticket {
        shared.admit(|| Moment(1)).0.expect("it is closed")
    }

    fn fail(shared: &SharedState) {
        shared.record(ticket(shared), Outcome::Failure, Moment(1), || Moment(1));
    }

    #[test]
    fn is_noop_for_outcomes_that_change_nothing() {
        use Outcome::{Abandoned, Failure, Ignored, Success};
        let shared = shared();
        let learns = |ticket| {
            [Success, Failure, Ignored, Abandoned].map(|outcome| !shared.is_noop(ticket, outcome))
        };
        assert_eq!(learns(ticket(&shared)), [false, true, false, false]);
        let late = ticket(&shared);
        fail(&shared);
        assert_eq!(learns(late), [true, true, false, false], "one to forget");
        fail(&shared);
        assert_eq!(learns(late), [false; 4], "it opened since");
        shared.change(|machine| machine.disable(Moment(1)));
        assert_eq!(learns(ticket(&shared)), [false; 4]);
    }

    #[test]
    fn reject_without_lock_needs_no_lock() {
        let shared = shared();
        let rejection = |now| shared.reject_without_lock(shared.word(), now);
        let wait = |now| rejection(now).map(|it| it.retry_after);
        assert_eq!(wait(Moment(1)), None);
        fail(&shared);
        fail(&shared);
        assert_eq!(wait(Moment(1)), Some(Some(10 * SECOND)));
        assert_eq!(wait(Moment(1).after(9 * SECOND)), Some(Some(SECOND)));
        assert_eq!(wait(Moment(1).after(10 * SECOND)), None, "it is over");
        shared.change(|machine| machine.force_open(Moment(1)));
        assert_eq!(wait(Moment(1)), Some(None), "no time ends it");
    }
}
