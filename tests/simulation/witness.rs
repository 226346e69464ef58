//! One service as the harness sees it: what runs now, what began when, how everything ended; and what must
//! hold of that at any moment.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, Service, ServiceKind, ServiceStats};
use tokio::time::Instant;

use crate::functions::KEYS;
use crate::promise::Promise;
use crate::random::Random;
use crate::weather::Weather;

/// What the attributes of a service's functions say of what these share.
pub struct Rules {
    pub name: &'static str,
    pub kind: ServiceKind,
    pub limit: Option<fn() -> Promise>,
    /// Until when everything that was taken of the limit is back.
    pub refilled_after: Duration,
    pub max_concurrent: usize,
    pub half_open_max_calls: u32,
    pub success_threshold: u32,
    /// The longest pause of its breaker.
    pub longest_pause: Duration,
    /// The longest time that a body runs.
    pub timeout: Duration,
    /// `Some`: it throttles, and is parked so long at most.
    pub max_park: Option<Duration>,
    /// Billionths of a retry.
    pub budget: (u64, u64),
}

/// How things ended, counted from outside.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub successes: u64,
    pub failed: u64,
    pub deadlines: u64,
    pub by_circuit: u64,
    pub by_rate_limit: u64,
    pub by_bulkhead: u64,
    pub abandoned: u64,
    pub attempts: u64,
    pub retries: u64,
    pub transient: u64,
    pub outcome_unknown: u64,
    pub throttled: u64,
    pub permanent: u64,
    pub timeouts: u64,
    pub parked: u64,
    pub fallback_call: u64,
}

impl Tally {
    pub fn calls(&self) -> u64 {
        self.successes
            + self.failed
            + self.deadlines
            + self.by_circuit
            + self.by_rate_limit
            + self.by_bulkhead
            + self.abandoned
    }

    fn of(stats: &ServiceStats) -> Self {
        Self {
            successes: stats.successes,
            failed: stats.failed,
            deadlines: stats.deadlines,
            by_circuit: stats.rejections.circuit_breaker,
            by_rate_limit: stats.rejections.rate_limit,
            by_bulkhead: stats.rejections.bulkhead,
            abandoned: stats.abandoned,
            attempts: stats.attempts,
            retries: stats.retries,
            transient: stats.failures.transient,
            outcome_unknown: stats.failures.outcome_unknown,
            throttled: stats.failures.throttled,
            permanent: stats.failures.permanent,
            timeouts: stats.timeouts,
            parked: stats.parked,
            fallback_call: stats.fallbacks.call,
        }
    }
}

pub struct Witness {
    pub rules: Rules,
    registry: Registry,
    service: RefCell<Option<Arc<Service>>>,
    pub weather: RefCell<Weather>,
    pub tally: RefCell<Tally>,
    /// Bodies that run now.
    live: Cell<usize>,
    /// Probes of the current round that run now, and which round that is.
    probes: Cell<(u64, u32)>,
    promises: RefCell<HashMap<u32, Promise>>,
    /// Until when the server wants to be left alone by each key.
    parked_until: RefCell<HashMap<u32, Instant>>,
    /// What was spent of the retry budget and not paid back.
    spent: Cell<u64>,
    /// How often its breaker was seen half-open by a body that began.
    pub probed: Cell<u64>,
}

impl Witness {
    pub fn new(rules: Rules, registry: &Registry, random: Random) -> Rc<Self> {
        let weather = Weather::new(random, rules.timeout, rules.max_park.is_some());
        Rc::new(Self {
            rules,
            registry: registry.clone(),
            service: RefCell::default(),
            weather: RefCell::new(weather),
            tally: RefCell::default(),
            live: Cell::default(),
            probes: Cell::default(),
            promises: RefCell::default(),
            parked_until: RefCell::default(),
            spent: Cell::default(),
            probed: Cell::default(),
        })
    }

    pub fn service(&self) -> Arc<Service> {
        let mut service = self.service.borrow_mut();
        let found = service.get_or_insert_with(|| {
            let (name, kind) = (self.rules.name, self.rules.kind);
            self.registry.service(name, kind).unwrap()
        });
        Arc::clone(found)
    }

    pub fn count(&self, count: impl FnOnce(&mut Tally)) {
        count(&mut self.tally.borrow_mut());
    }

    /// Whether the limit lets a body of this key begin now.
    pub fn allows(&self, key: u32, cost: u32) -> bool {
        let Some(limit) = self.rules.limit else {
            return true;
        };
        let mut promises = self.promises.borrow_mut();
        promises.entry(key).or_insert_with(limit).allows(cost)
    }

