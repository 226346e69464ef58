//! One service of a registry: its functions, and how configuration becomes plans.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};

use super::function::{FunctionEntry, report};
use super::levels::{ServiceLevels, service_levels};
use super::sources::ConfigSources;
use crate::config::{
    ConfigError, ConfigProblem, ConfigSource, ConfigValue, Effective, Key, Layer, Levels,
    ServiceConfig,
};
use crate::name::ServiceKind;
use crate::plan::{Function, FunctionState, Plan, ServiceCore, Site};
use crate::service::{Running, Service};

/// One service and its functions.
#[derive(Debug)]
pub(super) struct Entry {
    service: Arc<Service>,
    by_hand: Arc<FunctionState>,
    functions: Vec<FunctionEntry>,
    /// What keeps the whole service from running.
    error: Option<ConfigError>,
    /// Another service came first with the same name for variables: this one never runs.
    name_taken: Option<ConfigError>,
    seen_at: String,
}

/// The shared values of all functions, each with the function that gave it first.
#[derive(Default)]
struct AttributeValues {
    layer: Layer,
    origins: Vec<(Key, usize)>,
}

/// What all functions of a service share.
struct ResolvedShared {
    attribute: AttributeValues,
    /// Why a function cannot run, one for each function.
    refusals: Vec<Option<ConfigError>>,
    shared: Result<(Effective, Vec<ConfigValue>), Vec<ConfigProblem>>,
}

impl Entry {
    pub(super) fn new(core: Arc<ServiceCore>) -> Self {
        let kind = core.kind;
        let effective = Effective::preset(kind);
        let values = Levels(Vec::new()).values(kind, &effective);
        Self {
            by_hand: Arc::new(FunctionState::by_hand(&core.name)),
            service: Arc::new(Service {
                running: ArcSwap::from_pointee(Running {
                    config: ServiceConfig::new(kind, true, &effective, values),
                    states: Vec::new(),
                }),
                core,
                plan: ArcSwapOption::const_empty(),
            }),
            functions: Vec::new(),
            error: None,
            name_taken: None,
            seen_at: String::new(),
        }
    }

    /// Marks the entry as rejected because its name is taken: it only holds functions that cannot run.
    pub(super) fn with_name_taken(mut self, error: ConfigError) -> Self {
        self.name_taken = Some(error);
        self
    }

    pub(super) fn has_its_name(&self) -> bool {
        self.name_taken.is_none()
    }

    pub(super) fn service(&self) -> &Arc<Service> {
        &self.service
    }

    pub(super) fn first_seen_at(&mut self, place: &ConfigSource) {
        if let ConfigSource::Attribute(place) = place {
            self.seen_at = format!(" in {place}");
        }
    }

    pub(super) fn seen_at(&self) -> &str {
        &self.seen_at
    }

    pub(super) fn check_service(&self) -> Result<(), ConfigError> {
        let error = self.error.as_ref().map(ConfigError::withheld);
        error.map_or(Ok(()), Err)
    }

    pub(super) fn problems(&self) -> Vec<ConfigProblem> {
        let of_functions = self.functions.iter().filter_map(FunctionEntry::problem);
        self.error
            .iter()
            .chain(of_functions)
            .flat_map(|error| error.problems().to_vec())
            .collect()
    }

    /// What `sources` would keep from running, with the shared values of the functions.
    pub(super) fn problems_with(&self, sources: &ConfigSources) -> Vec<ConfigProblem> {
        let kind = self.service.kind();
        service_levels(sources, self.service.name(), kind, |levels| {
            let mut attribute = AttributeValues::default();
            for index in 0..self.functions.len() {
                // The values of a function that is refused do not count for the others.
                let _refused = self.collect_attribute_values(index, &mut attribute, levels, kind);
            }
            levels.with_attribute(&attribute.layer, "its functions", |levels| {
                levels.resolve(kind).err().unwrap_or_default()
            })
        })
        .unwrap_or_else(|problems| problems)
    }

    fn find(&self, site: &'static Site) -> Option<&FunctionEntry> {
        self.functions
            .iter()
            .find(|function| function.site == site.address())
    }

    pub(super) fn knows(&self, site: &'static Site) -> bool {
        self.find(site).is_some()
    }

    pub(super) fn says_shared_values(&self, site: &'static Site) -> bool {
        self.find(site)
            .is_some_and(|function| function.shared_values().next().is_some())
    }

    pub(super) fn plan(&self, site: &'static Site) -> Arc<Plan> {
        self.find(site)
            .and_then(|function| function.plan.clone())
            .expect("a function that was added has a plan")
    }

    pub(super) fn add(&mut self, site: &'static Site, function: &'static Function) {
        self.functions.push(FunctionEntry::new(site, function));
    }

    /// Adds a function that cannot belong to the service.
    pub(super) fn refuse(
        &mut self,
        site: &'static Site,
        function: &'static Function,
        error: ConfigError,
        epoch: u64,
    ) -> Arc<Plan> {
        if !self.knows(site) {
            self.add(site, function);
        }
        let core = Arc::clone(&self.service.core);
        let entry = self
            .functions
            .iter_mut()
            .find(|function| function.site == site.address())
            .expect("added just before");
        entry.conflict = Some(error.clone());
        entry.error = Some(error.clone());
        let state = Arc::clone(&entry.state);
        let plan = Arc::new(Plan::new(epoch, core, state, false, Err(error)));
        entry.plan = Some(Arc::clone(&plan));
        plan
    }

