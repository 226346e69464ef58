//! Which state of a service calls share.

use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::rate_limit::KeyHash;

/// A service and the keys of a call: calls with the same ones share its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScopeId {
    /// The address of what the callers of the service share. Only compared, as those below.
    core: usize,
    key: KeyHash,
    /// Who compares it with another one holds its own breaker and bulkhead, so that the address is not that of a later one.
    breaker: usize,
    bulkhead: usize,
}

impl ScopeId {
    /// `core`: what the callers of the service share.
    pub(crate) fn new<T>(
        core: &T,
        key: KeyHash,
        breaker: &CircuitBreaker,
        bulkhead: &Bulkhead,
    ) -> Self {
        Self {
            core: std::ptr::from_ref(core).addr(),
            key,
            breaker: std::ptr::from_ref(breaker).addr(),
            bulkhead: std::ptr::from_ref(bulkhead).addr(),
        }
    }

    /// Whether it is of the same service, whatever the key.
    pub(crate) fn is_same_service(self, other: Self) -> bool {
        self.core == other.core
    }

    /// Whether it reports to the same breaker, and may borrow a probe of it.
    pub(crate) fn shares_breaker(self, other: Self) -> bool {
        (self.core, self.key, self.breaker) == (other.core, other.key, other.breaker)
    }

    /// Whether it may borrow a place.
    pub(crate) fn shares_bulkhead(self, other: Self) -> bool {
        (self.core, self.key, self.bulkhead) == (other.core, other.key, other.bulkhead)
    }
}