    /// A body begins: `Some` with the round, if it is a probe.
    pub fn begin(&self, key: u32, cost: u32) -> Option<u64> {
        let name = self.rules.name;
        assert!(
            self.live.get() < self.rules.max_concurrent,
            "{name}: more at once than `max_concurrent`"
        );
        assert!(
            self.allows(key, cost),
            "{name}: more than the limit promises"
        );
        if let Some(promise) = self.promises.borrow_mut().get_mut(&key) {
            promise.begin(cost);
        }
        assert!(
            !self.is_parked(key),
            "{name}: a body begins while the server wants to be left alone"
        );
        self.live.set(self.live.get() + 1);
        let breaker = self.service().circuit_breaker();
        match breaker.state() {
            CircuitState::Closed => None,
            CircuitState::HalfOpen => {
                self.probed.set(self.probed.get() + 1);
                let round = breaker.stats().opened;
                let (known, probes) = self.probes.get();
                let probes = if known == round { probes + 1 } else { 1 };
                assert!(
                    probes <= self.rules.half_open_max_calls,
                    "{name}: more probes at once than `half_open_max_calls`"
                );
                self.probes.set((round, probes));
                Some(round)
            }
            state => panic!("{name}: a body begins while the circuit is {state}"),
        }
    }

    pub fn settle(&self, key: u32, reserved: u32, used: u32) {
        if let Some(promise) = self.promises.borrow_mut().get_mut(&key) {
            promise.settle(reserved, used);
        }
    }

    pub fn end(&self, probe: Option<u64>) {
        self.live.set(self.live.get() - 1);
        let (round, probes) = self.probes.get();
        if probe == Some(round) {
            self.probes.set((round, probes - 1));
        }
    }

    pub fn is_parked(&self, key: u32) -> bool {
        let until = self.parked_until.borrow().get(&key).copied();
        until.is_some_and(|until| Instant::now() < until)
    }

    pub fn park(&self, key: u32, asked: Option<Duration>) {
        if let (Some(asked), Some(longest)) = (asked, self.rules.max_park) {
            self.count(|tally| tally.parked += 1);
            let until = Instant::now() + asked.min(longest);
            let mut parked = self.parked_until.borrow_mut();
            let longest = parked.entry(key).or_insert(until);
            *longest = until.max(*longest);
        }
    }

    pub fn spend(&self) {
        self.spent.set(self.spent.get() + 1_000_000_000);
        assert!(self.spent.get() <= self.rules.budget.0, "an empty budget");
    }

    /// The retry that was paid for was not made.
    pub fn unspend(&self) {
        self.spent
            .set(self.spent.get().saturating_sub(1_000_000_000));
    }

    pub fn deposit(&self) {
        self.spent
            .set(self.spent.get().saturating_sub(self.rules.budget.1));
    }

    /// What the service says of itself is what was seen.
    pub fn compare(&self) {
        let name = self.rules.name;
        let stats = self.service().stats();
        let seen = *self.tally.borrow();
        let mut said = Tally::of(&stats);
        // It counts those that have ended.
        said.attempts += self.live.get() as u64;
        assert_eq!(said, seen, "{name}: its statistics");
        assert_eq!(stats.calls, seen.calls(), "{name}: calls");
        let left = (self.rules.budget.0 - self.spent.get()) as f64 / 1e9;
        assert!(
            (stats.retry_budget - left).abs() < 1e-6,
            "{name}: {} of the budget, not {left}",
            stats.retry_budget
        );
        if self.rules.max_concurrent < usize::MAX {
            assert!(stats.in_flight <= self.rules.max_concurrent);
        }
    }

    /// Nothing runs, and nothing is held.
    pub async fn at_rest(&self, keyed: bool) {
        let name = self.rules.name;
        self.compare();
        assert_eq!(self.live.get(), 0, "{name}: bodies");
        assert_eq!(self.service().stats().in_flight, 0, "{name}: bulkhead");
        let park = self.rules.max_park.unwrap_or_default();
        tokio::time::sleep(self.rules.refilled_after.max(park)).await;
        if let Some(limiter) = self.service().rate_limiter()
            && keyed
        {
            for key in 0..KEYS {
                let left = limiter.peek(&key);
                assert_eq!(left.remaining, left.limit, "{name}: tokens");
                assert_eq!(limiter.parked(&key), None, "{name}: parked");
            }
        }
    }
}
