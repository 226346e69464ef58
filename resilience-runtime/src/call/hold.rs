//! What an attempt holds of its service, and how it gives it back.

use super::Call;
#[cfg(feature = "testing")]
use super::interfere;
use crate::circuit_breaker::{Outcome as BreakerOutcome, Ticket};
use crate::clock::Moment;

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
    #[cfg(feature = "testing")]
    pub(super) interfering: Option<Box<interfere::Interfering>>,
    /// After how many items more an injected fault breaks the stream off.
    #[cfg(feature = "testing")]
    pub(super) breaks_after: Option<u32>,
}

impl Hold {
    /// Whether there is something to give back.
    #[inline]
    pub(super) fn is_something(&self) -> bool {
        self.ticket.is_some() || self.taken.is_some() || self.place
    }
}

impl Call {
    /// Ends the running attempt with what the breaker is to learn from it.
    pub(super) fn release(&mut self, outcome: BreakerOutcome, now: impl Fn() -> Moment) {
        let started = self.now;
        let hold = std::mem::take(&mut self.hold);
        let core = self.core();
        if hold.place {
            core.bulkhead.leave();
        }
        if let Some(ticket) = hold.ticket {
            core.breaker.record(ticket, outcome, started, now);
        }
    }

    /// Gives everything back that was taken for an attempt that will not begin.
    pub(super) fn hand_back(&mut self) {
        self.hand_back_ticket();
        let hold = std::mem::take(&mut self.hold);
        let core = self.core();
        if hold.place {
            core.bulkhead.leave();
        }
        if let Some(taken) = hold.taken {
            core.limiter.give_back(self.taken(taken), self.now);
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
