//! One guarded call, from outside in: cache → fallback → deadline → retry → per attempt: breaker → rate
//! limiter → bulkhead → timeout → body. This is the only place that knows this order.
//!
//! The macro and the calls by hand drive the same steps: [`Call::start`], then for each attempt
//! [`Call::admit`](admit), [`Call::run`](run) and [`Call::settle`](settle), then perhaps a
//! [`rescue`](rescue); before and after an attempt perhaps [`reconnect`](mod@reconnect) and
//! [`verify`](mod@verify), and [`read_through`](read_through) round all of it. What a step decides is decided
//! in functions that are not generic.

pub(crate) mod admit;
mod by_hand;
mod companion;
mod decide;
mod hold;
#[cfg(feature = "test-util")]
mod interfere;
mod outcome;
pub(crate) mod read_through;
mod reconnect;
mod refusal;
pub(crate) mod rescue;
pub(crate) mod run;
pub(crate) mod settle;
pub mod stream;
mod tell;
pub(crate) mod tokens;
pub mod unasked;
mod verify;

use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::fallback::FailureCause;
use crate::name::ServiceName;
use crate::plan::{Function, Plan, PlanRef, ServiceCore, Site};
use crate::poll_context::{self, Hint};
use crate::rate_limit::KeyHash;
use crate::registry::Registry;
use crate::service::Service;
use crate::telemetry::Counter;
use crate::verdict::ToolSafety;

use hold::Hold;
use outcome::Cut;
use refusal::Refusal;
use tell::Aside;

pub use by_hand::ServiceWithFallback;
pub use companion::{Reconnected, Verified, companion};
pub use outcome::{CloneForRetry, Outcome, ok_is_ok};

/// One guarded call. Everything that it holds is given back when it is dropped, wherever that happens.
pub struct Call {
    plan: PlanRef,
    started: Moment,
    /// The last reading of the clock: when the running attempt began.
    now: Moment,
    deadline_at: Moment,
    /// When the next attempt may begin.
    not_before: Moment,
    /// In nanoseconds.
    previous_delay: u64,
    key: KeyHash,
    cost: u32,
    /// In bytes, so that it asks for no alignment.
    cache_key: [u8; 16],
    attempt: u32,
    hold: Hold,
    /// The error that is leaving the body was already given up on inside.
    given_up_inside: bool,
    timed_out_before: bool,
    /// The budget has been charged for a retry that has not begun.
    paid: bool,
    ended: bool,
    cause: Option<FailureCause>,
    pushback: Option<Pushback>,
    /// What `safety` says of a repetition; otherwise the function's idempotence does.
    repeatable: Option<bool>,
    /// The attempt, whatever its error says, did not take effect.
    not_executed: bool,
    /// This call has renewed the session itself.
    reconnected: bool,
    /// The session that the running attempt began with.
    session: u32,
    refusal: Option<Refusal>,
    /// Why the attempt that just ended did so before its body.
    cut: Option<Cut>,
    /// What the body said of the server in the running attempt.
    hint: Option<Box<Hint>>,
    /// Whether it was looked at who listens.
    announced: bool,
    aside: Option<Box<Aside>>,
}

/// What a fallback of its own may answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pushback {
    ContextTooLarge,
    Throttled,
}

impl Call {
    /// Begins a call of an annotated function. Asks the registry only if it has changed since the
    /// site's last call.
    #[must_use]
    pub fn start(
        site: &'static Site,
        function: &'static Function,
        registry: Option<&Registry>,
    ) -> Self {
        match registry {
            Some(registry) => Self::start_in(registry, site, function),
            None => Registry::with_current(|registry| Self::start_in(registry, site, function)),
        }
    }

    #[inline(always)]
    fn start_in(registry: &Registry, site: &'static Site, function: &'static Function) -> Self {
        match registry.plan_of(site, function) {
            PlanRef::Kept(plan) => {
                let now = Moment::now();
                Self::new(PlanRef::Kept(plan), now, plan.until_deadline)
            }
            shared => Self::with_plan(shared),
        }
    }

