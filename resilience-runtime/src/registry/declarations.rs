//! Takes the declarations of services: by a call at start-up, or with the first function that names one.

use super::configure::distinct;
use super::entry::Entry;
use super::services::{Registry, State, next_epoch};
use crate::config::{ConfigError, ConfigSource, Declaration, DeclaredService};
use crate::name::ServiceName;
use crate::sync::atomic::Ordering;
use crate::telemetry::EventKind;
use crate::wake::{DeferredWakes, later};

impl Registry {
    /// Makes declared services known before their first call: their variables are read and checked now, and
    /// [`services`](Self::services), statistics, metrics and health show them, closed and at zero. Without it, a declared
    /// service becomes known with the first call of one of its functions. What runs is the same.
    ///
    /// ```
    /// use resilience_runtime::{CircuitState, Registry, service};
    ///
    /// service! {
    ///     pub static OPENAI: Llm = "openai" { rate_limit(requests_per_minute = 500) }
    ///     pub static ORDERS: Database = "orders" { bulkhead(max_concurrent = 32) }
    /// }
    ///
    /// let registry = Registry::new();
    /// registry.declare(&[&OPENAI, &ORDERS])?; // who does not want to start with bad variables ends here
    /// let stats = registry.stats();
    /// assert_eq!((stats.total_services, stats.open_breakers, stats.total_calls), (2, 0, 0));
    /// # Ok::<(), resilience_runtime::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// Names everything that is wrong with these services: variables, values that contradict one another, a name that is
    /// declared twice. They are known all the same: a service whose values cannot run answers each call with
    /// [`ResilienceError::InvalidConfig`](crate::ResilienceError::InvalidConfig), and the first of two declarations holds.
    pub fn declare(&self, services: &[&'static dyn Declaration]) -> Result<(), ConfigError> {
        let _later = DeferredWakes::begin();
        let mut state = self.inner.state.lock();
        let mut problems = Vec::new();
        for service in services {
            self.take_declaration(&mut state, service.service());
        }
        for service in services {
            let entry = state.entries.get(service.service().name);
            problems.extend(entry.into_iter().flat_map(Entry::problems));
        }
        ConfigError::check(distinct(problems))
    }

    /// Makes a declared service known, if it is not.
    pub(super) fn take_declaration(&self, state: &mut State, service: &'static DeclaredService) {
        let name = ServiceName::constant(service.name);
        let first = *state.declarations.entry(service.name).or_insert(service);
        let place = ConfigSource::Declaration(first.place());
        let entry = self.entry(state, &name, first.kind, &place);
        let known = entry.declaration().is_some();
        if !known {
            let kind = entry.service().kind();
            let core = (kind != first.kind).then(|| self.inner.core_of(&name, first.kind));
            entry.set_declaration(first, core);
            let epoch = next_epoch();
            let entry = state.entries.get_mut(&name).expect("made just before");
            entry.resolve(&mut state.sources, epoch);
            // Its call sites ask again.
            self.inner.epoch.store(epoch, Ordering::Release);
            self.inner
                .observers
                .changed(&name, || EventKind::Configured);
        }
        let entry = state.entries.get_mut(&name).expect("made just before");
        if !first.is(service) && entry.add_rival(service) {
            let (first, second) = (first.place(), service.place());
            later(move || {
                tracing::error!(
                    target: "resilience",
                    service = name.as_str(),
                    first,
                    second,
                    "a service is declared twice, the first declaration holds; keep one"
                );
            });
        }
    }
}
