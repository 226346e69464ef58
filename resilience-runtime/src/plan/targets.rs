//! The targets of a function: what runs for each, and which one an attempt goes to.

use std::sync::Arc;

use super::{Plan, ServiceCore, TargetPlan, TargetPlans};
use crate::clock::Moment;
use crate::config::ConfigError;
use crate::targets::{Candidate, Choice, Excluded, Pick, TargetLoad};

impl TargetPlans {
    pub(crate) fn new<'a>(
        (version, epoch): (u64, u64),
        pick: Pick,
        targets: impl IntoIterator<Item = (&'a str, f64, Arc<Plan>)>,
    ) -> Self {
        let targets: Vec<_> = targets.into_iter().collect();
        Self {
            version,
            epoch,
            choice: Choice::new(targets.iter().map(|(name, weight, _)| (*name, *weight))),
            targets: targets
                .into_iter()
                .map(|(_, _, plan)| TargetPlan { plan })
                .collect(),
            pick,
        }
    }

    /// Picks a target that is not excluded; with a key, the one that the key belongs to.
    pub(crate) fn pick(
        &self,
        excluded: Excluded,
        affinity: Option<u64>,
        now: Moment,
    ) -> Option<usize> {
        match (affinity, self.pick) {
            (Some(key), _) => self.choice.sticky(&self.targets, excluded, now, key),
            (None, Pick::Balanced) => self.choice.balanced(&self.targets, excluded, now),
            (None, Pick::Ordered) => Choice::ordered(&self.targets, excluded, now),
        }
    }

    /// The services that the targets are.
    pub(crate) fn services(&self) -> impl Iterator<Item = &Arc<ServiceCore>> {
        self.targets.iter().map(|target| &target.plan.core)
    }

    /// Whether it is of this service, and not of one that had its name before.
    pub(crate) fn is_of(&self, service: &Arc<ServiceCore>) -> bool {
        let of_service = |it: &TargetPlan| {
            it.plan
                .core
                .pool
                .as_ref()
                .is_some_and(|pool| Arc::ptr_eq(pool, service))
        };
        self.targets.iter().all(of_service)
    }

    /// The place of the target that runs under this plan.
    pub(crate) fn index_of(&self, plan: &Plan) -> Option<usize> {
        let is_it = |target: &TargetPlan| std::ptr::eq(&*target.plan, plan);
        self.targets.iter().position(is_it)
    }

    /// The places of the targets whose services these are, by their address.
    pub(crate) fn of_services(&self, addresses: &[usize]) -> Excluded {
        let mut found = Excluded::default();
        for (index, target) in self.targets.iter().enumerate() {
            if addresses.contains(&target.plan.core_address()) {
                found.add(index);
            }
        }
        found
    }

    /// Why no target can run, where that is so.
    pub(crate) fn refusal(&self) -> Option<&ConfigError> {
        let mut refusals = self
            .targets
            .iter()
            .map(|target| target.plan.refusal.as_ref());
        let first = refusals.next()??;
        refusals.all(|other| other.is_some()).then_some(first)
    }
}

impl Candidate for TargetPlan {
    #[inline]
    fn load(&self) -> &TargetLoad {
        &self.plan.core.load
    }

    #[inline]
    fn is_shut(&self, now: Moment) -> bool {
        let plan = &*self.plan;
        plan.circuit && plan.core.breaker.rejects_at(now) || plan.refusal.is_some()
    }
}

impl Plan {
    /// Identifies the service that it protects, as long as that lives.
    pub(crate) fn core_address(&self) -> usize {
        Arc::as_ptr(&self.core).addr()
    }
}
