//! The targets of a call: which one each of its attempts goes to.

mod admit;
mod ended;
mod next;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::sync::Arc;

use super::Call;
use super::attempt::Attempt;
use crate::plan::{Function, Plan, PlanRef, Site};
use crate::registry::Registry;
use crate::targets::{Snapshot, TargetPool, TargetSet};

pub use admit::AdmitTo;
pub(super) use next::NextTarget;

/// The targets that a call began with.
pub struct Targets<T> {
    snapshot: Option<Arc<Snapshot<T>>>,
    plans: Arc<TargetSet<Plan>>,
    affinity: Option<u64>,
}

/// What a pick needs to know of them, whatever they are.
#[derive(Clone, Copy)]
pub struct Places<'p> {
    plans: &'p Arc<TargetSet<Plan>>,
    affinity: Option<u64>,
}

impl<T> Targets<T> {
    /// Returns the targets of a pool, with what runs for the function at each.
    pub fn new(
        plan: &PlanRef,
        pool: &TargetPool<T>,
        site: &'static Site,
        function: &'static Function,
        registry: Option<&Registry>,
    ) -> Self {
        let plan = plan.plan();
        loop {
            let snapshot = pool.snapshot();
            let version = pool.version_of(snapshot.as_deref());
            let find = |registry: &Registry| {
                let epoch = registry.epoch();
                let known = plan.targets.load();
                match &*known {
                    Some(plans) if plans.version == version && plans.epoch == epoch => {
                        Some(Arc::clone(plans))
                    }
                    _ => {
                        let view = || pool.view_of(snapshot.as_deref());
                        registry.find_targets(plan, version, &view, site, function)
                    }
                }
            };
            let plans = match registry {
                Some(registry) => find(registry),
                None => Registry::with_current(find),
            };
            // Otherwise the pool has changed meanwhile, and what came must not go by what went.
            if let Some(plans) = plans {
                return Self {
                    snapshot,
                    plans,
                    affinity: None,
                };
            }
        }
    }

    /// Sets the key whose calls go to the same target as long as that is there.
    pub fn affinity<K: Hash + ?Sized>(targets: &mut Self, key: &K) {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        targets.affinity = Some(hasher.finish());
    }

    /// Keeps what the call began with, before what follows a failure is decided by that.
    #[cold]
    pub fn keep(targets: &Self, call: &mut Call<'_>) {
        call.keep_targets(&targets.plans);
    }

    /// What a pick needs to know of them.
    #[must_use]
    pub fn places(targets: &Self) -> Places<'_> {
        Places {
            plans: &targets.plans,
            affinity: targets.affinity,
        }
    }

    /// The target of an attempt.
    #[must_use]
    pub fn borrowed<'a>(targets: &'a Self, attempt: &Attempt<'_>) -> &'a T {
        targets.value_of(attempt)
    }

    /// The target of an attempt, for what outlives the call.
    #[must_use]
    pub fn shared(targets: &Self, attempt: &Attempt<'_>) -> Arc<T> {
        Arc::clone(targets.value_of(attempt))
    }

    fn value_of(&self, attempt: &Attempt<'_>) -> &Arc<T> {
        let index = self.plans.index_of(attempt.plan);
        let snapshot = self.snapshot.as_ref().zip(index);
        let (snapshot, index) = snapshot.expect("an attempt that was admitted has a target");
        snapshot.value(index)
    }
}

impl<T> fmt::Debug for Targets<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Targets").finish_non_exhaustive()
    }
}

impl fmt::Debug for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").finish_non_exhaustive()
    }
}
