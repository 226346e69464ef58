//! The targets of the functions of a service: each is a service of its own.

use std::sync::Arc;

use super::entry::Entry;
use super::pool_in_use::PoolInUse;
use super::services::{Registry, State};
use crate::config::ConfigSource;
use crate::name::ServiceName;
use crate::plan::{Function, Plan, ServiceCore, Site};
use crate::sync::atomic::Ordering;
use crate::targets::{PoolView, TargetSet};
use crate::telemetry::EventKind;
use crate::wake::{DeferredWakes, later};

impl Registry {
    /// Returns what runs at each target of a pool for a function whose service is `of`, of that version of the pool. It is not
    /// the one that the function was called with last.
    #[cold]
    pub(crate) fn find_targets(
        &self,
        of: &Plan,
        version: u64,
        view: &dyn Fn() -> PoolView,
        site: &'static Site,
        function: &'static Function,
    ) -> Option<Arc<TargetSet<Plan>>> {
        let state = self.inner.state.lock();
        let epoch = self.inner.epoch.load(Ordering::Relaxed);
        let in_use = state.targets.get(&of.core.name);
        let known = in_use.into_iter().flatten().find(|it| {
            it.site == site.address() && (it.plans.version, it.plans.epoch) == (version, epoch)
        });
        // After a removal by hand there is another service of the name.
        let is_of = |it: &&PoolInUse| it.plans.is_of(&of.core);
        if let Some(known) = known.filter(is_of) {
            return Some(Arc::clone(&known.plans));
        }
        drop(state);
        self.make_targets(of, &view(), site, function)
    }

    /// Makes what runs at each target of a pool for a function whose service is `of`. Targets that no function has any more are
    /// removed.
    fn make_targets(
        &self,
        of: &Plan,
        view: &PoolView,
        site: &'static Site,
        function: &'static Function,
    ) -> Option<Arc<TargetSet<Plan>>> {
        let _later = DeferredWakes::begin();
        // Outside of the lock.
        let mut removed = Vec::new();
        let mut state = self.inner.state.lock();
        if view
            .life
            .upgrade()
            .is_some_and(|pool| pool.version() != view.version)
        {
            return None;
        }
        let pool = &of.core;
        let epoch = self.inner.epoch.load(Ordering::Relaxed);
        let mut plans = Vec::with_capacity(view.targets.len());
        let mut names = Vec::new();
        let mut taken = Vec::new();
        for target in &view.targets {
            let name = ServiceName::from(format!("{}/{}", pool.name, target.name));
            let group = target.group.as_ref().map(|group| {
                let name = ServiceName::from(format!("{}/{group}", pool.name));
                self.take_target(
                    &mut state,
                    &mut removed,
                    (&name, pool),
                    None,
                    (site, function),
                );
                names.push(name.clone());
                let entry = state.entries.get(&name).expect("made just before");
                Arc::clone(&entry.service().core)
            });
            // A target that is its own group has its own limiter.
            let group = group.filter(|group| group.name != name);
            let entry = state.entries.get(&name);
            if entry.is_some_and(|it| it.pool().is_none() && it.has_functions()) {
                taken.push(name.clone());
            }
            let place = (&name, pool);
            let group = group.as_deref();
            let plan = self.take_target(&mut state, &mut removed, place, group, (site, function));
            let weight = plan.weight.unwrap_or(target.weight);
            plan.core.load.set_weight(weight);
            if let Some(refusal) = plan.refusal.clone() {
                let name = name.clone();
                later(move || {
                    tracing::error!(target: "resilience", service = name.as_str(), error = %refusal, "no attempt goes to this target");
                });
            }
            plans.push((&*target.name, weight, plan));
            names.push(name);
        }
        if self.inner.epoch.load(Ordering::Relaxed) != epoch {
            // A new name is that of another target to variables, which changes what runs there as well.
            drop(state);
            return self.make_targets(of, view, site, function);
        }
        let pick = function.pick.unwrap_or_default();
        let plans = Arc::new(TargetSet::new((view.version, epoch), pick, plans));
        let in_use = PoolInUse {
            site: site.address(),
            function,
            pool: view.life.clone(),
            names,
            taken,
            plans: Arc::clone(&plans),
        };
        if let Some(problem) = in_use.taken_problem() {
            later(
                move || tracing::error!(target: "resilience", %problem, "two services of one name"),
            );
        }
        removed.extend(self.forget_targets(&mut state, of, site, in_use));
        drop(state);
        of.targets.store(Some(Arc::clone(&plans)));
        Some(plans)
    }

