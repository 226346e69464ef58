//! Which checker depends on which, by name.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::{ConfigProblem, ConfigSource};
use crate::name::ServiceName;

/// The names that each checker depends on.
pub(super) type Dependencies<'a> = BTreeMap<&'a ServiceName, &'a [ServiceName]>;

/// The way from `name` back to itself, if there is one.
pub(super) fn cycle(name: &ServiceName, all: &Dependencies<'_>) -> Option<ConfigProblem> {
    let mut seen = BTreeSet::new();
    let mut ways = vec![vec![name]];
    while let Some(way) = ways.pop() {
        let last = way.last()?;
        for next in all.get(last).copied().unwrap_or_default() {
            let mut way = way.clone();
            way.push(next);
            if next == name {
                let names: Vec<&str> = way.into_iter().map(ServiceName::as_str).collect();
                return Some(ConfigProblem::new(
                    format!("health.{name}.depends_on"),
                    names.join(" → "),
                    ConfigSource::Code,
                    "must not lead back to the checker itself",
                ));
            }
            if seen.insert(next) {
                ways.push(way);
            }
        }
    }
    None
}

/// The dependencies of `name` that do not exist.
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
