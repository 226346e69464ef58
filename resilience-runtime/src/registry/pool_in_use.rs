//! A pool of targets that a function of a service has.

use std::sync::{Arc, Weak};

use crate::config::{ConfigProblem, ConfigSource};
use crate::name::ServiceName;
use crate::plan::{Function, Site, TargetPlans};
use crate::targets::PoolLife;

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
    pub(super) plans: Arc<TargetPlans>,
}

impl PoolInUse {
    pub(super) fn into_names(self) -> Vec<ServiceName> {
        self.names
    }

    /// That it holds no target, if it does not.
    pub(super) fn problem(&self) -> Option<ConfigProblem> {
        let is_empty = self.pool.upgrade().is_some_and(|pool| pool.is_empty());
        is_empty.then(|| {
            let function = self.function;
            let place = format!("{} ({})", function.label(), function.place);
            ConfigProblem::without_value(
                "targets",
                ConfigSource::Attribute(place),
                "the pool holds no target, so all calls are rejected; fill it with `TargetPool::set`",
            )
        })
    }

    pub(super) fn is_of(&self, site: &'static Site, pool: &Weak<PoolLife>) -> bool {
        self.site == site.address() && self.pool.ptr_eq(pool)
    }
}
