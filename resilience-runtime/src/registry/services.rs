//! The registry itself: all services by name.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::entry::Entry;
use super::pool_in_use::PoolInUse;
use super::sources::ConfigSources;
use super::twins::VariableNames;
use crate::circuit_breaker::CircuitState;
use crate::config::{ConfigError, ConfigSource, DeclaredService};
use crate::fallback::{RegisteredFallback, RegisteredFallbacks};
use crate::name::{ServiceKind, ServiceName};
use crate::plan::ServiceCore;
use crate::service::Service;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::telemetry::{EventKind, Observers, RegistryStats};
use crate::wake::{DeferredWakes, later};

/// Holds all services by name, and the settings that configure them.
///
/// Annotated functions use the [global](Self::global) one, unless their attribute names another. A
/// clone is a handle to the same registry.
///
/// ```
/// use resilience_runtime::{Registry, ServiceKind};
///
/// let registry = Registry::new();
/// let openai = registry.service("openai", ServiceKind::Llm)?;
/// assert_eq!(registry.services().len(), 1);
/// assert!(registry.service("openai", ServiceKind::Database).is_err(), "one name, one kind");
/// # Ok::<(), resilience_runtime::config::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Registry {
    pub(super) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(super) struct Inner {
    /// Unique among all registries and all times, so that a call site sees both another registry and
    /// another configuration by comparing one number.
    pub(super) epoch: AtomicU64,
    /// It lasts as long as the process: its plans may be kept for good.
    pub(super) is_static: bool,
    registered: Arc<RegisteredFallbacks>,
    pub(super) observers: Arc<Observers>,
    #[cfg(feature = "test-util")]
    pub(super) faults: crate::chaos::Faults,
    /// The fleet that it belongs to.
    #[cfg(feature = "fleet")]
    pub(super) fleet: OnceLock<Arc<crate::fleet::Member>>,
    pub(super) state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) sources: ConfigSources,
    pub(super) entries: BTreeMap<ServiceName, Entry>,
    /// By the name of the service. They outlast services that are removed.
    pub(super) declarations: BTreeMap<&'static str, &'static DeclaredService>,
    /// The pools that functions of each service have.
    pub(super) targets: BTreeMap<ServiceName, Vec<PoolInUse>>,
    variable_names: VariableNames,
}

