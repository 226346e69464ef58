//! All services by name, and the settings that configure them.

#[cfg(feature = "test-util")]
mod chaos;
mod configure;
mod entry;
mod function;
mod levels;
#[cfg(all(test, resilience_loom))]
mod loom_tests;
mod observe;
mod plans;
#[cfg(feature = "test-util")]
mod scope;
mod sources;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::circuit_breaker::CircuitState;
use crate::config::{ConfigError, ConfigProblem, ConfigSource, canonical_upper};
use crate::fallback::{RegisteredFallback, RegisteredFallbacks};
use crate::name::{ServiceKind, ServiceName};
use crate::service::Service;
use crate::sync::Mutex;
use crate::sync::atomic::{AtomicU64, Ordering};
use crate::telemetry::{EventKind, Observers, RegistryStats};
use crate::wake::DeferredWakes;

use entry::Entry;
use sources::ConfigSources;

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
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// Unique among all registries and all times, so that a call site sees both another registry and
    /// another configuration by comparing one number.
    epoch: AtomicU64,
    /// It lasts as long as the process: its plans may be kept for good.
    is_static: bool,
    registered: Arc<RegisteredFallbacks>,
    observers: Arc<Observers>,
    #[cfg(feature = "test-util")]
    faults: crate::chaos::Faults,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    sources: ConfigSources,
    entries: BTreeMap<ServiceName, Entry>,
}

fn name_taken(name: &str, other: &str, place: ConfigSource) -> ConfigProblem {
    ConfigProblem::new(
        "service",
        name,
        place,
        format!(
            "shares the variables of `{}` with service `{other}`; rename one of them",
            canonical_upper(name)
        ),
    )
}

fn next_epoch() -> u64 {
    // Not the model checker's: it must not forget between two executions.
    static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
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

    fn with_life(is_static: bool) -> Self {
        Self {
            inner: Arc::new(Inner {
                epoch: AtomicU64::new(next_epoch()),
                is_static,
                registered: Arc::default(),
                observers: Arc::default(),
                #[cfg(feature = "test-util")]
                faults: crate::chaos::Faults::default(),
                state: Mutex::new(State::default()),
            }),
        }
    }

    /// Returns the registry of annotated functions that name no other.
    pub fn global() -> &'static Self {
        static GLOBAL: OnceLock<Registry> = OnceLock::new();
        GLOBAL.get_or_init(|| Self::with_life(true))
    }

    /// Runs `work` with the registry that annotated functions use here: the global one, or the one whose
    /// scope this is.
    #[inline]
    pub(crate) fn with_current<R>(work: impl FnOnce(&Self) -> R) -> R {
        #[cfg(feature = "test-util")]
        if let Some(registry) = scope::current() {
            return work(&registry);
        }
        work(Self::global())
    }

    /// Returns the service `name`, created if it is new.
    ///
    /// # Errors
    /// The name belongs to a service of another kind, its variable name to another service, or its
    /// configuration cannot run.
    pub fn service(
        &self,
        name: impl Into<ServiceName>,
        kind: ServiceKind,
    ) -> Result<Arc<Service>, ConfigError> {
        let name = name.into();
        let _later = DeferredWakes::begin();
        let mut state = self.inner.state.lock();
        let entry = self.entry(&mut state, &name, kind, ConfigSource::Code)?;
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
        let state = self.inner.state.lock();
        state
            .entries
            .get(name)
            .map(|entry| Arc::clone(entry.service()))
    }

    /// Returns all services seen so far, sorted by name.
    #[must_use]
    pub fn services(&self) -> Vec<Arc<Service>> {
        let state = self.inner.state.lock();
        state
            .entries
            .values()
            .map(|entry| Arc::clone(entry.service()))
            .collect()
    }

    /// Returns what happened to all services so far.
    #[must_use]
    pub fn stats(&self) -> RegistryStats {
        let mut stats = RegistryStats {
            total_fallbacks: self.inner.registered.len(),
            ..RegistryStats::default()
        };
        for service in self.services() {
            let blocked = matches!(
                service.circuit_breaker().state(),
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
            let service = service.stats();
            stats.total_services += 1;
            stats.total_calls += service.calls;
            stats.total_attempts += service.attempts;
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

    /// Runs `future` with this registry in place of the global one, for every annotated function inside.
    /// Not seen across `tokio::spawn`: wrap the spawned future as well.
    #[cfg(feature = "test-util")]
    #[cfg_attr(docsrs, doc(cfg(feature = "test-util")))]
    pub fn scope<F: Future>(&self, future: F) -> scope::InScope<F> {
        scope::enter(self.clone(), future)
    }

    fn entry<'a>(
        &self,
        state: &'a mut State,
        name: &ServiceName,
        kind: ServiceKind,
        place: ConfigSource,
    ) -> Result<&'a mut Entry, ConfigError> {
        let known = state.entries.get(name);
        if !known.is_some_and(Entry::has_its_name) {
            if let Some(other) = state.entries.iter().find_map(|(other, entry)| {
                let same = canonical_upper(other) == canonical_upper(name);
                (same && entry.has_its_name()).then_some(other)
            }) {
                return Err(name_taken(name, other, place).into());
            }
            let mut entry = Entry::new(name.clone(), kind, &self.inner);
            for unknown in state.sources.environment().unknown_variables([&**name]) {
                unknown.log();
            }
            entry.first_seen_at(&place);
            let epoch = self.inner.epoch.load(Ordering::Relaxed);
            entry.resolve(&mut state.sources, epoch);
            state.entries.insert(name.clone(), entry);
            self.inner
                .observers
                .changed(name, || EventKind::ServiceAdded);
        }
        let entry = state.entries.get_mut(name).expect("made just before");
        if entry.service().kind() != kind {
            return Err(ConfigProblem::new(
                "kind",
                kind,
                place,
                format!(
                    "service `{name}` is of kind `{}`{}; one name has one kind",
                    entry.service().kind(),
                    entry.seen_at()
                ),
            )
            .into());
        }
        Ok(entry)
    }
}
