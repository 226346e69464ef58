//! The breaker as a call uses it, which has read the clock already and keeps the ticket itself.

use std::time::Duration;

use super::CircuitBreaker;
use super::machine::Outcome;
use super::packed_state::Ticket;
use super::shared_state::Rejection;
use crate::clock::Moment;
use crate::error::ResilienceError;

impl CircuitBreaker {
    /// Issues a ticket if the breaker is closed or disabled, which costs one load. Otherwise the state machine decides, see
    /// [`admit_by_state`](Self::admit_by_state). A ticket must be passed to [`record`](Self::record) exactly once; that of a
    /// probe that has succeeded may be passed once more, with a failure.
    #[inline(always)]
    pub(crate) fn admit_if_closed(&self) -> Option<Ticket> {
        self.shared.admit_if_closed()
    }

    /// Issues a ticket to a call that takes at most `longest`. A rejection in shadow is counted, and
    /// [lets pass](Rejection::or_pass).
    #[inline]
    pub(crate) fn admit_by_state(
        &self,
        now: Moment,
        longest: impl FnOnce() -> Duration,
    ) -> Result<Ticket, Rejection> {
        let (answer, change) = self.shared.admit_by_state(now, longest);
        self.announce(change);
        answer
    }

    /// Whether a probe holds its place, and so may lend it.
    pub(crate) fn is_held(&self, probe: Ticket, now: Moment) -> bool {
        self.shared.is_held(probe, now)
    }

    /// Counts an outcome under the ticket of another call, which keeps its place.
    #[cold]
    pub(crate) fn record_for_other(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        started: Moment,
        now: impl Fn() -> Moment,
    ) {
        let change = self.shared.record_for_other(ticket, outcome, started, now);
        self.announce(change);
    }

    /// Takes back the ticket of a success if it changes nothing. `false`: call [`record`](Self::record).
    #[inline]
    pub(crate) fn success_is_noop(&self, ticket: Ticket) -> bool {
        self.shared.is_noop(ticket, Outcome::Success)
    }

    /// Takes a ticket back with its outcome. `now` is read only where the time matters, not by a success of a healthy
    /// breaker without a window; `started` only where slow calls count, see [`Ticket::is_timed`].
    #[inline]
    pub(crate) fn record(
        &self,
        ticket: Ticket,
        outcome: Outcome,
        started: Moment,
        now: impl Fn() -> Moment,
    ) {
        let change = self.shared.record(ticket, outcome, started, now);
        self.announce(change);
    }

    /// Whether a call at `at`, which is not in the past, would certainly be rejected: it is open until
    /// later than that, or forced open, and not in shadow.
    #[inline]
    pub(crate) fn rejects_at(&self, at: Moment) -> bool {
        self.shared.rejects_at(at)
    }

    /// How long it stays open; `None`: it is not, or for good, or passes what it would reject.
    pub(crate) fn open_for(&self, now: Moment) -> Option<Duration> {
        self.shared.open_for(now)
    }

    /// Whether what it would reject passes.
    pub(crate) fn is_shadow(&self) -> bool {
        self.shared.is_shadow()
    }

    /// Converts a rejection to the error of the call.
    pub(crate) fn rejection_error(&self, rejection: Rejection) -> ResilienceError {
        ResilienceError::CircuitBreakerOpen {
            service: self.name.clone(),
            retry_after: rejection.retry_after,
            attempts: 0,
        }
    }
}