    /// Begins a call by hand.
    pub(crate) fn by_hand(service: &Service) -> Self {
        Self::with_plan(PlanRef::Shared(service.plan.load()))
    }

    #[inline(never)]
    fn with_plan(plan: PlanRef) -> Self {
        let (now, until_deadline) = (Moment::now(), plan.until_deadline);
        Self::new(plan, now, until_deadline)
    }

    /// Nothing in here can panic, so that the plan need not be kept anywhere to be dropped then.
    #[inline(always)]
    fn new(plan: PlanRef, now: Moment, until_deadline: u64) -> Self {
        Self {
            plan,
            started: now,
            now,
            deadline_at: Moment(now.0.saturating_add(until_deadline)),
            not_before: Moment::default(),
            previous_delay: 0,
            key: KeyHash::NONE,
            cost: 1,
            cache_key: [0; 16],
            attempt: 0,
            hold: Hold::default(),
            given_up_inside: false,
            timed_out_before: false,
            paid: false,
            ended: false,
            cause: None,
            pushback: None,
            repeatable: None,
            not_executed: false,
            reconnected: false,
            session: 0,
            refusal: None,
            cut: None,
            hint: None,
            announced: false,
            aside: None,
        }
    }

    /// The rate limit's key.
    pub fn key<K: Hash + ?Sized>(call: &mut Self, key: &K) {
        call.key = call.core().limiter.hash_key(key);
    }

    /// What the call costs of the rate limit.
    pub fn cost(call: &mut Self, cost: u32) {
        // Beside tokens each call is a request, whatever the estimate.
        call.cost = cost.max(u32::from(call.plan().counts_tokens));
    }

    /// The key of the last good answer.
    pub fn cache_key<K: Hash + ?Sized>(call: &mut Self, key: &K) {
        if let Some(last_good) = &call.plan().function.last_good {
            call.cache_key = last_good.hash(key).to_ne_bytes();
        }
    }

    /// Whether the call may be repeated where it may have taken effect.
    pub fn safety(call: &mut Self, safety: impl Into<ToolSafety>) {
        call.repeatable = Some(safety.into().may_repeat());
    }

    fn last_good_key(&self) -> u128 {
        u128::from_ne_bytes(self.cache_key)
    }

    #[inline]
    fn plan(&self) -> &Plan {
        &self.plan
    }

    #[inline]
    fn core(&self) -> &Arc<ServiceCore> {
        &self.plan().core
    }

    /// The service's name for an error.
    fn service(&self) -> ServiceName {
        self.plan().function.service.clone()
    }

    #[inline]
    fn count(&self, counter: Counter) {
        self.core().count(counter);
    }

    /// A retry that was paid for will not be made.
    fn unpay(&mut self) {
        if std::mem::take(&mut self.paid) {
            self.core().budget.refund();
        }
    }

    /// The caller went away, or the body panicked.
    #[cold]
    fn abandon(&mut self) {
        if self.hold.running {
            self.count(Counter::AttemptAbandoned);
            self.release(BreakerOutcome::Abandoned, Moment::now);
        } else {
            self.hand_back();
            self.unpay();
        }
        self.end(Counter::Abandoned);
    }

    /// The last word: nothing more will be tried.
    #[inline(always)]
    fn end(&mut self, end: Counter) {
        let core = self.core();
        core.count(end);
        if core.is_watched() {
            self.tell_end(end, Moment::now().max(self.now));
        }
        self.ended = true;
    }

    /// As [`end`](Self::end), with an error. A success says nothing of one that somebody else gave up on in the same poll.
    fn end_in_vain(&mut self, end: Counter, cause: FailureCause, given_up: bool) {
        self.end(end);
        self.cause = Some(cause);
        poll_context::mark(given_up);
    }
}

impl Drop for Call {
    #[inline]
    fn drop(&mut self) {
        if !self.ended {
            self.abandon();
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("service", &self.core().name)
            .field("function", &self.plan().function.name)
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}