    /// Makes everything anew from the sources: the shared patterns are reconfigured in place, and
    /// each function gets a new plan.
    pub(super) fn resolve(&mut self, sources: &mut ConfigSources, epoch: u64) {
        sources.environment();
        let kind = self.service.kind();
        let enabled = sources.enabled();
        let resolved = self.resolve_shared(sources);
        let shared = match (&self.name_taken, &enabled, resolved.shared) {
            (Some(error), ..) | (None, Err(error), _) => Err(error.clone()),
            (None, Ok(_), Ok(shared)) => self.service.core.reconfigure(&shared.0).map(|()| shared),
            (None, Ok(_), Err(problems)) => Err(ConfigError::new(problems)),
        };
        let enabled = enabled.unwrap_or(true);
        self.error = shared.as_ref().err().cloned();

        let mut config = match &shared {
            Ok((shared, values)) => {
                let mut values = values.clone();
                self.name_attributes(&mut values, &resolved.attribute);
                ServiceConfig::new(kind, enabled, shared, values)
            }
            Err(_) => self.service.running.load().config.clone(),
        };
        config.functions.clear();
        let core = Arc::clone(&self.service.core);
        let layer = &resolved.attribute.layer;
        let refusals = resolved.refusals.into_iter().chain(std::iter::repeat(None));
        for (function, refusal) in self.functions.iter_mut().zip(refusals) {
            let refusal = function.conflict.clone().or(self.error.clone()).or(refusal);
            let effective = match refusal {
                Some(error) => Err(error),
                None => function.effective(sources, &core.name, kind, layer),
            };
            function.error = effective.as_ref().err().cloned();
            let running = effective.as_ref().map(|(effective, _)| effective);
            let (core, state) = (Arc::clone(&core), Arc::clone(&function.state));
            let plan = Plan::new(epoch, core, state, !enabled, running.map_err(Clone::clone));
            let own = effective.map_or_else(|_| Vec::new(), |(_, values)| values);
            let own = own.into_iter().filter(|it| !config.values.contains(it));
            let own = own.collect();
            config.functions.push(report(&plan, own));
            function.plan = Some(Arc::new(plan));
        }
        let running = shared.as_ref().map(|(shared, _)| shared);
        let state = Arc::clone(&self.by_hand);
        let by_hand = Plan::new(epoch, core, state, !enabled, running.map_err(Clone::clone));
        self.service.plan.store(Some(Arc::new(by_hand)));
        let states = self.functions.iter().map(|it| Arc::clone(&it.state));
        let states = states.collect();
        let running = Running { config, states };
        self.service.running.store(Arc::new(running));
    }

    /// Resolves what all functions share, with the values of each that conflict with no other's.
    fn resolve_shared(&self, sources: &ConfigSources) -> ResolvedShared {
        let kind = self.service.kind();
        let mut attribute = AttributeValues::default();
        let mut refusals = Vec::new();
        let shared = service_levels(sources, self.service.name(), kind, |levels| {
            for index in 0..self.functions.len() {
                let collected = self.collect_attribute_values(index, &mut attribute, levels, kind);
                refusals.push(collected.err());
            }
            levels.with_attribute(&attribute.layer, "its functions", |levels| {
                let shared = levels.resolve(kind)?;
                let values = levels.values(kind, &shared);
                Ok((shared, values))
            })
        });
        ResolvedShared {
            attribute,
            refusals,
            shared: shared.and_then(|shared| shared),
        }
    }

    /// Names the attribute that each value was written in.
    fn name_attributes(&self, values: &mut [ConfigValue], attribute: &AttributeValues) {
        for value in values {
            let origin = attribute
                .origins
                .iter()
                .find(|(key, _)| *key == value.setting());
            if let Some((_, function)) = origin {
                value.set_attribute(&self.functions[*function].place);
            }
        }
    }

    /// Takes a function's shared values, unless they conflict with another function's.
    fn collect_attribute_values(
        &self,
        index: usize,
        attribute: &mut AttributeValues,
        levels: &ServiceLevels<'_>,
        kind: ServiceKind,
    ) -> Result<(), ConfigError> {
        let function = &self.functions[index];
        if function.conflict.is_some() {
            return Ok(());
        }
        let mut layer = attribute.layer.clone();
        let mut problems = Vec::new();
        for (key, value) in function.shared_values() {
            match attribute.layer.get(key) {
                Some(other) if other != value && !levels.decide(key) => {
                    let first = attribute
                        .origins
                        .iter()
                        .find(|(given, _)| *given == key)
                        .map_or("", |(_, first)| &self.functions[*first].place);
                    problems.push(ConfigProblem::new(
                        key.name(),
                        value,
                        ConfigSource::Attribute(function.place.clone()),
                        format!(
                            "the functions of service `{}` share it, and {first} sets `{other}`",
                            self.service.name()
                        ),
                    ));
                }
                Some(_) => {}
                None => layer.set(key, value),
            }
        }
        ConfigError::check(problems)?;
        levels
            .with_attribute(&layer, &function.place, |levels| levels.resolve(kind))
            .map_err(ConfigError::new)?;
        for (key, _) in layer.iter() {
            if attribute.layer.get(key).is_none() {
                attribute.origins.push((key, index));
            }
        }
        attribute.layer = layer;
        Ok(())
    }
}
