//! The trace of one service: what runs now, what began when, how everything ended; and the invariants
//! that hold at any moment.

use std::cell::{Cell, Ref, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use resilience_runtime::{CircuitState, Registry, Service};
use tokio::time::Instant;

use crate::circuit::{Begun, Circuit, Lesson};
use crate::invariants::LimitInvariant;
use crate::outages::Outages;
use crate::random::Random;
use crate::rules::Rules;
use crate::services::KEYS;
use crate::tally::Tally;

pub struct Trace {
    /// The rules in the attributes of its functions.
    pub first: Rules,
    /// What holds now.
    rules: RefCell<Rules>,
    registry: Registry,
    service: RefCell<Option<Arc<Service>>>,
    pub outages: RefCell<Outages>,
    pub tally: RefCell<Tally>,
    /// Numbers what happens in it.
    happened: Cell<u64>,
    /// Everything is switched off: bodies run bare.
    pub bare: Cell<bool>,
    /// Calls that began so.
    pub bare_calls: Cell<u64>,
    /// Bodies that run now.
    live: Cell<usize>,
    /// Those of them that hold a permit.
    placed: RefCell<Vec<Instant>>,
    /// Permits of the bulkhead that may be in use: more than exist only for those acquired before a change.
    places: Cell<usize>,
    pub circuit: Circuit,
    invariants: RefCell<HashMap<u32, LimitInvariant>>,
    /// Until when the cooldown of each key lasts.
    cooldown_until: RefCell<HashMap<u32, Instant>>,
    /// How many calls of each key are between two attempts.
    between: RefCell<HashMap<u32, u32>>,
    /// What was spent of the retry budget and not paid back.
    spent: Cell<u64>,
    /// Answers out of a cache that may hide a call that failed.
    pub covered: Cell<u64>,
    /// How often its rules were changed.
    pub changed: Cell<u64>,
}

impl Trace {
    pub fn new(rules: Rules, registry: &Registry, random: Random) -> Rc<Self> {
        let outages = Outages::new(random, &rules);
        Rc::new(Self {
            places: Cell::new(rules.max_concurrent),
            first: rules.clone(),
            rules: RefCell::new(rules),
            registry: registry.clone(),
            service: RefCell::default(),
            outages: RefCell::new(outages),
            tally: RefCell::default(),
            happened: Cell::default(),
            bare: Cell::default(),
            bare_calls: Cell::default(),
            live: Cell::default(),
            placed: RefCell::default(),
            circuit: Circuit::default(),
            invariants: RefCell::default(),
            cooldown_until: RefCell::default(),
            between: RefCell::default(),
            spent: Cell::default(),
            covered: Cell::default(),
            changed: Cell::default(),
        })
    }

    pub fn rules(&self) -> Ref<'_, Rules> {
        self.rules.borrow()
    }

    pub fn name(&self) -> &'static str {
        self.rules().name
    }

    /// The next number.
    pub fn number(&self) -> u64 {
        self.happened.set(self.happened.get() + 1);
        self.happened.get()
    }

    pub fn service(&self) -> Arc<Service> {
        let mut service = self.service.borrow_mut();
        let found = service.get_or_insert_with(|| {
            let (name, kind) = (self.name(), self.rules().kind);
            self.registry.service(name, kind).unwrap()
        });
        Arc::clone(found)
    }

    pub fn count(&self, count: impl FnOnce(&mut Tally)) {
        count(&mut self.tally.borrow_mut());
    }

    /// Whether the limit lets a body of this key begin now.
    pub fn allows(&self, key: u32, cost: u32) -> bool {
        let Some(limit) = self.rules().limit else {
            return true;
        };
        let mut invariants = self.invariants.borrow_mut();
        let invariant = invariants.entry(key).or_insert_with(|| limit.invariant());
        invariant.allows(cost)
    }

    /// A body begins that nothing guards.
    pub fn begin_bare(&self) {
        self.live.set(self.live.get() + 1);
    }

    /// A body begins.
    pub fn begin(&self, key: u32, cost: u32, placed: Option<Instant>) -> Option<Begun> {
        let name = self.name();
        self.live.set(self.live.get() + 1);
        self.placed.borrow_mut().extend(placed);
        self.count_places();
        assert!(self.allows(key, cost), "{name}: more than the limit allows");
        if let Some(invariant) = self.invariants.borrow_mut().get_mut(&key) {
            invariant.begin(cost);
        }
        assert!(
            !self.is_cooling_down(key),
            "{name}: a body begins while the server wants to be left alone"
        );
        let breaker = self.service().circuit_breaker();
        self.circuit.begin(&breaker, &self.rules())
    }

    /// Each body has a place, until its time is over. Those beyond a limit that was lowered are not taken again once they are free.
    fn count_places(&self) {
        let limit = self.rules().max_concurrent;
        if limit == usize::MAX {
            return;
        }
        let taken = self.service().stats().in_flight;
        let name = self.name();
        let now = Instant::now();
        let counted = self
            .placed
            .borrow()
            .iter()
            .filter(|until| now < **until)
            .count();
        assert!(counted <= taken, "{name}: a body without a place");
        assert!(
            taken <= self.places.get(),
            "{name}: more at once than `max_concurrent`"
        );
        self.places.set(limit.max(taken));
    }

    /// Whether somebody may be turned away now, by the breaker or for want of a place.
    pub fn rejects(&self) -> bool {
        let stats = self.service().stats();
        !matches!(
            stats.circuit.state,
            CircuitState::Closed | CircuitState::Disabled
        ) || stats.in_flight >= self.rules().max_concurrent
    }

    pub fn settle(&self, key: u32, reserved: u32, used: u32) {
        if let Some(invariant) = self.invariants.borrow_mut().get_mut(&key) {
            invariant.settle(reserved, used);
        }
    }

    pub fn end(&self, begun: Option<&Begun>, placed: Option<Instant>, lesson: Lesson) {
        self.live.set(self.live.get() - 1);
        let mut all = self.placed.borrow_mut();
        if let Some(index) = all.iter().position(|until| Some(*until) == placed) {
            all.swap_remove(index);
        }
        drop(all);
        if let Some(begun) = begun {
            self.circuit.end(begun, lesson);
        }
    }

    /// Other rules hold from now on.
    pub fn change(&self, rules: Rules) {
        self.changed.set(self.changed.get() + 1);
        if let Some(limit) = rules.limit
            && self.rules().limit != Some(limit)
        {
            let mut invariants = self.invariants.borrow_mut();
            invariants.values_mut().for_each(|it| it.change(limit));
        }
        if let Some(longest) = rules.max_cooldown {
            let latest = Instant::now() + longest;
            let mut parked = self.cooldown_until.borrow_mut();
            parked.values_mut().for_each(|it| *it = latest.min(*it));
        }
        let stats = self.service().stats();
        self.places.set(rules.max_concurrent.max(stats.in_flight));
        self.circuit.excuse(&stats.circuit);
        self.spent.set(self.spent.get().min(rules.budget.0));
        *self.rules.borrow_mut() = rules;
    }

    pub fn between_attempts(&self, key: u32, between: bool) {
        let mut calls = self.between.borrow_mut();
        let count = calls.entry(key).or_default();
        *count = if between { *count + 1 } else { *count - 1 };
    }

    /// Whether any call waits for another attempt, perhaps in a line.
    pub fn anybody_between_attempts(&self, key: u32) -> bool {
        self.between
            .borrow()
            .get(&key)
            .is_some_and(|calls| *calls > 0)
    }

    pub fn is_cooling_down(&self, key: u32) -> bool {
        let until = self.cooldown_until.borrow().get(&key).copied();
        until.is_some_and(|until| Instant::now() < until)
    }

    pub fn park(&self, key: u32, asked: Option<Duration>) {
        if let (Some(asked), Some(longest)) = (asked, self.rules().max_cooldown) {
            self.count(|tally| tally.cooldowns += 1);
            let until = Instant::now() + asked.min(longest);
            let mut parked = self.cooldown_until.borrow_mut();
            let longest = parked.entry(key).or_insert(until);
            *longest = until.max(*longest);
        }
    }

    pub fn spend(&self) {
        self.spent.set(self.spent.get() + 1_000_000_000);
        assert!(self.spent.get() <= self.rules().budget.0, "an empty budget");
    }

    /// The retry that was paid for was not made.
    pub fn unspend(&self) {
        self.spent
            .set(self.spent.get().saturating_sub(1_000_000_000));
    }

    pub fn deposit(&self) {
        self.spent
            .set(self.spent.get().saturating_sub(self.rules().budget.1));
    }

    /// What the service says of itself is what was seen.
    pub fn compare(&self) {
        let name = self.name();
        let stats = self.service().stats();
        let seen = *self.tally.borrow();
        let mut said = Tally::of(&stats);
        // It counts those that have ended.
        said.attempts += self.live.get() as u64;
        // Of what a call failed that was answered from memory, nobody was told.
        let hidden = said.unanswered().checked_sub(seen.unanswered());
        let may_be_hidden = seen.fallback_cache..=seen.fallback_cache + self.covered.get();
        assert!(
            hidden.is_some_and(|hidden| may_be_hidden.contains(&hidden)),
            "{name}: {} were not answered, {hidden:?} of them hidden, not {may_be_hidden:?}",
            said.unanswered()
        );
        let hides = *may_be_hidden.end() > 0;
        let causes = |tally: Tally| if hides { tally.without_causes() } else { tally };
        let failed = causes(seen).failed + hidden.unwrap_or_default();
        let seen = Tally {
            failed,
            ..causes(seen)
        };
        assert_eq!(causes(said), seen, "{name}: its statistics");
        assert_eq!(stats.calls, seen.calls(), "{name}: calls");
        let left = (self.rules().budget.0 - self.spent.get()) as f64 / 1e9;
        assert!(
            (stats.retry_budget - left).abs() < 1e-6,
            "{name}: {} of the budget, not {left}",
            stats.retry_budget
        );
        self.count_places();
        self.circuit.compare(&stats.circuit, &self.rules());
    }

    /// Nothing runs, and nothing is held.
    pub async fn at_rest(&self, keyed: bool) {
        let name = self.name();
        self.compare();
        let stats = self.service().stats();
        assert_eq!(self.live.get(), 0, "{name}: bodies");
        assert_eq!(stats.in_flight, 0, "{name}: bulkhead");
        if stats.cache.misses > 0 {
            let loads = stats.cache.misses + stats.cache.refreshes + self.bare_calls.get();
            let waited_in_vain = self.tally.borrow().deadlines;
            assert!(
                (loads..=loads + waited_in_vain).contains(&stats.calls),
                "{name}: {loads} loads and {} calls",
                stats.calls
            );
        }
        let park = self.rules().max_cooldown.unwrap_or_default();
        let refilled = self.rules().refilled_after;
        tokio::time::sleep(refilled.max(park)).await;
        if let Some(limiter) = self.service().rate_limiter()
            && let Some(limit) = self.rules().limit
            && keyed
        {
            for key in 0..KEYS {
                let left = limiter.peek(&key);
                assert_eq!(left.limit, limit.capacity(), "{name}: the limit");
                assert_eq!(left.remaining, left.limit, "{name}: tokens");
                assert_eq!(limiter.cooldown(&key), None, "{name}: parked");
            }
        }
    }
}
