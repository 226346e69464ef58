//! What the keys of a call have to themselves, in place of the service's own.

use std::sync::Arc;

use crate::bulkhead::Bulkhead;
use crate::circuit_breaker::CircuitBreaker;
use crate::plan::ServiceCore;
use crate::poll_context::ScopeId;
use crate::rate_limit::KeyHash;

/// What the keys of a call have to themselves. Nobody evicts it while somebody holds it.
#[derive(Clone, Debug, Default)]
pub(super) struct OfKeys {
    pub(super) breaker: Option<Arc<CircuitBreaker>>,
    pub(super) bulkhead: Option<Arc<Bulkhead>>,
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
    pub(super) fn breaker_in_force(&self, core: &ServiceCore) -> Option<&Arc<CircuitBreaker>> {
        let breaker = self.breaker.as_ref();
        breaker.filter(|_| !core.breaker.is_overridden())
    }
}
