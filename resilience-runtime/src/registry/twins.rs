//! Services whose names variables write in the same way, such as `my-api` and `my.api`. They get on with each other until a
//! variable is set that means both. And two declarations of one name, of which the first holds.

use std::collections::BTreeMap;

use crate::config::{ConfigProblem, ConfigSource, DeclaredService, canonical_upper};
use crate::name::ServiceName;

/// The services of a registry by the name that variables write.
#[derive(Debug, Default)]
pub(super) struct VariableNames(BTreeMap<String, Vec<ServiceName>>);

impl VariableNames {
    /// Adds a service, and returns the first one of its variable name, if that is another.
    pub(super) fn add(&mut self, name: &ServiceName) -> Option<ServiceName> {
        let services = self.0.entry(canonical_upper(name)).or_default();
        services.push(name.clone());
        services.first().filter(|first| *first != name).cloned()
    }

    /// Removes a service, and returns those that are left of its variable name.
    pub(super) fn remove(&mut self, name: &str) -> Vec<ServiceName> {
        let upper = canonical_upper(name);
        let Some(services) = self.0.get_mut(&upper) else {
            return Vec::new();
        };
        services.retain(|other| **other != *name);
        let left = services.clone();
        if left.is_empty() {
            self.0.remove(&upper);
        }
        left
    }
}

/// Says that a variable means two services.
pub(super) fn name_shared(name: &str, other: &str, variable: &str) -> ConfigProblem {
    ConfigProblem::without_value(
        "service",
        ConfigSource::Environment,
        format!(
            "`{name}` shares `{}`, and so the variable `{variable}`, with service `{other}`; rename one of them or unset the \
             variable",
            canonical_upper(name)
        ),
    )
}

/// Says that a service is declared twice.
pub(super) fn declared_twice(first: &DeclaredService, second: &DeclaredService) -> ConfigProblem {
    ConfigProblem::without_value(
        "service",
        ConfigSource::Declaration(second.place()),
        format!(
            "service `{}` is declared as {} already, whose values hold for what functions share; keep one",
            first.name,
            first.place()
        ),
    )
}
