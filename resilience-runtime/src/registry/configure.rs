//! Applies new settings to everything that runs: checked as a whole, then applied as a whole.

use std::collections::BTreeMap;

use super::entry::Entry;
use super::levels;
use super::pool_in_use::PoolInUse;
use super::services::{Registry, State, next_epoch};
use super::sources::ConfigSources;
use super::twins::name_shared;
use crate::config::{ConfigError, ConfigProblem, ConfigSource, Settings, canonical_upper};
use crate::name::{ServiceKind, ServiceName};
use crate::sync::atomic::Ordering;
use crate::telemetry::EventKind;
use crate::wake::{DeferredWakes, later};

impl Registry {
    /// Takes settings, before or after the first use. Values given earlier stay unless they are given
    /// again. Running calls end under the configuration they began with; the next ones see the new.
    /// Breakers, limiters, bulkheads and budgets keep their state.
    ///
    /// # Errors
    /// Names every value that cannot run, for the kinds, the services named in the settings and those
    /// seen so far; then nothing has changed.
    pub fn configure(&self, settings: Settings) -> Result<(), ConfigError> {
        let _later = DeferredWakes::begin();
        let mut state = self.inner.state.lock();
        let mut sources = state.sources.clone();
        let overlaid = sources.overlay(settings);
        sources.adopt_variables(state.entries.keys().map(|name| &**name));
        let mut problems = overlaid.err().unwrap_or_default();
        problems.extend(self.problems_with(&state, &sources));
        // What two services share already does not keep other values from being taken.
        let standing = names_shared(&state, &state.sources);
        problems.retain(|problem| !standing.contains(problem));
        ConfigError::check(problems)?;
        sources.forget_variables(state.entries.keys().map(|name| &**name));
        self.run_with(&mut state, sources);
        Ok(())
    }

    /// Reads the environment again.
    ///
    /// # Errors
    /// Names every variable whose value cannot be used; then nothing has changed.
    pub fn reload_env(&self) -> Result<(), ConfigError> {
        let settings = Settings::from_env()?;
        self.configure(settings)
    }

    /// Checks that every service and function seen so far can run. Unlike the error of a call, this one shows the values.
    ///
    /// # Errors
    /// Names everything that keeps one from running. The calls of those functions fail with
    /// [`ResilienceError::InvalidConfig`](crate::ResilienceError::InvalidConfig).
    pub fn check(&self) -> Result<(), ConfigError> {
        let _later = DeferredWakes::begin();
        let mut state = self.inner.state.lock();
        state.sources.environment();
        let of_entries = state.entries.values().flat_map(Entry::problems);
        let of_pools = state.targets.values().flatten();
        let of_pools = of_pools.flat_map(PoolInUse::problems);
        let others = self.problems_with(&state, &state.sources);
        let unshared = self.unshared(&state);
        let of_others = of_pools.chain(others).chain(unshared);
        ConfigError::check(distinct(of_entries.chain(of_others)))
    }

    /// Limits that are to be shared, and are not.
    fn unshared(&self, state: &State) -> Vec<ConfigProblem> {
        let entries = state.entries.values();
        let entries = entries.filter(|entry| entry.service().core.is_unshared());
        let problem = |entry: &Entry| {
            let name = entry.service().name();
            ConfigProblem::without_value(
                format!("rate_limit.shared of `{name}`"),
                ConfigSource::Code,
                "needs a fleet, which `Registry::join_fleet` joins (feature `fleet`); until then each process has the limit to \
                 itself",
            )
        };
        entries.map(problem).collect()
    }

    /// Everything that `sources` would keep from running, services seen so far included.
    fn problems_with(&self, state: &State, sources: &ConfigSources) -> Vec<ConfigProblem> {
        let mut found = Vec::new();
        if let Err(error) = sources.enabled() {
            found.extend(error.problems().to_vec());
        }
        let known = state.entries.values();
        found.extend(known.flat_map(|entry| entry.problems_with(sources)));
        found.extend(names_shared(state, sources));
        // A service that is configured but not seen yet: its kind is not known, the variables are.
        let configured = sources
            .services
            .keys()
            .filter(|name| !state.entries.contains_key(name.as_str()))
            .map(|name| (name.as_str(), ServiceKind::Custom));
        let kinds = ServiceKind::ALL.iter().map(|kind| (kind.name(), *kind));
        for (name, kind) in configured.chain(kinds) {
            let levels = levels::service_levels(sources, name, kind, None, |levels| {
                levels.resolve(kind).err().unwrap_or_default()
            });
            // An attribute may have the other half.
            found.extend(
                levels
                    .unwrap_or_else(|problems| problems)
                    .into_iter()
                    .filter(|problem| !problem.is_missing_pair()),
            );
        }
        distinct(found)
    }

    /// Runs everything with the sources given now.
    fn run_with(&self, state: &mut State, sources: ConfigSources) {
        state.sources = sources;
        let names: Vec<ServiceName> = state.entries.keys().cloned().collect();
        let environment = state.sources.environment().clone();
        for unknown in environment.unknown_variables(names.iter().map(|name| &**name)) {
            later(move || unknown.log());
        }
        let epoch = next_epoch();
        for (name, entry) in &mut state.entries {
            let before = entry.service().running.load_full();
            entry.resolve(&mut state.sources, epoch);
            // A setting of one service is no event of the others.
            if !before
                .config
                .runs_as(&entry.service().running.load().config)
            {
                self.inner.observers.changed(name, || EventKind::Configured);
            }
        }
        self.inner.epoch.store(epoch, Ordering::Release);
    }
}

/// Each problem once, in the order in which they were found.
pub(super) fn distinct(found: impl IntoIterator<Item = ConfigProblem>) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    for problem in found {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// Services, configured or seen, of which one variable means two.
fn names_shared(state: &State, sources: &ConfigSources) -> Vec<ConfigProblem> {
    let Some(environment) = &sources.environment else {
        return Vec::new();
    };
    let seen = state.entries.keys().map(ServiceName::as_str);
    let configured = sources.services.keys().map(String::as_str);
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    let mut problems = Vec::new();
    for name in seen.chain(configured) {
        let upper = canonical_upper(name);
        match owners.get(&upper) {
            Some(other) if *other != name => {
                let variable = environment.variable_for(name);
                problems.extend(variable.map(|variable| name_shared(name, other, &variable)));
            }
            _ => {
                owners.insert(upper, name);
            }
        }
    }
    problems
}
