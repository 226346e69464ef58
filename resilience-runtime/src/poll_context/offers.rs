//! What enclosing attempts lend to the calls inside of them: a place in the bulkhead and a probe of a half-open circuit.
//! An inner call of the same service would otherwise wait for what the outer one holds.

use std::cell::RefCell;

use super::scope_id::ScopeId;
use crate::circuit_breaker::Ticket;

/// What an attempt holds that a call inside of it may use, one at a time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    pub(crate) of: ScopeId,
    /// The ticket of a probe.
    pub(crate) probe: Option<Ticket>,
    /// A place in the bulkhead.
    pub(crate) place: bool,
    /// An inner attempt uses it now.
    pub(crate) lent: bool,
}

thread_local! {
    /// Of the bodies that are being polled, the innermost last.
    static OFFERS: RefCell<Vec<Offer>> = const { RefCell::new(Vec::new()) };
}

/// Works on what is offered; `None` where the thread ends and nothing can be offered any more.
fn with_offers<T>(work: impl FnOnce(&mut Vec<Offer>) -> T) -> Option<T> {
    OFFERS
        .try_with(|offers| work(&mut offers.borrow_mut()))
        .ok()
}

pub(super) fn push(offer: Offer) {
    with_offers(|offers| offers.push(offer));
}

pub(super) fn pop() -> Option<Offer> {
    with_offers(Vec::pop)?
}

/// Lends from the innermost attempt that offers it. `again`: the borrower has borrowed something of it before.
fn borrow<T>(of: ScopeId, again: bool, take: impl Fn(&Offer) -> Option<T>) -> Option<T> {
    with_offers(|offers| {
        let mut innermost_first = offers.iter_mut().rev();
        let offer = innermost_first.find(|offer| offer.of == of)?;
        if offer.lent != again {
            return None;
        }
        let taken = take(offer)?;
        offer.lent = true;
        Some(taken)
    })?
}

/// Borrows the probe of an enclosing attempt.
pub(crate) fn borrow_probe(of: ScopeId) -> Option<Ticket> {
    borrow(of, false, |offer| offer.probe)
}

/// Borrows the place of an enclosing attempt.
pub(crate) fn borrow_place(of: ScopeId, again: bool) -> bool {
    borrow(of, again, |offer| offer.place.then_some(())).is_some()
}

/// Returns what was borrowed. `false`: the attempt that lent it has ended, and what it lent with it.
pub(crate) fn give_back(of: ScopeId) -> bool {
    with_offers(|offers| {
        let mut innermost_first = offers.iter_mut().rev();
        let lent = innermost_first.find(|offer| offer.of == of && offer.lent);
        lent.map(|offer| offer.lent = false).is_some()
    })
    .unwrap_or(false)
}
