//! What an attempt holds of its service, and how it gives it back.

use super::Call;
#[cfg(feature = "test-util")]
use super::interfere;
use crate::circuit_breaker::{Outcome as BreakerOutcome, Ticket};
use crate::clock::Moment;
use crate::plan::ServiceCore;

/// What an attempt holds of the service.
#[derive(Debug, Default)]
pub(super) struct Hold {
    pub(super) ticket: Option<Ticket>,
    /// When the cost was taken, which the attempt has not settled yet.
    pub(super) taken: Option<Moment>,
    pub(super) place: bool,
    /// The body has been polled.
    pub(super) running: bool,
    /// What an injected fault does to the attempt.
    #[cfg(feature = "test-util")]
    pub(super) interfering: Option<Box<interfere::Interfering>>,
    /// After how many items more an injected fault breaks the stream off.
    #[cfg(feature = "test-util")]
    pub(super) breaks_after: Option<u32>,
}

impl Hold {
    /// Whether there is something to give back.
    #[inline]
    pub(super) fn is_something(&self) -> bool {
        self.ticket.is_some() || self.taken.is_some() || self.place
    }

    /// Ends an attempt that ran since then, with what the breaker is to learn from it. A later end says nothing more.
    pub(super) fn release(
        &mut self,
        core: &ServiceCore,
        outcome: BreakerOutcome,
        started: Moment,
        now: impl Fn() -> Moment,
    ) {
        let hold = std::mem::take(self);
        if hold.place {
            core.bulkhead.release();
        }
        if let Some(ticket) = hold.ticket {
            core.breaker.record(ticket, outcome, started, now);
        }
    }
}

impl Call {
    /// Ends the running attempt with what the breaker is to learn from it.
    pub(super) fn release(&mut self, outcome: BreakerOutcome, now: impl Fn() -> Moment) {
        let core = &self.plan.core;
        self.hold.release(core, outcome, self.now, now);
    }

    /// Gives everything back that was taken for an attempt that will not begin.
    pub(super) fn hand_back(&mut self) {
        let (taken, now) = (self.hold.taken.take(), self.now);
        self.release(BreakerOutcome::Ignored, || now);
        if let Some(taken) = taken {
            self.core().limiter.refund_grant(self.taken(taken), now);
        }
    }

    pub(super) fn hand_back_ticket(&mut self) {
        if let Some(ticket) = self.hold.ticket.take() {
            let now = self.now;
            self.core()
                .breaker
                .record(ticket, BreakerOutcome::Ignored, now, || now);
        }
    }
}
