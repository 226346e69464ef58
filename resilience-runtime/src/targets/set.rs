//! What runs at each target of a pool, and which one an attempt goes to.

use std::sync::Arc;

use super::choice::{Candidate, Choice, Excluded, Pick};
use crate::clock::Moment;

/// What runs for a function at each target of a pool, under one configuration.
#[derive(Debug)]
pub(crate) struct TargetSet<P> {
    /// The pool's targets that it was made for.
    pub(crate) version: u64,
    /// The configuration that it was made from.
    pub(crate) epoch: u64,
    pub(crate) plans: Box<[Arc<P>]>,
    choice: Choice,
    pick: Pick,
}

impl<P: Candidate> TargetSet<P> {
    /// Takes the name, the weight and the plan of each target.
    pub(crate) fn new<'a>(
        (version, epoch): (u64, u64),
        pick: Pick,
        targets: impl IntoIterator<Item = (&'a str, f64, Arc<P>)>,
    ) -> Self {
        let targets: Vec<_> = targets.into_iter().collect();
        Self {
            version,
            epoch,
            choice: Choice::new(targets.iter().map(|(name, weight, _)| (*name, *weight))),
            plans: targets.into_iter().map(|(_, _, plan)| plan).collect(),
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
            (Some(key), _) => self.choice.sticky(&self.plans, excluded, now, key),
            (None, Pick::Balanced) => self.choice.balanced(&self.plans, excluded, now),
            (None, Pick::Ordered) => Choice::ordered(&self.plans, excluded, now),
        }
    }

    /// The place of the target that runs under this plan.
    pub(crate) fn index_of(&self, plan: &P) -> Option<usize> {
        let is_it = |known: &Arc<P>| std::ptr::eq(&**known, plan);
        self.plans.iter().position(is_it)
    }

    /// The places of the targets with such services, which are asked about by their address.
    pub(crate) fn of_services(&self, is_it: impl Fn(usize) -> bool) -> Excluded {
        let mut found = Excluded::default();
        for (index, plan) in self.plans.iter().enumerate() {
            if is_it(plan.service_address()) {
                found.add(index);
            }
        }
        found
    }
}
