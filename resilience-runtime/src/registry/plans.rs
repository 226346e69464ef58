//! Finds or makes the plan of a call site.

use std::sync::Arc;

use super::services::{Registry, State, next_epoch};
use crate::config::ConfigSource;
use crate::name::ServiceName;
use crate::plan::{Function, Plan, PlanRef, Site};
use crate::sync::atomic::Ordering;
use crate::wake::DeferredWakes;

impl Registry {
    /// Returns the number of the configuration in force.
    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.inner.epoch.load(Ordering::Acquire)
    }

    /// Returns the plan of a call site that keeps none for this epoch.
    #[inline(never)]
    pub(crate) fn find_plan(
        &self,
        site: &'static Site,
        function: &'static Function,
        epoch: u64,
    ) -> PlanRef {
        site.shared(epoch)
            .unwrap_or_else(|| self.make_plan(site, function))
    }

    #[cold]
    fn make_plan(&self, site: &'static Site, function: &'static Function) -> PlanRef {
        let _later = DeferredWakes::begin();
        let mut state = self.inner.state.lock();
        let plan = self.plan_under_lock(&mut state, site, function);
        if self.inner.is_static {
            site.keep(plan)
        } else {
            site.share(plan)
        }
    }

    fn plan_under_lock(
        &self,
        state: &mut State,
        site: &'static Site,
        function: &'static Function,
    ) -> Arc<Plan> {
        if let Some(declaration) = function.declaration() {
            self.take_declaration(state, declaration);
        }
        let name = ServiceName::constant(function.service());
        let place = ConfigSource::Attribute(format!("{} ({})", function.label(), function.place));
        // Of another kind, it runs all the same.
        self.entry(state, &name, function.kind(), &place);
        let sources = &mut state.sources;
        let entry = state.entries.get_mut(&name).expect("made just before");
        if !entry.knows(site) {
            entry.add(site, function);
            // What is explicit here may change what the others share: their call sites ask again.
            if entry.says_shared_values(site) && entry.has_others(site) {
                self.inner.epoch.store(next_epoch(), Ordering::Release);
            }
            entry.resolve(sources, self.inner.epoch.load(Ordering::Relaxed));
        } else if entry.plan(site).epoch != self.inner.epoch.load(Ordering::Relaxed) {
            entry.resolve(sources, self.inner.epoch.load(Ordering::Relaxed));
        }
        entry.plan(site)
    }
}
