//! One service of a registry: its functions, and how configuration becomes plans.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};

use super::function::{FunctionEntry, report};
use super::levels::Whose;
use super::shared_values::SharedValues;
use super::sources::ConfigSources;
use super::twins::{declared_twice, name_shared};
use crate::config::{
    ConfigError, ConfigProblem, ConfigSource, ConfigValue, DeclaredService, Effective, Levels,
    Pattern, Patterns, ServiceConfig,
};
use crate::name::{ServiceKind, ServiceName};
use crate::plan::{Function, FunctionState, Plan, ServiceCore, Site};
use crate::service::{Running, Service};
use crate::wake::later;

/// A service that nothing runs for yet.
fn service_of(core: Arc<ServiceCore>) -> Service {
    let kind = core.kind;
    let effective = Effective::preset(kind);
    let values = Levels(Vec::new()).values(kind, &effective);
    Service {
        running: ArcSwap::from_pointee(Running {
            config: ServiceConfig::new(kind, true, &effective, values),
            states: Vec::new(),
        }),
        core,
        plan: ArcSwapOption::const_empty(),
    }
}

fn declared_at(declaration: &'static DeclaredService) -> String {
    format!(" as {} declares it", declaration.place())
}

/// One service and its functions.
#[derive(Debug)]
pub(super) struct Entry {
    service: Arc<Service>,
    /// The service whose target it is.
    pool: Option<ServiceName>,
    by_hand: Arc<FunctionState>,
    functions: Vec<FunctionEntry>,
    declaration: Option<&'static DeclaredService>,
    /// Other declarations of the same name.
    rivals: Vec<&'static DeclaredService>,
    /// What keeps the whole service from running.
    error: Option<ConfigError>,
    /// Another service whose name variables write in the same way.
    twin: Option<ServiceName>,
    /// That a variable means both was logged.
    twin_told: bool,
    /// Bodies run bare, whatever else is wrong.
    runs_bare: bool,
    seen_at: String,
}

impl Entry {
    pub(super) fn new(
        core: Arc<ServiceCore>,
        declaration: Option<&'static DeclaredService>,
    ) -> Self {
        Self {
            pool: core.pool.as_ref().map(|pool| pool.name.clone()),
            by_hand: Arc::new(FunctionState::by_hand(&core.name)),
            seen_at: declaration.map_or_else(String::new, declared_at),
            declaration,
            rivals: Vec::new(),
            service: Arc::new(service_of(core)),
            functions: Vec::new(),
            error: None,
            twin: None,
            twin_told: false,
            runs_bare: false,
        }
    }

