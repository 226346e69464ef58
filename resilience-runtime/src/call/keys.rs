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
    pub(super) fn breaker<'a>(&'a self, core: &'a ServiceCore) -> &'a CircuitBreaker {
        self.breaker.as_ref().unwrap_or(&core.breaker)
    }

    #[inline]
    pub(super) fn bulkhead<'a>(&'a self, core: &'a ServiceCore) -> &'a Arc<Bulkhead> {
        self.bulkhead.as_ref().unwrap_or(&core.bulkhead)
    }

    /// Returns which state of the service a call shares that uses these.
    pub(super) fn scope_id(&self, core: &ServiceCore, key: KeyHash) -> ScopeId {
        ScopeId::new(core, key, self.breaker(core), &**self.bulkhead(core))
    }

    pub(super) fn any(&self) -> bool {
        self.breaker.is_some() || self.bulkhead.is_some()
    }

    /// Takes what is newer, except for what something is held of.
    pub(super) fn replace_unheld(&mut self, newer: Self, holds_breaker: bool, holds_place: bool) {
        if !holds_breaker {
            self.breaker = newer.breaker;
        }
        if !holds_place {
            self.bulkhead = newer.bulkhead;
        }
    }

    /// What holds now: an override of the service's own breaker holds for all keys.
    fn in_force(&self, core: &ServiceCore) -> Self {
        let breaker = self.breaker.as_ref();
        Self {
            breaker: breaker
                .filter(|_| !core.breaker.is_overridden())
                .map(Arc::clone),
            bulkhead: self.bulkhead.as_ref().map(Arc::clone),
        }
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

    /// What the next attempt of the call uses.
    pub(super) fn keys(&self) -> OfKeys {
        let cold = self.cold.as_ref();
        cold.map_or(OfKeys::NONE, |cold| cold.keys.in_force(self.core()))
    }
}