pub(super) fn next_epoch() -> u64 {
    // Not the model checker's: it must not forget between two executions.
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Inner {
    /// Makes what all functions of a new service share.
    pub(super) fn core_of(&self, name: &ServiceName, kind: ServiceKind) -> Arc<ServiceCore> {
        Arc::new(self.new_core(name, kind))
    }

    pub(super) fn new_core(&self, name: &ServiceName, kind: ServiceKind) -> ServiceCore {
        let core = ServiceCore::new(
            name.clone(),
            kind,
            Arc::clone(&self.observers),
            Arc::clone(&self.registered),
            #[cfg(feature = "test-util")]
            self.faults.of(name),
        );
        #[cfg(feature = "fleet")]
        if let Some(member) = self.fleet.get() {
            core.limiter.join(member);
        }
        core
    }
}

impl From<&Self> for Registry {
    fn from(registry: &Self) -> Self {
        registry.clone()
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::new()
    }
}

impl Registry {
    /// Returns an empty registry. It reads the environment when its first service appears.
    #[must_use]
    pub fn new() -> Self {
        Self::with_life(false)
    }

    pub(super) fn with_life(is_static: bool) -> Self {
        Self {
            inner: Arc::new(Inner {
                epoch: AtomicU64::new(next_epoch()),
                is_static,
                registered: Arc::default(),
                observers: Arc::default(),
                #[cfg(feature = "test-util")]
                faults: crate::chaos::Faults::default(),
                #[cfg(feature = "fleet")]
                fleet: OnceLock::new(),
                state: Mutex::new(State::default()),
            }),
        }
    }

    /// Returns the registry of annotated functions that name no other.
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Registry> = OnceLock::new();
        GLOBAL.get_or_init(|| Self::with_life(true))
    }

    /// Returns the service `name`, created if it is new.
    ///
    /// # Errors
    /// The service was first seen with another kind (annotated functions of that name run all the same), its variable
    /// name belongs to another service as well, or its configuration cannot run.
    pub fn service(
        &self,
        name: impl Into<ServiceName>,
        kind: ServiceKind,
    ) -> Result<Arc<Service>, ConfigError> {
        let name = name.into();
        let _later = DeferredWakes::begin();
        let mut state = self.inner.state.lock();
        let entry = self.entry(&mut state, &name, kind, &ConfigSource::Code);
        entry.check_kind(kind)?;
        entry.check_service()?;
        Ok(Arc::clone(entry.service()))
    }

    /// Returns the service `name`, if it was seen before.
    ///
    /// ```
    /// use resilience_runtime::{Registry, ServiceKind};
    ///
    /// let registry = Registry::new();
    /// assert!(registry.get("openai").is_none());
    /// registry.service("openai", ServiceKind::Llm)?;
    /// assert!(registry.get("openai").is_some());
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Arc<Service>> {
        self.read(|state| {
            let entry = state.entries.get(name);
            entry.map(|entry| Arc::clone(entry.service()))
        })
    }

    /// Returns all services seen so far, sorted by name.
    #[must_use]
    pub fn services(&self) -> Vec<Arc<Service>> {
        self.read(|state| {
            let entries = state.entries.values();
            entries.map(|entry| Arc::clone(entry.service())).collect()
        })
    }

    /// Looks at the services, without the targets that no pool has any more.
    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        let _later = DeferredWakes::begin();
        // Dropped outside of the lock.
        let _left;
        let mut state = self.inner.state.lock();
        _left = self.forget_left(&mut state);
        look(&state)
    }

    /// Returns what happened to all services so far.
    #[must_use]
    pub fn stats(&self) -> RegistryStats {
        let mut stats = RegistryStats {
            total_fallbacks: self.inner.registered.len(),
            ..RegistryStats::default()
        };
        for service in self.services() {
            let breaker = &service.core.breaker;
            let blocked = !breaker.is_shadow()
                && matches!(
                    breaker.state(),
                    CircuitState::Open | CircuitState::ForcedOpen
                );
            stats.open_breakers += usize::from(blocked);
            stats.total_fallbacks += service
                .running
                .load()
                .states
                .iter()
                .filter(|function| function.has_fallback)
                .count();
            let is_target = service.core.pool.is_some();
            let service = service.stats();
            stats.total_services += 1;
            // What a target counts, the service counts whose target it is.
            if !is_target {
                stats.total_calls += service.calls;
                stats.total_attempts += service.attempts;
            }
            stats.total_retries += service.retries;
            stats.total_rejections += service.rejections.total();
            stats.fallbacks_served += service.fallbacks.total();
            stats.services.push(service);
        }
        stats
    }

    /// Registers a fallback for calls of `service` that answer with a `T`, replacing an earlier one. It
    /// may be registered before the service exists. The function may return a `T` or a
    /// `Result<T, BoxError>`.
    ///
    /// An annotated function calls it exactly where its attribute writes `registered` among the steps of
    /// `fallback(…)`.
    ///
    /// ```
    /// use resilience_runtime::Registry;
    ///
    /// let registry = Registry::new();
    /// registry.register_fallback::<String>("llm", |context| async move {
    ///     format!("{} is having a break", context.service())
    /// });
    /// assert_eq!(registry.stats().total_fallbacks, 1);
    /// ```
    pub fn register_fallback<T: Send + 'static>(
        &self,
        service: impl Into<ServiceName>,
        fallback: impl RegisteredFallback<T>,
    ) {
        self.inner.registered.register(service.into(), fallback);
    }

    /// Returns the service's entry, made with this kind if it is new.
    pub(super) fn entry<'a>(
        &self,
        state: &'a mut State,
        name: &ServiceName,
        kind: ServiceKind,
        place: &ConfigSource,
    ) -> &'a mut Entry {
        if !state.entries.contains_key(name) {
            self.add_entry(state, name, kind, place);
        }
        state.entries.get_mut(name).expect("made just before")
    }

    fn add_entry(
        &self,
        state: &mut State,
        name: &ServiceName,
        kind: ServiceKind,
        place: &ConfigSource,
    ) {
        let declaration = state.declarations.get(name.as_str()).copied();
        let kind = declaration.map_or(kind, |it| it.kind);
        let entry = Entry::new(self.inner.core_of(name, kind), declaration);
        self.insert_entry(state, name, entry, place);
    }

    /// Makes a new service known.
    pub(super) fn insert_entry(
        &self,
        state: &mut State,
        name: &ServiceName,
        mut entry: Entry,
        place: &ConfigSource,
    ) {
        let environment = state.sources.environment_of(name);
        for unknown in environment.unknown_variables([&**name]) {
            later(move || unknown.log());
        }
        if entry.declaration().is_none() {
            entry.first_seen_at(place);
        }
        if let Some(first) = state.variable_names.add(name) {
            if state.entries.get(&first).is_some_and(Entry::is_alone) {
                self.set_twin(state, &first, Some(name.clone()));
            }
            entry.set_twin(Some(first));
        }
        let epoch = self.inner.epoch.load(Ordering::Relaxed);
        entry.resolve(&mut state.sources, epoch);
        state.entries.insert(name.clone(), entry);
        self.inner
            .observers
            .changed(name, || EventKind::ServiceAdded);
    }

    /// Notes another service whose name variables write in the same way, or that there is none any more.
    fn set_twin(&self, state: &mut State, name: &ServiceName, twin: Option<ServiceName>) {
        let Some(entry) = state.entries.get_mut(name) else {
            return;
        };
        entry.set_twin(twin);
        // Where no variable means the two, nothing changes.
        if state.sources.environment().variable_for(name).is_some() {
            let epoch = next_epoch();
            entry.resolve(&mut state.sources, epoch);
            // Its call sites ask again.
            self.inner.epoch.store(epoch, Ordering::Release);
        }
    }

    /// Removes a service, and returns whether there was one: what it held is freed, once its calls have ended and whoever
    /// has its [`Service`] has dropped it. An annotated function of the service makes it anew at its next call, with a closed
    /// circuit and full limits. For services whose names come from data, such as one for each tenant.
    ///
    /// ```
    /// use resilience_runtime::{Registry, ServiceKind};
    ///
    /// let registry = Registry::new();
    /// registry.service("tenant-42", ServiceKind::Custom)?;
    /// assert!(registry.remove("tenant-42"));
    /// assert!(registry.get("tenant-42").is_none());
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    pub fn remove(&self, name: &str) -> bool {
        let _later = DeferredWakes::begin();
        let mut state = self.inner.state.lock();
        let Some(removed) = self.forget_entry(&mut state, name) else {
            return false;
        };
        let pools = state.targets.remove(name).into_iter().flatten();
        let targets = pools.flat_map(PoolInUse::into_names);
        let targets: Vec<_> = targets
            .filter_map(|target| self.forget_entry(&mut state, &target))
            .collect();
        if removed.has_functions() {
            // Their call sites ask again.
            self.inner.epoch.store(next_epoch(), Ordering::Release);
        }
        for entry in [&removed].into_iter().chain(&targets) {
            let name = entry.service().name().clone();
            self.inner
                .observers
                .changed(&name, || EventKind::ServiceRemoved);
        }
        drop(state);
        true
    }

    /// Takes a service out, to be dropped outside of the lock.
    pub(super) fn forget_entry(&self, state: &mut State, name: &str) -> Option<Entry> {
        let entry = state.entries.remove(name)?;
        let left = state.variable_names.remove(name);
        for other in &left {
            if state
                .entries
                .get(other)
                .is_some_and(|it| it.is_twin_of(name))
            {
                let twin = left.iter().find(|twin| *twin != other);
                self.set_twin(state, other, twin.cloned());
            }
        }
        Some(entry)
    }
}
