//! One guarded call, from outside in: cache → fallback → deadline → retry → per attempt: breaker → rate
//! limiter → bulkhead → timeout → body. This is the only folder that knows this order.
//!
//! A [`Call`] is what all attempts of one call share; an [`Attempt`] is one run of the body with the permits that
//! it holds. Neither borrows the other: each step borrows both for as long as it takes, so several attempts of one
//! call can be in flight.
//!
//! The macro and the manual calls drive the same steps:
//!
//! 1. [`Call::start`];
//! 2. for each attempt [`Attempt::admit_now`] or [`Attempt::admit`](admission), which may end in
//!    [`Call::reject`](rejection), then [`Attempt::run`](run), then [`Call::check`](conclude) and, unless it was a
//!    success, [`Call::conclude`](conclude);
//! 3. perhaps a [`fallback`].
//!
//! With [`hedged`] attempts several of them run at once, and the step that runs one runs them all.
//!
//! The [`hooks`] `reconnect` and `verify` stand before and after an attempt, the read-through [`cache`] round all of
//! it. Whatever a step decides is decided in functions that are not generic, so it is compiled once.

#[cfg(feature = "test-util")]
mod active_fault;
pub(crate) mod admission;
mod arguments;
pub(crate) mod attempt;
pub(crate) mod cache;
pub(crate) mod cache_load;
#[cfg(any(feature = "reqwest-middleware", feature = "tower"))]
pub(crate) mod client;
mod cold_state;
pub(crate) mod conclude;
mod context;
mod ending;
mod events;
mod failed_attempt;
mod failed_target;
mod failure;
pub(crate) mod fallback;
#[cfg(feature = "test-util")]
mod fault;
pub(crate) mod hedged;
pub(crate) mod hooks;
mod keys;
mod links;
mod load;
mod manual;
mod nested;
mod of_keys;
mod outcome;
mod past;
mod permits;
#[cfg(all(test, not(resilience_loom)))]
mod race_tests;
pub(crate) mod rejection;
mod rejection_cause;
mod retry;
pub(crate) mod run;
#[cfg(all(test, not(resilience_loom)))]
mod shadow_tests;
pub mod stream;
pub(crate) mod targets;
pub(crate) mod usage;

use std::fmt;
use std::hash::Hash;
use std::mem::ManuallyDrop;

use crate::clock::Moment;
use crate::fallback::FailureCause;
use crate::instance::Instance;
use crate::name::ServiceName;
use crate::plan::{Function, Plan, PlanRef, ServiceCore, Site};
use crate::rate_limit::{Amount, CostOfCall, KeyHash, Priority};
use crate::registry::Registry;
use crate::retry::RetryHistory;
use crate::telemetry::Counter;
use crate::verdict::{ToolSafety, Verdict};

use cold_state::ColdState;
use failed_attempt::Pushback;
use past::{Began, Past};

pub use arguments::{CloneForHedge, CloneForRetry, Copied, original};
pub use attempt::Attempt;
pub use manual::ServiceWithFallback;
pub use outcome::Outcome;

/// What all attempts of one call share. Dropped before its end, the call was abandoned.
pub struct Call<'p> {
    plan: &'p Plan,
    started: Moment,
    /// The last reading of the clock outside of attempts; after a success, when its attempt began.
    now: Moment,
    key: KeyHash,
    amount: Amount,
    priority: Priority,
    /// The key of the last good answer, in bytes so that it asks for no alignment.
    cache_key: [u8; 16],
    /// Attempts that began.
    attempts: u32,
    /// Whether the body round the call had been pending before.
    began: Began,
    /// What happened to earlier attempts.
    past: Past,
    /// The budget was charged for a retry that has not begun.
    retry_charged: bool,
    /// The answer of the `safety` hook; without one the function's idempotence decides.
    repeatable: Option<bool>,
    span_decided: bool,
    ended: bool,
    failure: Option<FailureCause>,
    /// What the last attempt was answered that a fallback of its own may answer. An interruption after it keeps it.
    pushback: Option<Pushback>,
    /// Dropped by the call itself: the compiler would call a function for it also where it is `None`.
    cold: ManuallyDrop<Option<Box<ColdState>>>,
}

impl<'p> Call<'p> {
    /// Returns the plan of an annotated function. Asks the registry only if it has changed since the site's last call.
    #[must_use]
    #[inline(always)]
    pub fn plan(
        site: &'static Site,
        function: &'static Function,
        registry: Option<&Registry>,
    ) -> PlanRef {
        let find = |registry: &Registry| {
            let epoch = registry.epoch();
            match site.kept(epoch) {
                Some(plan) => PlanRef::kept(plan),
                None => registry.find_plan(site, function, epoch),
            }
        };
        match registry {
            Some(registry) => find(registry),
            None => Registry::with_current(find),
        }
    }

    /// Begins a call under a plan.
    #[must_use]
    #[inline(always)]
    pub fn start(plan: &'p PlanRef) -> Self {
        let (plan, now) = (plan.plan(), Moment::now());
        Self {
            plan,
            started: now,
            now,
            key: KeyHash::NONE,
            amount: Amount::DEFAULT,
            priority: Priority::Normal,
            cache_key: [0; 16],
            attempts: 0,
            began: Began::InThisPoll,
            past: Past::default(),
            retry_charged: false,
            repeatable: None,
            span_decided: false,
            ended: false,
            failure: None,
            pushback: None,
            cold: ManuallyDrop::new(None),
        }
    }

