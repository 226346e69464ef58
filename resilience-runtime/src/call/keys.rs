//! The keys of a call's breaker and bulkhead.

use std::hash::Hash;

use super::Call;
use super::of_keys::OfKeys;
use crate::circuit_breaker::CircuitBreaker;
use crate::poll_context::ScopeId;

impl Call<'_> {
    /// Sets the key of the circuit breaker.
    #[inline(never)]
    pub fn breaker_key<K: Hash + ?Sized>(call: &mut Self, key: &K) {
        if call.plan.circuit {
            let breaker = call.core().breaker_of(key, call.started);
            call.cold().keys.breaker = Some(breaker);
        }
    }

    /// Sets the key of the bulkhead.
    #[inline(never)]
    pub fn bulkhead_key<K: Hash + ?Sized>(call: &mut Self, key: &K) {
        if call.plan.bulkhead {
            let bulkhead = call.core().bulkhead_of(key, call.started);
            call.cold().keys.bulkhead = Some(bulkhead);
        }
    }

    /// What its keys have to themselves, if it has any.
    #[inline]
    pub(super) fn keys(&self) -> Option<&OfKeys> {
        let keys = &self.cold.as_ref()?.keys;
        (keys.breaker.is_some() || keys.bulkhead.is_some()).then_some(keys)
    }

    /// The breaker that its next attempt asks.
    pub(super) fn breaker(&self) -> &CircuitBreaker {
        let core = self.core();
        let of_key = self.keys().and_then(|keys| keys.breaker_in_force(core));
        of_key.unwrap_or(&core.breaker)
    }

    /// Returns which state of its service it shares.
    pub(super) fn scope_id(&self) -> ScopeId {
        let core = self.core();
        let bulkhead = self.keys().and_then(|keys| keys.bulkhead.as_ref());
        ScopeId::new(
            core,
            self.key,
            self.breaker(),
            bulkhead.unwrap_or(&core.bulkhead),
        )
    }
}
