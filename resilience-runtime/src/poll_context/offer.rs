//! What enclosing attempts lend to the calls inside of them: a place in the bulkhead and a probe of a half-open circuit.
//! An inner call of the same service would otherwise wait for what the outer one holds.

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