    pub(super) fn declaration(&self) -> Option<&'static DeclaredService> {
        self.declaration
    }

    /// Takes the declaration of a service that was seen before it. What functions share becomes what is declared; where
    /// the kind is another one, it begins anew, with `core`.
    pub(super) fn set_declaration(
        &mut self,
        declaration: &'static DeclaredService,
        core: Option<Arc<ServiceCore>>,
    ) {
        self.declaration = Some(declaration);
        self.seen_at = declared_at(declaration);
        if let Some(core) = core {
            self.service = Arc::new(service_of(core));
        }
    }

    /// Notes another declaration of the same name, and returns whether it is a new one.
    pub(super) fn add_rival(&mut self, rival: &'static DeclaredService) -> bool {
        let is_new = !self.rivals.iter().any(|known| known.is(rival));
        if is_new {
            self.rivals.push(rival);
        }
        is_new
    }

    /// Notes another service whose name variables write in the same way: where one does, neither runs.
    pub(super) fn set_twin(&mut self, twin: Option<ServiceName>) {
        self.twin = twin;
    }

    /// Whether no other service has its variable name.
    pub(super) fn is_alone(&self) -> bool {
        self.twin.is_none()
    }

    pub(super) fn is_twin_of(&self, name: &str) -> bool {
        self.twin.as_deref() == Some(name)
    }

    /// Why a variable for the service's name means another service as well.
    fn twin_problem(&mut self, sources: &ConfigSources) -> Option<ConfigError> {
        let name = self.service.name();
        let twin = self.twin.as_ref()?;
        let variable = sources.environment.as_ref()?.variable_for(name)?;
        let problem = name_shared(name, twin, &variable);
        if !std::mem::replace(&mut self.twin_told, true) {
            let (name, twin) = (name.clone(), twin.clone());
            later(move || {
                tracing::error!(
                    target: "resilience",
                    service = name.as_str(),
                    other = twin.as_str(),
                    variable,
                    "a variable means two services, neither runs; rename one of them"
                );
            });
        }
        Some(problem.into())
    }

    /// The service whose target it is.
    pub(super) fn pool(&self) -> Option<&ServiceName> {
        self.pool.as_ref()
    }

    fn whose<'a>(&'a self, name: &'a str) -> Whose<'a> {
        Whose {
            name,
            pool: self.pool.as_deref(),
        }
    }

    pub(super) fn service(&self) -> &Arc<Service> {
        &self.service
    }

    pub(super) fn first_seen_at(&mut self, place: &ConfigSource) {
        if let ConfigSource::Attribute(place) = place {
            self.seen_at = format!(" in {place}");
        }
    }

    /// Refuses who asks for the service by hand under another kind.
    pub(super) fn check_kind(&self, kind: ServiceKind) -> Result<(), ConfigError> {
        let (name, own) = (self.service.name(), self.service.kind());
        if own == kind {
            return Ok(());
        }
        let seen_at = &self.seen_at;
        Err(ConfigProblem::without_value(
            "kind",
            ConfigSource::Code,
            format!(
                "service `{name}` is of kind `{own}`{seen_at}, not `{kind}`; one name has one kind"
            ),
        )
        .into())
    }

    pub(super) fn check_service(&self) -> Result<(), ConfigError> {
        match &self.error {
            Some(error) if !self.runs_bare => Err(error.withheld()),
            _ => Ok(()),
        }
    }

    pub(super) fn problems(&self) -> Vec<ConfigProblem> {
        let of_functions = self.functions.iter().filter_map(FunctionEntry::problem);
        let ignored = self.functions.iter().filter_map(|it| it.ignored.as_ref());
        self.error
            .iter()
            .chain(of_functions)
            .chain(ignored)
            .flat_map(|error| error.problems().to_vec())
            .chain(self.rival_problems())
            .collect()
    }

    fn rival_problems(&self) -> impl Iterator<Item = ConfigProblem> {
        let rivals = self.declaration.into_iter();
        rivals.flat_map(|first| {
            self.rivals
                .iter()
                .map(move |rival| declared_twice(first, rival))
        })
    }

    /// What `sources` would keep from running, with the shared values of the functions.
    pub(super) fn problems_with(&self, sources: &ConfigSources) -> Vec<ConfigProblem> {
        let service = &self.service;
        let (name, kind) = (service.name(), service.kind());
        let whose = self.whose(name);
        let shared = SharedValues::of(whose, kind, &self.functions, self.declaration, sources);
        shared.resolved.err().unwrap_or_default()
    }

    pub(super) fn has_functions(&self) -> bool {
        !self.functions.is_empty()
    }

    /// Whether other functions are known beside the one of this site.
    pub(super) fn has_others(&self, site: &'static Site) -> bool {
        let mut sites = self.functions.iter().map(|function| function.site);
        sites.any(|other| other != site.address())
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
        let name = self.service.name();
        let function = FunctionEntry::new(name, site, function);
        self.functions.push(function);
    }

    /// Makes everything anew from the sources: the shared patterns are reconfigured in place, and
    /// each function gets a new plan.
    pub(super) fn resolve(&mut self, sources: &mut ConfigSources, epoch: u64) {
        sources.environment();
        let (name, kind) = (self.service.name().clone(), self.service.kind());
        let enabled = sources.enabled();
        self.runs_bare = matches!(enabled, Ok(false));
        sources.tell_whether_disabled(self.runs_bare);
        let twin = self.twin_problem(sources);
        let SharedValues {
            attribute,
            functions,
            resolved,
        } = SharedValues::of(
            self.whose(&name),
            kind,
            &self.functions,
            self.declaration,
            sources,
        );
        let shared = match (twin, enabled.err(), resolved) {
            (Some(error), ..) | (None, Some(error), _) => Err(error),
            (None, None, Ok(shared)) => self.service.core.reconfigure(&shared.0).map(|()| shared),
            (None, None, Err(problems)) => Err(ConfigError::new(problems)),
        };
        self.error = shared.as_ref().err().cloned();

        let mut config = match &shared {
            Ok((shared, values)) => {
                let mut values = values.clone();
                attribute.name_places(&mut values, &self.functions);
                ServiceConfig::new(kind, !self.runs_bare, shared, values)
            }
            Err(_) if self.runs_bare => {
                ServiceConfig::new(kind, false, &Effective::preset(kind), Vec::new())
            }
            Err(_) => self.service.running.load().config.clone(),
        };
        config.functions.clear();
        let declared_off = self.declaration.map_or(&[][..], |it| it.off);
        config.switch_off(declared_off);
        let core = Arc::clone(&self.service.core);
        let bare = self.runs_bare;
        // What is wrong does not matter to what runs bare.
        let or_bare =
            |effective: Result<(Effective, Vec<ConfigValue>), ConfigError>| match effective {
                Err(_) if bare => Ok((Effective::preset(kind), Vec::new())),
                effective => effective,
            };
        let values = functions
            .into_iter()
            .chain(std::iter::repeat_with(Default::default));
        let pool = self.pool.clone();
        let whose = Whose {
            name: &name,
            pool: pool.as_deref(),
        };
        for (function, own) in self.functions.iter_mut().zip(values) {
            let ignored = function.ignored_kind(&name, kind, &self.seen_at, own.ignored);
            function.ignore(&name, ignored);
            let refusal = own.refusal.or(function.check_keys(self.declaration).err());
            let effective = or_bare(match (&shared, &refusal) {
                (Err(error), _) | (_, Some(error)) => Err(error.clone()),
                (Ok((shared, _)), None) => {
                    let shared = (kind, self.declaration, shared);
                    function.effective(sources, whose, &attribute.layer, shared)
                }
            });
            function.error = effective.as_ref().err().cloned();
            let running = effective.as_ref().map(|(effective, _)| effective);
            let (core, state) = (Arc::clone(&core), Arc::clone(&function.state));
            let off = function.off(self.declaration);
            let patterns = Patterns::of(&off);
            let plan = Plan::new(
                epoch,
                core,
                state,
                bare,
                patterns,
                running.map_err(Clone::clone),
            );
            let own = effective.map_or_else(|_| Vec::new(), |(_, values)| values);
            let own = own.into_iter().filter(|it| !config.values.contains(it));
            let own = own.collect();
            let report = report(&plan, own, off, function.ignored.as_ref());
            config.functions.push(report);
            function.plan = Some(Arc::new(plan));
        }
        self.run(epoch, config, declared_off, or_bare(shared));
    }

    /// Hands the service what it runs with.
    fn run(
        &self,
        epoch: u64,
        config: ServiceConfig,
        off: &[Pattern],
        shared: Result<(Effective, Vec<ConfigValue>), ConfigError>,
    ) {
        let core = Arc::clone(&self.service.core);
        let running = shared.as_ref().map(|(shared, _)| shared);
        let state = Arc::clone(&self.by_hand);
        let running = running.map_err(Clone::clone);
        let off = Patterns::of(off);
        let by_hand = Plan::new(epoch, core, state, self.runs_bare, off, running);
        self.service.plan.store(Some(Arc::new(by_hand)));
        let states = self.functions.iter().map(|it| Arc::clone(&it.state));
        let states = states.collect();
        let running = Running { config, states };
        self.service.running.store(Arc::new(running));
    }
}
