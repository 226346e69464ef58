//! A pool of targets that a function of a service has.

use std::sync::{Arc, Weak};

use crate::config::{ConfigProblem, ConfigSource};
use crate::name::ServiceName;
use crate::plan::{Function, Plan, Site};
use crate::targets::{PoolLife, TargetSet};

/// A pool that a function has, and what was made for it.
#[derive(Debug)]
pub(super) struct PoolInUse {
    /// The call site of the function.
    pub(super) site: usize,
    pub(super) function: &'static Function,
    /// Lives as long as the pool: a function may have several, such as those of several clients.
    pub(super) pool: Weak<PoolLife>,
    /// Those of its targets and groups.
    pub(super) names: Vec<ServiceName>,
    /// Those of them that were names of services with functions of their own.
    pub(super) taken: Vec<ServiceName>,
    pub(super) plans: Arc<TargetSet<Plan>>,
}

impl PoolInUse {
    pub(super) fn into_names(self) -> Vec<ServiceName> {
        self.names
    }

    /// What is wrong with it.
    pub(super) fn problems(&self) -> impl Iterator<Item = ConfigProblem> {
        let is_empty = self.pool.upgrade().is_some_and(|pool| pool.is_empty());
        let empty = is_empty.then(|| {
            self.problem("the pool holds no target, so all calls are rejected; fill it with `TargetPool::set`")
        });
        empty.into_iter().chain(self.taken_problem())
    }

    /// That targets have the names of other services.
    pub(super) fn taken_problem(&self) -> Option<ConfigProblem> {
        let taken: Vec<&str> = self.taken.iter().map(|name| &**name).collect();
        (!taken.is_empty()).then(|| {
            let taken = taken.join("`, `");
            self.problem(format!(
                "`{taken}` is the name of a target and of the service of another function, whose calls are counted nowhere; \
                 rename one of them"
            ))
        })
    }

    fn problem(&self, what: impl Into<String>) -> ConfigProblem {
        let function = self.function;
        let place = format!("{} ({})", function.label(), function.place);
        ConfigProblem::without_value("targets", ConfigSource::Attribute(place), what)
    }

    /// Whether the pool exists and holds a target, or one of a group, of that name.
    pub(super) fn has(&self, name: &ServiceName, service: &ServiceName) -> bool {
        let local = name.strip_prefix(&**service);
        let local = local.and_then(|name| name.strip_prefix('/'));
        let pool = self.pool.upgrade();
        self.names.contains(name) && pool.zip(local).is_some_and(|(pool, local)| pool.has(local))
    }

    /// Whether the pool has changed since, or is gone.
    pub(super) fn is_past(&self) -> bool {
        let pool = self.pool.upgrade();
        pool.is_none_or(|pool| pool.version() != self.plans.version)
    }

    pub(super) fn is_of(&self, site: &'static Site, pool: &Weak<PoolLife>) -> bool {
        self.site == site.address() && self.pool.ptr_eq(pool)
    }
}
