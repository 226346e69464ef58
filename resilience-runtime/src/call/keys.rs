//! The breaker and the bulkhead of a call's keys, which stand in place of the service's own.

use std::hash::Hash;
use std::sync::Arc;

use super::Call;
use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::plan::ServiceCore;
use crate::poll_context::ScopeId;
use crate::rate_limit::KeyHash;

/// What the keys of a call have to themselves. Nobody evicts it while somebody holds it.
#[derive(Clone, Debug, Default)]
pub(super) struct OfKeys {
    breaker: Option<Arc<CircuitBreaker>>,
    bulkhead: Option<Arc<Bulkhead>>,
}

impl OfKeys {
    pub(super) const NONE: Self = Self {
        breaker: None,
        bulkhead: None,
    };

    #[inline]
    pub(super) fn breaker<'a>(&'a self, core: &'a ServiceCore) -> &'a Arc<CircuitBreaker> {
        self.breaker.as_ref().unwrap_or(&core.breaker)
    }

    #[inline]
    pub(super) fn bulkhead<'a>(&'a self, core: &'a ServiceCore) -> &'a Arc<Bulkhead> {
        self.bulkhead.as_ref().unwrap_or(&core.bulkhead)
    }

    /// Returns which state of the service a call shares that uses these.
    pub(super) fn scope_id(&self, core: &ServiceCore, key: KeyHash) -> ScopeId {
        ScopeId::new(core, key, self.breaker(core), self.bulkhead(core))
    }

    /// Takes what the next attempt uses, except for what something is held of.
    pub(super) fn take(
        &mut self,
        of_call: &Self,
        core: &ServiceCore,
        (holds_breaker, holds_place): (bool, bool),
    ) {
        if !holds_breaker {
            self.breaker = of_call.breaker_in_force(core).cloned();
        }
        if !holds_place {
            self.bulkhead.clone_from(&of_call.bulkhead);
        }
    }

    /// An override of the service's own breaker holds for all keys.
    fn breaker_in_force(&self, core: &ServiceCore) -> Option<&Arc<CircuitBreaker>> {
        let breaker = self.breaker.as_ref();
        breaker.filter(|_| !core.breaker.is_overridden())
    }
}

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