    /// Sets the rate limit's key.
    pub fn key<K: Hash + ?Sized>(call: &mut Self, key: &K) {
        call.key = call.core().limiter.hash_key(key);
    }

    /// Sets the key of the limits per key, beside which those of the service hold.
    pub fn per_key<K: Hash + ?Sized>(call: &mut Self, key: &K) {
        call.key = call.core().limiter.hash_per_key(key);
    }

    /// Sets what each attempt costs of the rate limit.
    pub fn cost(call: &mut Self, cost: impl CostOfCall) {
        call.amount = cost.amount();
        // Beside tokens each call is a request, whatever the estimate.
        if call.plan.counts_tokens && call.amount.is_nothing() {
            call.amount = Amount::units(1);
        }
    }

    /// Sets which of the calls that wait for a token come first.
    pub fn priority(call: &mut Self, priority: Priority) {
        call.priority = priority;
    }

    /// Sets the key of the last good answer, which no other instance of a generic function shares.
    pub fn cache_key<K: Hash + ?Sized>(call: &mut Self, key: &K, instance: Instance) {
        if let Some(last_good) = &call.plan.function.last_good {
            call.cache_key = last_good.key(key, instance).to_ne_bytes();
        }
    }

    /// Sets whether an attempt of unknown outcome may be repeated.
    pub fn safety(call: &mut Self, safety: impl Into<ToolSafety>) {
        call.repeatable = Some(safety.into().may_repeat());
    }

    /// Returns the end of the call's time. Computed, so that the future of a call is smaller.
    fn deadline_at(&self) -> Moment {
        let own = self.own_limits().deadline;
        self.started.later(own.unwrap_or(self.plan.until_deadline))
    }

    /// What its decisions on retries depend on.
    fn retries(&self) -> RetryHistory {
        self.cold
            .as_ref()
            .map_or(RetryHistory::NEW, |cold| cold.retries)
    }

    /// When the next attempt may begin.
    fn next_start(&self) -> Moment {
        self.cold
            .as_ref()
            .map_or_else(Moment::default, |cold| cold.next_start)
    }

    /// Whether more is to be known of an attempt that begins now than its plan says: it is not the first, or waited, or
    /// the call has state of its own.
    #[inline(always)]
    fn is_special(&self, now: Moment) -> bool {
        // One branch.
        let cold = self
            .cold
            .as_deref()
            .map_or(0, |cold| std::ptr::from_ref(cold).addr());
        (cold as u64 | u64::from(self.attempts) | (now.0 ^ self.started.0)) != 0
    }

    #[inline]
    fn core(&self) -> &'p ServiceCore {
        &self.plan.core
    }

    /// The service's name for an error.
    fn service(&self) -> ServiceName {
        self.plan.function.service.clone()
    }

    #[inline]
    fn count(&self, counter: Counter) {
        self.core().count(counter);
    }

    /// The budget gets back what was charged for a retry that will not be made.
    fn refund_retry(&mut self) {
        if std::mem::take(&mut self.retry_charged) {
            self.core().budget.refund();
        }
    }

    /// Records why an attempt failed, or none was made, for those who wait for the call's answer in a cache.
    #[inline]
    fn note_failure(&mut self, verdict: impl FnOnce() -> Verdict) {
        if let Some(cold) = &mut *self.cold
            && let Some(load) = &mut cold.load
        {
            load.note_failure(verdict());
        }
    }

    /// Ends the call: nothing more will be attempted.
    #[inline(always)]
    fn end(&mut self, end: Counter) {
        self.end_from(end, self.now);
    }

    /// As [`end`](Self::end), by an attempt that began at `started`.
    #[inline(always)]
    fn end_from(&mut self, end: Counter, started: Moment) {
        let core = self.core();
        core.count(end);
        if core.is_watched() {
            self.now = started;
            self.emit_end(end, Moment::now().max(started));
        }
        self.ended = true;
    }

    /// As [`end`](Self::end), with an error.
    fn end_failed(&mut self, end: Counter, cause: FailureCause) {
        self.end(end);
        self.failure = Some(cause);
    }

    /// The part of a drop that few calls need.
    #[cold]
    fn drop_cold(&mut self) {
        if !self.ended {
            // First, so that waiters get another leader even if a subscriber panics.
            let _load = self.cold.as_mut().and_then(|cold| cold.load.take());
            self.refund_retry();
            self.end(Counter::Abandoned);
        }
        if let Some(cold) = self.cold.take() {
            ColdState::recycle(cold);
        }
    }
}

impl Drop for Call<'_> {
    /// One branch and one call of a function, because it stands at every way out of an annotated function.
    #[inline]
    fn drop(&mut self) {
        if !self.ended || self.cold.is_some() {
            self.drop_cold();
        }
    }
}

impl fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("service", &self.core().name)
            .field("function", &self.plan.function.name)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
