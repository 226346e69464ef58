//! All that the callers share.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use resilience_runtime::{CircuitState, Registry};
use tokio::time::sleep;

use super::call::Ask;
use super::random::Random;
use super::remote::{Remote, TENANTS};
use super::services::{self, AGENT, COUNTED, ESCORT, MODEL, seconds};
use super::shadow::{Body, Shadow};

/// A call that is polled by nobody.
pub type Kept = Pin<Box<dyn Future<Output = ()>>>;

pub struct World {
    pub registry: Registry,
    pub shadows: Vec<Rc<Shadow>>,
    pub remotes: Vec<Remote>,
    /// Calls that are yet to be made.
    pub left: Cell<u64>,
    /// Some of them until the end.
    pub kept: RefCell<Vec<Kept>>,
    pub renewals: Cell<u64>,
    /// Nobody fails by himself.
    pub is_well: Cell<bool>,
    pub ends: RefCell<Ends>,
    number: Cell<u64>,
    /// With which errors of others bodies left last.
    left_with: RefCell<VecDeque<String>>,
}

/// How calls ended.
#[derive(Debug, Default)]
pub struct Ends {
    pub answered: u64,
    pub from_memory: u64,
    pub failed: u64,
    pub rejected: u64,
    pub dropped: u64,
    pub kept: u64,
    pub resumed: u64,
    pub moved: u64,
}

impl World {
    pub fn new(registry: Registry, chance: &Random) -> Rc<Self> {
        let shadows: Vec<_> = services::all()
            .into_iter()
            .map(|rules| Shadow::new(rules, &registry))
            .collect();
        let remote = |(which, shadow): (usize, &Rc<Shadow>)| {
            let silence = shadow.rules.timeout.map_or(seconds(1), |limit| limit * 2);
            let remote = Remote::new(chance.branch(which as u64), silence);
            match which {
                MODEL => remote.metered(seconds(60) / 600, 10),
                _ => remote,
            }
        };
        Rc::new(Self {
            remotes: shadows.iter().enumerate().map(remote).collect(),
            registry,
            shadows,
            left: Cell::new(0),
            kept: RefCell::default(),
            renewals: Cell::new(0),
            is_well: Cell::new(true),
            ends: RefCell::default(),
            number: Cell::new(0),
            left_with: RefCell::default(),
        })
    }

    /// Ends all outages, or begins them again.
    pub fn set_well(&self, is_well: bool) {
        self.is_well.set(is_well);
        for remote in &self.remotes {
            match is_well {
                true => remote.heal(),
                false => remote.go_on(),
            }
        }
    }

    /// How many calls there have been, those inside of others included.
    pub fn calls(&self) -> u64 {
        self.number.get()
    }

    pub fn next_number(&self) -> u64 {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }

    /// Remembers for a while what happened to a call that nobody made inside of another.
    pub fn note(&self, ask: &Ask, what: impl FnOnce() -> String) {
        if ask.depth == 0 {
            let mut left_with = self.left_with.borrow_mut();
            left_with.push_back(what());
            if left_with.len() > 8 {
                left_with.pop_front();
            }
        }
    }

    pub fn count(&self, count: impl FnOnce(&mut Ends)) {
        count(&mut self.ends.borrow_mut());
    }

    /// To be asked after each call. The breaker of a service that has only ever passed on the errors of others has not opened.
    pub fn escorts_are_innocent(&self) {
        let service = self.registry.get("escort").expect("it is called");
        let circuit = service.stats().circuit;
        let innocent = (circuit.state, circuit.opened) == (CircuitState::Closed, 0);
        assert!(innocent, "{:#?}", self.left_with.borrow());
        assert_eq!(self.shadows[ESCORT].counted.get().1, 0);
    }

    /// Between the acts nothing runs, and what was counted adds up.
    pub async fn is_at_rest(&self) {
        sleep(seconds(120)).await;
        for shadow in &self.shadows {
            let name = shadow.rules.name;
            assert_eq!(shadow.running(), 0, "{name}: a body that nobody dropped");
            let service = self.registry.get(name).expect("it is called");
            let stats = service.stats();
            assert_eq!(stats.in_flight, 0, "{name}");
            if let Some(limiter) = service.rate_limiter() {
                for tenant in 0..TENANTS {
                    let decision = limiter.peek(&tenant);
                    assert!(decision.allowed, "{name}: {decision:?}");
                    let burst = if name == "model" { 10 } else { 40 };
                    assert_eq!(decision.remaining, burst, "{name}: tokens are missing");
                }
            }
        }
        let service = self.registry.get("counted").expect("it is called");
        let circuit = service.stats().circuit;
        let counted = self.shadows[COUNTED].counted.replace((0, 0));
        assert_eq!((circuit.calls, circuit.failures), counted);
        service.circuit_breaker().reset();
        self.escorts_are_innocent();
        assert!(self.shadows[AGENT].begun.get() > 0);
    }

    /// No more entries than were allowed, and no service that cannot be removed.
    pub fn can_be_left(&self) {
        for shadow in &self.shadows {
            let name = shadow.rules.name;
            let service = self.registry.get(name).expect("it is called");
            let entries = service.invalidate_all();
            assert!(entries <= 8, "{name}: {entries} entries");
            drop(service);
            assert!(self.registry.remove(name), "{name}");
            assert!(self.registry.get(name).is_none(), "{name}");
        }
    }
}

impl Ask {
    /// Its body begins in a service.
    pub fn begin(&self, which: usize, most: u32) -> Rc<Body> {
        self.begin_attempt(most);
        self.world.shadows[which].begin(self)
    }
}
