//! One function of a service: its own values, its plan, and the report of what runs.

use std::sync::Arc;

use super::levels::{Whose, service_levels};
use super::sources::ConfigSources;
use crate::config::{
    ConfigError, ConfigProblem, ConfigSource, ConfigValue, Decided, DeclaredService, Effective,
    FunctionConfig, Key, Layer, Pattern, Value,
};
use crate::name::{ServiceKind, ServiceName};
use crate::plan::{Function, FunctionState, Plan, Site};
use crate::wake::later;

/// One function of a service.
#[derive(Debug)]
pub(super) struct FunctionEntry {
    pub(super) site: usize,
    pub(super) function: &'static Function,
    pub(super) place: String,
    pub(super) state: Arc<FunctionState>,
    /// Which of its shared values another function's stand in front of.
    pub(super) ignored: Option<ConfigError>,
    /// That was logged.
    ignored_told: bool,
    /// What keeps it from running, with the values, which its plan lacks.
    pub(super) error: Option<ConfigError>,
    pub(super) plan: Option<Arc<Plan>>,
}

impl FunctionEntry {
    /// A function of the service `service`, or with targets of one of them.
    pub(super) fn new(
        service: &ServiceName,
        site: &'static Site,
        function: &'static Function,
    ) -> Self {
        Self {
            site: site.address(),
            function,
            place: format!("{} ({})", function.label(), function.place),
            state: Arc::new(FunctionState::of(function, service)),
            ignored: None,
            ignored_told: false,
            error: None,
            plan: None,
        }
    }

    /// What keeps it from running, with the values as far as they are known.
    pub(super) fn problem(&self) -> Option<&ConfigError> {
        let of_plan = || self.plan.as_ref()?.refusal.as_ref();
        self.error
            .as_ref()
            .or(self.state.cache.as_ref().err())
            .or_else(of_plan)
    }

    pub(super) fn shared_values(&self) -> impl Iterator<Item = (Key, Value)> {
        let settings = self.function.settings;
        settings.iter().copied().filter(|(key, _)| key.is_shared())
    }

    /// The patterns that are off for it: a declaration's `off` is a default.
    pub(super) fn off(&self, of_service: Option<&'static DeclaredService>) -> Vec<Pattern> {
        let mut off = self.function.off.to_vec();
        let declaration = self.function.declaration().or(of_service);
        let declared = declaration.map_or(&[][..], |it| it.off);
        for pattern in declared {
            if !off.contains(pattern) && !self.function.switches_on(*pattern) {
                off.push(*pattern);
            }
        }
        off
    }

    /// Requires a key for each pattern that the declaration of its service gives a key each, unless the pattern is off.
    pub(super) fn check_keys(
        &self,
        of_service: Option<&'static DeclaredService>,
    ) -> Result<(), ConfigError> {
        let Some(declaration) = self.function.declaration().or(of_service) else {
            return Ok(());
        };
        let off = self.off(of_service);
        let missing = |what: &str, declared: String, allowed: String| {
            let (service, place) = (declaration.name, declaration.place());
            ConfigProblem::without_value(
                what,
                ConfigSource::Attribute(self.place.clone()),
                format!(
                    "is missing: service `{service}` is declared with `{declared}` as {place}; {allowed}"
                ),
            )
        };
        let keyed = declaration.keyed.iter();
        let keyed = keyed.filter(|it| !self.function.keys.contains(it) && !off.contains(it));
        let mut problems: Vec<_> = keyed
            .map(|pattern| {
                let group = pattern.name();
                let allowed =
                    format!("write `{group}(key = …)` at the function, or `{group} = off`");
                missing(&format!("{group}.key"), format!("{group}(keyed)"), allowed)
            })
            .collect();
        let mut settings = declaration.settings.iter();
        let has_per_key = settings.any(|(key, _)| key.is_per_key());
        if has_per_key && !self.function.per_key && !off.contains(&Pattern::RateLimit) {
            let allowed = if self.function.keys.contains(&Pattern::RateLimit) {
                "write `rate_limit(per_key(key = …))` at the function, in place of its `rate_limit(key = …)`"
            } else {
                "write `rate_limit(per_key(key = …))` at the function, or `rate_limit = off`"
            };
            let declared = "rate_limit(per_key(…))".to_owned();
            problems.push(missing(
                "rate_limit.per_key.key",
                declared,
                allowed.to_owned(),
            ));
        }
        ConfigError::check(problems)
    }

