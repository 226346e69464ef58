//! The dependencies between checkers.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{ConfigProblem, ConfigSource};
use crate::name::ServiceName;

/// The dependencies of each checker, by name.
pub(super) type Dependencies<'a> = BTreeMap<&'a ServiceName, &'a [ServiceName]>;

/// Returns the cycle through `name`, if there is one.
pub(super) fn cycle(name: &ServiceName, all: &Dependencies<'_>) -> Option<ConfigProblem> {
    let mut seen = BTreeSet::new();
    let mut paths = vec![vec![name]];
    while let Some(path) = paths.pop() {
        let last = path.last()?;
        for next in all.get(last).copied().unwrap_or_default() {
            let mut path = path.clone();
            path.push(next);
            if next == name {
                let names: Vec<&str> = path.into_iter().map(ServiceName::as_str).collect();
                return Some(ConfigProblem::new(
                    format!("health.{name}.depends_on"),
                    names.join(" → "),
                    ConfigSource::Code,
                    "must not form a cycle",
                ));
            }
            if seen.insert(next) {
                paths.push(path);
            }
        }
    }
    None
}

/// Returns the dependencies of `name` that do not exist.
pub(super) fn unknown(name: &ServiceName, all: &Dependencies<'_>) -> Vec<ConfigProblem> {
    let named = all.get(name).copied().unwrap_or_default();
    named
        .iter()
        .filter(|dependency| !all.contains_key(dependency))
        .map(|dependency| {
            ConfigProblem::new(
                format!("health.{name}.depends_on"),
                dependency,
                ConfigSource::Code,
                "must name a checker of this monitor",
            )
        })
        .collect()
}
