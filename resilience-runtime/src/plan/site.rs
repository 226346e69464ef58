//! Where a call site keeps its plan.

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::{Arc, OnceLock};

use arc_swap::{ArcSwapOption, Guard};

use super::Plan;
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// So many plans of the global registry are kept for good.
const KEPT: usize = 8;

/// A call site's memory: the plan that its last call used. One static for each annotated function, so
/// that the registry is asked once and not per call.
///
/// The first few plans of the global registry are kept for as long as the process runs, so that a call
/// borrows its plan and neither counts references nor announces a guard. Only a function that is configured
/// anew more often than that, and functions of other registries, share their plans with the registry.
#[derive(Debug)]
pub struct Site {
    /// The epoch of the global registry under which the newest kept plan holds; 0: none.
    valid_for: AtomicU64,
    newest: AtomicUsize,
    kept: [OnceLock<Arc<Plan>>; KEPT],
    shared: ArcSwapOption<Plan>,
}

impl Site {
    /// Nothing known yet.
    #[must_use]
    #[allow(clippy::new_without_default)] // only ever written by the macro, in a static
    #[cfg(not(resilience_loom))]
    pub const fn new() -> Self {
        Self {
            valid_for: AtomicU64::new(0),
            newest: AtomicUsize::new(0),
            kept: [const { OnceLock::new() }; KEPT],
            shared: ArcSwapOption::const_empty(),
        }
    }

    /// The same for the model checker, whose atomics are not made in a constant.
    #[cfg(resilience_loom)]
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        Self {
            valid_for: AtomicU64::new(0),
            newest: AtomicUsize::new(0),
            kept: [const { OnceLock::new() }; KEPT],
            shared: ArcSwapOption::const_empty(),
        }
    }

    /// What identifies it.
    pub(crate) fn address(&'static self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    /// The kept plan that holds under this epoch.
    #[inline]
    pub(crate) fn kept(&'static self, epoch: u64) -> Option<&'static Plan> {
        if self.valid_for.load(Ordering::Acquire) == epoch {
            return self.newest();
        }
        None
    }

    /// The other plan that holds under this epoch.
    pub(crate) fn shared(&self, epoch: u64) -> Option<PlanRef> {
        let plan = self.shared.load();
        let holds = plan.as_ref().is_some_and(|plan| plan.epoch == epoch);
        holds.then_some(PlanRef::shared(plan))
    }

    #[inline]
    fn newest(&'static self) -> Option<&'static Plan> {
        let newest = self.kept.get(self.newest.load(Ordering::Relaxed))?;
        newest.get().map(|plan| &**plan)
    }

    /// Takes a plan of a registry that lasts as long as the process. Called under the registry's lock.
    pub(crate) fn keep(&'static self, plan: Arc<Plan>) -> PlanRef {
        let epoch = plan.epoch;
        let next = match self.newest() {
            // Most new epochs are about other functions.
            Some(newest) if newest.runs_like(&plan) => {
                self.valid_for.store(epoch, Ordering::Release);
                return PlanRef::kept(newest);
            }
            Some(_) => self.newest.load(Ordering::Relaxed) + 1,
            None => 0,
        };
        let slot = self.kept.get(next).filter(|_| plan.refusal.is_none());
        let Some(slot) = slot else {
            return self.share(plan);
        };
        let plan = slot.get_or_init(|| plan);
        self.newest.store(next, Ordering::Relaxed);
        self.valid_for.store(epoch, Ordering::Release);
        PlanRef::kept(plan)
    }

    /// Takes a plan of any registry.
    pub(crate) fn share(&self, plan: Arc<Plan>) -> PlanRef {
        self.shared.store(Some(Arc::clone(&plan)));
        PlanRef::shared(Guard::from_inner(Some(plan)))
    }
}

/// The plan of a call, for as long as the call lives.
pub struct PlanRef(Source);

/// Where the plan lives.
enum Source {
    /// In the call site, for as long as the process runs.
    Kept(&'static Plan),
    /// `None` only while it is dropped.
    Shared(ManuallyDrop<Option<SharedPlan>>),
}

type SharedPlan = Guard<Option<Arc<Plan>>>;

impl Drop for PlanRef {
    /// By hand: what drops a guard would stand at every way out of an annotated function.
    #[inline]
    fn drop(&mut self) {
        if let Source::Shared(plan) = &mut self.0 {
            drop_shared(plan);
        }
    }
}

#[cold]
fn drop_shared(plan: &mut Option<SharedPlan>) {
    drop(plan.take());
}

impl PlanRef {
    #[inline]
    pub(crate) fn kept(plan: &'static Plan) -> Self {
        Self(Source::Kept(plan))
    }

    /// The guard holds a plan.
    pub(crate) fn shared(plan: SharedPlan) -> Self {
        Self(Source::Shared(ManuallyDrop::new(Some(plan))))
    }

    #[inline]
    pub(crate) fn plan(&self) -> &Plan {
        match &self.0 {
            Source::Kept(plan) => plan,
            Source::Shared(plan) => shared_plan(plan),
        }
    }
}

#[cold]
fn shared_plan(plan: &Option<SharedPlan>) -> &Plan {
    let plan = plan.as_ref().and_then(|guard| guard.as_ref());
    plan.expect("a call starts with a plan")
}

#[cfg(test)]
impl PlanRef {
    /// Returns the plan if its call site keeps it.
    pub(crate) fn kept_plan(&self) -> Option<&'static Plan> {
        match self.0 {
            Source::Kept(plan) => Some(plan),
            Source::Shared(_) => None,
        }
    }
}

impl fmt::Debug for PlanRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlanRef").finish_non_exhaustive()
    }
}