    /// Notes which of its shared values are ignored, and logs it once.
    pub(super) fn ignore(&mut self, service: &ServiceName, ignored: Option<ConfigError>) {
        if let Some(error) = &ignored
            && !std::mem::replace(&mut self.ignored_told, true)
        {
            let (service, place) = (service.clone(), self.place.clone());
            let problem = error.withheld().to_string();
            later(move || {
                tracing::error!(
                    target: "resilience",
                    service = service.as_str(),
                    function = place,
                    problem,
                    "shared values are ignored: they are set elsewhere"
                );
            });
        }
        self.ignored = ignored;
    }

    /// Adds to what is ignored of it that its service was first seen with another kind.
    pub(super) fn ignored_kind(
        &self,
        service: &ServiceName,
        kind: ServiceKind,
        seen_at: &str,
        ignored: Option<ConfigError>,
    ) -> Option<ConfigError> {
        let own = self.function.kind();
        if own == kind {
            return ignored;
        }
        let problem = ConfigProblem::without_value(
            "kind",
            ConfigSource::Attribute(self.place.clone()),
            format!(
                "`{own}` is ignored for what functions share: service `{service}` is of kind `{kind}`{seen_at}; this \
                 function's own retries, times and defaults are those of `{own}`"
            ),
        );
        let mut problems = vec![problem];
        problems.extend(ignored.iter().flat_map(|it| it.problems().to_vec()));
        Some(ConfigError::new(problems))
    }

    /// Returns what runs. The service's kind decides on what is shared, the function's own on the rest.
    pub(super) fn effective(
        &self,
        sources: &ConfigSources,
        whose: Whose<'_>,
        attribute: &Layer,
        (kind, of_service, shared): (ServiceKind, Option<&'static DeclaredService>, &Effective),
    ) -> Result<(Effective, Vec<ConfigValue>), ConfigError> {
        let own = self.function.kind();
        let declaration = self.function.declaration().or(of_service);
        let is_of_service = match (declaration, of_service) {
            (Some(declaration), Some(of_service)) => declaration.is(of_service),
            _ => true,
        };
        let shares_all = own == kind && is_of_service;
        let mut layer = if shares_all {
            attribute.clone()
        } else {
            Layer::default()
        };
        for (key, value) in self.function.settings {
            if !key.is_shared() {
                layer.set(*key, *value);
            }
        }
        service_levels(sources, whose, own, declaration, |levels| {
            let decided = Decided {
                timeout: levels.decide(Key::Timeout),
                deadline: levels.decide(Key::Deadline),
            };
            levels.with_attribute(&layer, &self.place, |levels| {
                let mut effective = levels.resolve(own)?;
                effective.decided = decided;
                let mut values = levels.values(own, &effective);
                // The others are the same for all functions.
                values.retain(|value| !value.setting().is_shared());
                if shares_all {
                    return Ok((effective, values));
                }
                Ok((effective.sharing(shared), values))
            })
        })
        .and_then(|resolved| resolved)
        .map_err(ConfigError::new)
    }
}

/// Reports what runs by a plan.
pub(super) fn report(
    plan: &Plan,
    values: Vec<ConfigValue>,
    off: Vec<Pattern>,
    ignored: Option<&ConfigError>,
) -> FunctionConfig {
    FunctionConfig {
        function: plan.function.name.as_ref().into(),
        place: plan.function.place,
        retry: plan.retry.as_ref().map(|policy| policy.config().clone()),
        hedge: plan.hedge.as_ref().map(|hedge| hedge.config.clone()),
        max_retry_after: plan.max_retry_after,
        timeout: plan.timeout,
        deadline: plan.deadline,
        rate_limit_wait: plan.rate_limit_wait,
        bulkhead_wait: plan.bulkhead_wait,
        idempotent: plan.idempotent,
        cache: plan.function.cache().map(|cache| *cache.config()),
        values,
        off,
        unretried_error: None,
        invalid: plan.refusal.as_ref().map(ToString::to_string),
        ignored: ignored.map(|error| error.withheld().to_string()),
        refusal: plan.refusal.clone(),
    }
}
