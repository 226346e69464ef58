//! What runs in a service, reckoned by its bodies alone: places, probes, and what a breaker has to have learned.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry};
use tokio::time::Instant;

use super::call::Ask;

/// What the attributes of a service say.
pub struct Rules {
    pub name: &'static str,
    pub timeout: Option<Duration>,
    pub deadline: Option<Duration>,
    pub recovery: Duration,
    pub places: Option<usize>,
    pub probes: usize,
    /// The key of its limit is the tenant.
    pub keyed: bool,
    /// Its session may be renewed between the permit and the body.
    pub renews: bool,
}

/// A service as its bodies see it.
pub struct Shadow {
    pub rules: Rules,
    registry: Registry,
    bodies: RefCell<Vec<Weak<Body>>>,
    /// What the breaker is to have counted since it was reset: calls, and failures among them.
    pub counted: Cell<(u64, u64)>,
    pub begun: Cell<u64>,
    pub probed: Cell<u64>,
}

/// A body that runs.
pub struct Body {
    shadow: Rc<Shadow>,
    tenant: usize,
    around: Option<Rc<Self>>,
    inside: RefCell<Vec<Weak<Self>>>,
    /// From then on it does not count.
    ends: Option<Instant>,
    probe: Cell<Option<Probe>>,
    /// A call of the same service inside of it has reported in its stead.
    reported: Cell<bool>,
}

#[derive(Clone, Copy)]
struct Probe {
    round: u64,
    ends: Instant,
}

/// What a breaker learns of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lesson {
    Success,
    Failure,
    Nothing,
}

impl Shadow {
    pub fn new(rules: Rules, registry: &Registry) -> Rc<Self> {
        Rc::new(Self {
            rules,
            registry: registry.clone(),
            bodies: RefCell::default(),
            counted: Cell::default(),
            begun: Cell::default(),
            probed: Cell::default(),
        })
    }

    /// A body begins.
    pub fn begin(self: &Rc<Self>, ask: &Ask) -> Rc<Body> {
        let now = Instant::now();
        self.begun.set(self.begun.get() + 1);
        let around = ask.around.clone();
        let limits = [
            self.rules.timeout.map(|limit| now + limit),
            self.rules.deadline.map(|limit| ask.began + limit),
            around.as_ref().and_then(|it| it.ends),
        ];
        let probe = self.probe(now);
        let body = Rc::new(Body {
            shadow: Rc::clone(self),
            tenant: ask.tenant,
            around,
            inside: RefCell::default(),
            ends: limits.into_iter().flatten().min(),
            probe: Cell::new(probe),
            reported: Cell::new(false),
        });
        let lender = body.lender();
        // What is borrowed ends with the place of the lender.
        if let (Some(own), Some(lent)) = (probe, lender.as_ref().and_then(|it| it.probe.get())) {
            let ends = own.ends.min(lent.ends);
            body.probe.set(Some(Probe { ends, ..own }));
        }
        let list = lender.as_ref().map_or(&self.bodies, |it| &it.inside);
        list.borrow_mut().push(Rc::downgrade(&body));
        self.look(now, probe.map(|probe| probe.round));
        body
    }

    fn probe(&self, now: Instant) -> Option<Probe> {
        let service = self.registry.get(self.rules.name).expect("it is called");
        let stats = service.circuit_breaker().stats();
        match stats.state {
            CircuitState::Closed => None,
            // Its permit may be of an earlier state.
            _ if self.rules.renews => None,
            CircuitState::HalfOpen => {
                self.probed.set(self.probed.get() + 1);
                let longest = self.rules.timeout.unwrap_or_default();
                Some(Probe {
                    round: stats.opened,
                    ends: now + longest.max(self.rules.recovery),
                })
            }
            state => panic!("{}: a body begins while {state}", self.rules.name),
        }
    }

    /// No more bodies and probes at the same time than are allowed.
    fn look(&self, now: Instant, round: Option<u64>) {
        let name = self.rules.name;
        let bodies: Vec<_> = self.live();
        if let Some(places) = self.rules.places {
            let counts = |body: &Body| body.ends.is_none_or(|ends| now < ends);
            let taken: usize = bodies.iter().map(|body| body.weight(&counts)).sum();
            assert!(taken <= places, "{name}: {taken} bodies at the same time");
        }
        if let Some(round) = round {
            let counts = |body: &Body| {
                let probe = body.probe.get().filter(|probe| probe.round == round);
                probe.is_some_and(|probe| now < probe.ends)
            };
            let probes: usize = bodies.iter().map(|body| body.weight(&counts)).sum();
            let most = self.rules.probes;
            assert!(probes <= most, "{name}: {probes} probes at the same time");
        }
    }

    fn live(&self) -> Vec<Rc<Body>> {
        live(&self.bodies)
    }

    /// Bodies that were not dropped.
    pub fn running(&self) -> usize {
        self.live().len()
    }

    fn learn(&self, lesson: Lesson) {
        let (calls, failures) = self.counted.get();
        self.counted.set(match lesson {
            Lesson::Success => (calls + 1, failures),
            Lesson::Failure => (calls + 1, failures + 1),
            Lesson::Nothing => (calls, failures),
        });
    }
}

fn live(list: &RefCell<Vec<Weak<Body>>>) -> Vec<Rc<Body>> {
    let mut list = list.borrow_mut();
    list.retain(|body| body.strong_count() > 0);
    list.iter().filter_map(Weak::upgrade).collect()
}

impl Body {
    fn is_of_one(&self, other: &Self) -> bool {
        let key = !self.shadow.rules.keyed || self.tenant == other.tenant;
        Rc::ptr_eq(&self.shadow, &other.shadow) && key
    }

    /// The body round it, however far, of the same service and key: it lends what it holds.
    fn lender(&self) -> Option<Rc<Self>> {
        let outwards = |body: &Rc<Self>| body.around.clone();
        let mut all = std::iter::successors(self.around.clone(), outwards);
        all.find(|body| self.is_of_one(body))
    }

    /// What it and the bodies inside of it need at least.
    fn weight(&self, counts: &dyn Fn(&Self) -> bool) -> usize {
        let inside = live(&self.inside);
        let needed: usize = inside.iter().map(|body| body.weight(counts)).sum();
        needed.max(usize::from(counts(self)))
    }

    /// It ends: with what its own server said, or with `Nothing` where its error is that of a call inside.
    pub fn end(&self, lesson: Lesson) {
        let reported = self.reported.get();
        if !reported {
            self.shadow.learn(lesson);
        }
        if (reported || lesson != Lesson::Nothing)
            && let Some(around) = self.lender()
        {
            around.reported.set(true);
        }
    }
}
