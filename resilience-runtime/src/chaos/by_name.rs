//! The faults of a registry, by the name of the service, since a test may inject before the first call creates it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::fault::Fault;
use super::injected::{InjectedFault, ServiceFaults};
use super::seed::Chaos;
use crate::name::ServiceName;
use crate::sync::Mutex;

/// The faults of a registry.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    chaos: Chaos,
    services: BTreeMap<ServiceName, Arc<ServiceFaults>>,
}

impl Faults {
    /// Returns the faults of one service.
    pub(crate) fn of(&self, service: &ServiceName) -> Arc<ServiceFaults> {
        self.state.lock().of(service)
    }

    pub(crate) fn inject(&self, service: ServiceName, fault: Fault) -> InjectedFault {
        let mut state = self.state.lock();
        let seed = state.chaos.seed;
        state.of(&service).inject(seed, service, fault)
    }

    pub(crate) fn seed(&self, chaos: Chaos) {
        let mut state = self.state.lock();
        state.chaos = chaos;
        for faults in state.services.values() {
            faults.restart_count();
        }
    }
}

impl State {
    fn of(&mut self, service: &ServiceName) -> Arc<ServiceFaults> {
        let faults = self.services.entry(service.clone()).or_default();
        Arc::clone(faults)
    }
}
