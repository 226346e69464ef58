//! The faults of a registry. They are kept by name, since a test injects before the first call makes the
//! service.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Chaos;
use super::fault::Fault;
use super::injected::{InjectedFault, ServiceFaults};
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
    /// Those of one service, for its attempts to ask.
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
            faults.count_from_here();
        }
    }
}

impl State {
    fn of(&mut self, service: &ServiceName) -> Arc<ServiceFaults> {
        let faults = self.services.entry(service.clone()).or_default();
        Arc::clone(faults)
    }
}
