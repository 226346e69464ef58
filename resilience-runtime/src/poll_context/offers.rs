//! How calls borrow what the attempts round them offer.

use super::entered;
use super::offer::Offer;
use super::scope_id::ScopeId;
use crate::circuit_breaker::Ticket;

/// Lends from the innermost attempt that offers it. `again`: the borrower has borrowed something of it before.
fn borrow<T>(
    matches: impl Fn(ScopeId) -> bool,
    again: bool,
    take: impl Fn(&Offer) -> Option<T>,
) -> Option<T> {
    entered::find(|entered| {
        let offer = entered.offer.as_mut().filter(|offer| matches(offer.of))?;
        if offer.lent != again {
            return Some(None);
        }
        let taken = take(offer);
        offer.lent |= taken.is_some();
        Some(taken)
    })?
}

/// Borrows the probe of an enclosing attempt.
pub(crate) fn borrow_probe(of: ScopeId) -> Option<Ticket> {
    borrow(|offer| offer.shares_breaker(of), false, |offer| offer.probe)
}

/// Borrows the place of an enclosing attempt. Who has borrowed its probe already borrows nothing of another one, since what
/// was borrowed is given back at once.
pub(crate) fn borrow_place(of: ScopeId, again: bool) -> bool {
    let matches = |offer: ScopeId| {
        if again {
            offer == of
        } else {
            offer.shares_bulkhead(of)
        }
    };
    borrow(matches, again, |offer| offer.place.then_some(())).is_some()
}

/// Returns what was borrowed, a `probe` at least or a place alone. `false`: the attempt that lent it has ended, and what it
/// lent with it.
pub(crate) fn give_back(of: ScopeId, probe: bool) -> bool {
    let matches = |offer: ScopeId| {
        if probe {
            offer.shares_breaker(of)
        } else {
            offer.shares_bulkhead(of)
        }
    };
    entered::find(|entered| {
        let lent = |offer: &&mut Offer| matches(offer.of) && offer.lent;
        let offer = entered.offer.as_mut().filter(lent)?;
        offer.lent = false;
        Some(())
    })
    .is_some()
}
