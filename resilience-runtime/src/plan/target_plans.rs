//! What a set of targets says by the plans in it.

use std::sync::Arc;

use super::{Plan, ServiceCore};
use crate::config::ConfigError;
use crate::targets::TargetSet;

impl TargetSet<Plan> {
    /// The services that the targets are.
    pub(crate) fn services(&self) -> impl Iterator<Item = &Arc<ServiceCore>> {
        self.plans.iter().map(|plan| &plan.core)
    }

    /// Whether it is of this service, and not of one that had its name before.
    pub(crate) fn is_of(&self, service: &Arc<ServiceCore>) -> bool {
        let pools = self.plans.iter().map(|plan| plan.core.pool.as_ref());
        let mut pools = pools.map(|pool| pool.is_some_and(|pool| Arc::ptr_eq(pool, service)));
        pools.all(|is_it| is_it)
    }

    /// Why no target can run, where that is so.
    pub(crate) fn refusal(&self) -> Option<&ConfigError> {
        let mut refusals = self.plans.iter().map(|plan| plan.refusal.as_ref());
        let first = refusals.next()??;
        refusals.all(|other| other.is_some()).then_some(first)
    }
}
