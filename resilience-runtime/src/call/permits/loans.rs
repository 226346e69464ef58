//! What an attempt lends to the calls inside of its body, and borrows from the one round it.

use super::{AttemptPermits, End};
use crate::bulkhead::Place;
use crate::call::links::Links;
use crate::call::load::Load;
use crate::circuit_breaker::Ticket;
use crate::clock::Moment;
use crate::plan::ServiceCore;
use crate::poll_context::{self, Offer};

impl AttemptPermits {
    /// What calls inside of the body may borrow.
    #[cold]
    pub(in crate::call) fn offer(&self, core: &ServiceCore) -> Option<Offer> {
        self.links.has(Links::LENDS).then(|| Offer {
            of: self.scope_id(core),
            probe: self.breaker.filter(|ticket| ticket.is_probe()),
            place: !self.bulkhead.is_none(),
            lent: self.links.has(Links::LENT),
        })
    }

    /// Whether anything connects it with other calls.
    #[inline]
    pub(in crate::call) fn is_linked(&self) -> bool {
        self.links.any()
    }

    /// Whether anything connects it with other calls, or is noted of it.
    #[inline]
    pub(in crate::call) fn is_linked_to_others(&self) -> bool {
        self.links.any_but(Links::SPECIAL)
    }

    /// Whether the attempt has notes, or is inside of the body of another call.
    #[inline]
    pub(in crate::call) fn is_noted(&self) -> bool {
        self.links.has(Links::NOTED)
    }

    /// Whether its end concerns more than its service: it is noted, or at one of several targets.
    #[inline]
    pub(in crate::call) fn is_told(&self) -> bool {
        self.links.has(Links::TOLD)
    }

    pub(in crate::call) fn set_noted(&mut self) {
        self.links.add(Links::NOTED);
    }

    #[inline]
    pub(in crate::call) fn set_special(&mut self) {
        self.links.add(Links::SPECIAL);
    }

    pub(in crate::call) fn set_links(&mut self, noted: bool, lent: bool) {
        self.links.set(Links::NOTED, noted);
        self.links.set(Links::LENT, lent);
    }

    #[cold]
    pub(super) fn borrow_probe(&mut self, core: &ServiceCore, now: Moment) -> Option<Ticket> {
        let of = self.scope_id(core);
        let probe = poll_context::borrow_probe(of)?;
        if !self.keys.breaker(core).is_held(probe, now) {
            poll_context::give_back(of, true);
            return None;
        }
        self.links.add(Links::PROBE);
        self.links.add(Links::LENDS);
        Some(probe)
    }

    #[cold]
    pub(super) fn borrow_place(&mut self, core: &ServiceCore) -> bool {
        let again = self.links.any_borrowed();
        let borrowed = poll_context::borrow_place(self.scope_id(core), again);
        if borrowed {
            self.bulkhead = Place::Borrowed;
            self.links.add(Links::PLACE);
            self.links.add(Links::LENDS);
        }
        borrowed
    }

    /// Ends what was borrowed: the breaker learns the outcome, the lender keeps its place.
    #[cold]
    pub(super) fn complete_borrowed(&mut self, core: &ServiceCore, end: &End<impl Fn() -> Moment>) {
        let probe = self.breaker.filter(|_| self.links.has(Links::PROBE));
        // Who lent the place reports its answers.
        let has_place = self.links.has(Links::PLACE);
        let bulkhead = self.keys.bulkhead(core);
        if has_place && end.load == Load::TooMuch && bulkhead.is_adaptive() {
            end.report_load(bulkhead);
        }
        if self.give_back(core)
            && let Some(probe) = probe
        {
            self.keys
                .breaker(core)
                .record_for_other(probe, end.outcome, end.started, &end.now);
        }
    }

    /// Gives back what was borrowed. `false`: it has ended with the attempt that lent it.
    #[cold]
    pub(super) fn give_back(&mut self, core: &ServiceCore) -> bool {
        let probe = self.links.has(Links::PROBE);
        if probe {
            self.breaker = None;
        }
        if self.links.has(Links::PLACE) {
            self.bulkhead = Place::None;
        }
        self.links = self.links.only(Links::LASTING);
        poll_context::give_back(self.scope_id(core), probe)
    }
}
