//! The sources of a registry's configuration, level by level.

use std::collections::BTreeMap;

use crate::config::{ConfigError, ConfigProblem, Environment, Layer, Settings};
use crate::name::ServiceKind;
use crate::wake::later;

/// The values of every source, by level.
#[derive(Clone, Debug, Default)]
pub(super) struct ConfigSources {
    /// Read from the process when it is first needed.
    pub(super) environment: Option<Environment>,
    pub(super) enabled: Option<bool>,
    pub(super) kinds: BTreeMap<ServiceKind, Layer>,
    pub(super) services: BTreeMap<String, Layer>,
    /// That nothing is protected was logged.
    disabled_told: bool,
}

impl ConfigSources {
    pub(super) fn environment(&mut self) -> &Environment {
        self.environment.get_or_insert_with(Environment::capture)
    }

    /// The environment, after it has read the variables of a service that is new.
    pub(super) fn environment_of(&mut self, service: &str) -> &Environment {
        let environment = self.environment.get_or_insert_with(Environment::capture);
        environment.adopt([service]);
        environment
    }

    /// Reads the variables of the services that were `seen` and of those that are configured.
    pub(super) fn adopt_variables<'a>(&'a mut self, seen: impl Iterator<Item = &'a str>) {
        let configured = self.services.keys().map(String::as_str);
        let environment = self.environment.get_or_insert_with(Environment::capture);
        environment.adopt(seen.chain(configured));
    }

    /// Forgets the variables that are of none of those services.
    pub(super) fn forget_variables<'a>(&'a mut self, seen: impl Iterator<Item = &'a str>) {
        let configured = self.services.keys().map(String::as_str);
        if let Some(environment) = &mut self.environment {
            environment.forget_others(seen.chain(configured));
        }
    }

    /// Whether the patterns are on; the environment comes first.
    pub(super) fn enabled(&self) -> Result<bool, ConfigError> {
        let by_environment = match &self.environment {
            Some(environment) => environment.enabled()?,
            None => None,
        };
        Ok(by_environment.or(self.enabled).unwrap_or(true))
    }

    /// Logs once that the patterns are off, however many services there are.
    pub(super) fn tell_whether_disabled(&mut self, disabled: bool) {
        if disabled && !self.disabled_told {
            later(|| {
                tracing::warn!(
                    target: "resilience",
                    "resilience is disabled: bodies run without any pattern, only fallbacks stay"
                );
            });
        }
        self.disabled_told = disabled;
    }

    /// Overlays `settings`; what they leave out stays.
    pub(super) fn overlay(&mut self, settings: Settings) -> Result<(), Vec<ConfigProblem>> {
        let mut problems = Vec::new();
        for (kind, settings) in &settings.kinds {
            match settings.layer(&format!("kind `{kind}`")) {
                Ok(layer) => self.kinds.entry(*kind).or_default().overlay(&layer),
                Err(found) => problems.extend(found),
            }
        }
        for (name, settings) in &settings.services {
            match settings.layer(&format!("service `{name}`")) {
                Ok(layer) => self
                    .services
                    .entry(name.clone())
                    .or_default()
                    .overlay(&layer),
                Err(found) => problems.extend(found),
            }
        }
        self.enabled = settings.enabled.or(self.enabled);
        if settings.environment.is_some() {
            self.environment = settings.environment;
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(problems)
        }
    }
}