    /// Returns what runs for a function at a target, which is made if it is new.
    fn take_target(
        &self,
        state: &mut State,
        removed: &mut Vec<Entry>,
        (name, pool): (&ServiceName, &Arc<ServiceCore>),
        group: Option<&ServiceCore>,
        (site, function): (&'static Site, &'static Function),
    ) -> Arc<Plan> {
        let epoch = self.inner.epoch.load(Ordering::Relaxed);
        let declaration = state.declarations.get(pool.name.as_str()).copied();
        let fits = |entry: &Entry| {
            let core = &entry.service().core;
            let of_pool = core.pool.as_ref().is_some_and(|it| Arc::ptr_eq(it, pool));
            of_pool && core.is_limited_by(group)
        };
        if !state.entries.get(name).is_some_and(fits) {
            removed.extend(self.forget_entry(state, name));
            self.add_target(state, (name, pool), group);
        }
        let State {
            sources, entries, ..
        } = state;
        let entry = entries.get_mut(name).expect("made just before");
        if let Some(declaration) = declaration
            && !entry.declaration().is_some_and(|it| it.is(declaration))
        {
            entry.set_declaration(declaration, None);
        }
        if !entry.knows(site) {
            entry.add(site, function);
            entry.resolve(sources, epoch);
        } else if entry.plan(site).epoch != epoch {
            entry.resolve(sources, epoch);
        }
        entry.plan(site)
    }

    fn add_target(
        &self,
        state: &mut State,
        (name, pool): (&ServiceName, &Arc<ServiceCore>),
        group: Option<&ServiceCore>,
    ) {
        let core = self.inner.new_core(name, pool.kind);
        let core = Arc::new(core.target_of(Arc::clone(pool), group));
        let place = ConfigSource::Code;
        self.insert_entry(state, name, Entry::new(core, None), &place);
    }

    /// Notes a pool that a function has, and removes the targets of the service that are in none of its pools any more.
    fn forget_targets(
        &self,
        state: &mut State,
        of: &Plan,
        site: &'static Site,
        now: PoolInUse,
    ) -> Vec<Entry> {
        let of_pool = state.targets.entry(of.core.name.clone()).or_default();
        of_pool.retain(|it| !it.is_of(site, &now.pool));
        of_pool.push(now);
        self.forget_left_of(state, &of.core)
    }

    /// Removes the targets that no pool has any more, although its functions have not been called since. To be dropped outside
    /// of the lock.
    pub(super) fn forget_left(&self, state: &mut State) -> Vec<Entry> {
        let is_past = |pools: &Vec<PoolInUse>| pools.iter().any(PoolInUse::is_past);
        let past = state.targets.iter().filter(|(_, pools)| is_past(pools));
        let past = past.filter_map(|(name, _)| state.entries.get(name));
        let past: Vec<_> = past.map(|it| Arc::clone(&it.service().core)).collect();
        let past = past.iter();
        past.flat_map(|pool| self.forget_left_of(state, pool))
            .collect()
    }

    /// The same, of one service.
    fn forget_left_of(&self, state: &mut State, core: &ServiceCore) -> Vec<Entry> {
        let pool = &core.name;
        let Some(of_pool) = state.targets.get_mut(pool) else {
            return Vec::new();
        };
        of_pool.retain(|it| it.pool.strong_count() > 0);
        let is_used = |name: &ServiceName| of_pool.iter().any(|it| it.has(name, pool));
        let cores = of_pool.iter().flat_map(|it| it.plans.services());
        let cores = cores.filter(|core| is_used(&core.name));
        let mut cores: Vec<_> = cores.map(Arc::downgrade).collect();
        cores.sort_unstable_by_key(|core| core.as_ptr().addr());
        cores.dedup_by(|a, b| a.ptr_eq(b));
        core.set_targets(cores);
        let is_stale =
            |(name, entry): &(&ServiceName, &Entry)| entry.pool() == Some(pool) && !is_used(name);
        let stale = state.entries.iter().filter(is_stale);
        let stale: Vec<ServiceName> = stale.map(|(name, _)| name.clone()).collect();
        for name in &stale {
            self.inner
                .observers
                .changed(name, || EventKind::ServiceRemoved);
        }
        let stale = stale.iter();
        stale
            .filter_map(|name| self.forget_entry(state, name))
            .collect()
    }
}
