//! The permits of an attempt, and the gates that grant them.
//!
//! Every pattern that admits attempts is a [`Gate`] with the same three steps, so that the order in which they are
//! asked can be read in one place, [`AttemptPermits::acquire`].

mod gates;
mod held_up;
mod loans;
mod tokens;

use std::mem::ManuallyDrop;
use std::sync::Arc;

use super::Call;
use super::links::Links;
use super::load::Load;
use super::of_keys::OfKeys;
use super::rejection::Rejection;
use crate::bulkhead::{Bulkhead, Place};
use crate::circuit_breaker::{CircuitBreaker, Outcome as BreakerOutcome, Ticket};
use crate::clock::Moment;
use crate::plan::{Plan, ServiceCore};
use crate::poll_context::ScopeId;
use crate::rate_limit::{Amount, Grant, KeyHash, Unit};
use tokens::Tokens;

/// What an attempt holds of its service.
#[derive(Debug)]
pub(super) struct AttemptPermits {
    breaker: Option<Ticket>,
    rate_limit: Tokens,
    bulkhead: Place,
    links: Links,
    key: KeyHash,
    amount: Amount,
    /// What its permits are of, where that is not the service's own. Forgotten when it ends: the compiler would call a function
    /// for it also where it is empty.
    keys: ManuallyDrop<OfKeys>,
    /// After how many more items an injected fault breaks the stream off.
    #[cfg(feature = "test-util")]
    pub(super) breaks_after: Option<u32>,
}

/// Why an attempt cannot begin now.
#[derive(Clone, Copy, Debug)]
pub(super) enum Blocked {
    Rejected(Rejection),
    WaitFor(WaitFor),
    /// It passes the pattern in shadow, and is to be noted and to go on.
    InShadow(Rejection),
}

/// What an attempt waits for.
#[derive(Clone, Copy, Debug)]
pub(super) enum WaitFor {
    /// The end of a retry's backoff.
    Backoff(Moment),
    /// The rate limiter's queue.
    RateLimit,
    /// The bulkhead's queue.
    Bulkhead,
}

/// For whom a gate is asked.
struct Asked<'a, 'p> {
    call: &'a Call<'p>,
    /// What the attempt runs under: the call's, or its target's.
    plan: &'a Plan,
    now: Moment,
    /// That of the call's key, if it has one. Passed on, so that calls without keys need not look for it.
    breaker: &'a CircuitBreaker,
}

/// A pattern that admits attempts.
trait Gate {
    /// Acquires the permit, unless the attempt holds it or the plan does without.
    fn admit(permits: &mut AttemptPermits, asked: &Asked<'_, '_>) -> Result<(), Blocked>;

    /// Takes the permit back after the attempt ran.
    fn complete(permits: &mut AttemptPermits, core: &ServiceCore, end: &End<impl Fn() -> Moment>);

    /// Takes the permit back from an attempt that did not run.
    fn release_unused(permits: &mut AttemptPermits, plan: &Plan, now: Moment);
}

/// How an attempt ended.
struct End<N> {
    outcome: BreakerOutcome,
    load: Load,
    started: Moment,
    now: N,
}

struct BreakerGate;
struct RateLimitGate;
struct BulkheadGate;

impl<N: Fn() -> Moment> End<N> {
    /// Tells a limit that adapts itself. Not inlined: most are fixed.
    #[inline(never)]
    fn report_load(&self, bulkhead: &Bulkhead) {
        let now = (self.now)().max(self.started);
        if let Some(report) = self.load.report(self.started, now) {
            bulkhead.report(report, self.started, now);
        }
    }
}

impl AttemptPermits {
    /// Makes an empty set for an attempt that takes that amount from the limit of `key`.
    #[inline(always)]
    pub(super) const fn new(key: KeyHash, amount: Amount) -> Self {
        Self {
            breaker: None,
            rate_limit: Tokens::NONE,
            bulkhead: Place::None,
            links: Links::NONE,
            key,
            amount,
            keys: ManuallyDrop::new(OfKeys::NONE),
            #[cfg(feature = "test-util")]
            breaks_after: None,
        }
    }

    /// Moves the permits out.
    pub(super) fn take(&mut self) -> Self {
        let mut lasting = self.links.only(Links::LASTING);
        let taken = std::mem::replace(self, Self::new(self.key, self.amount));
        // Its target counts it until what was taken ends.
        lasting.set(Links::TARGET, false);
        self.links = lasting;
        taken
    }

    /// Acquires what is missing, in the order of the contract: an open circuit spends no token, a missing token no
    /// place in the bulkhead. Whatever blocks leaves the permits before it held.
    #[inline(always)]
    pub(super) fn acquire(
        &mut self,
        call: &Call<'_>,
        plan: &Plan,
        now: Moment,
    ) -> Result<(), Blocked> {
        let breaker = &*plan.core.breaker;
        self.acquire_of(&Asked {
            call,
            plan,
            now,
            breaker,
        })
    }

    /// As [`acquire`](Self::acquire), with what the keys of the call have to themselves, if it has any.
    pub(super) fn acquire_by_keys(
        &mut self,
        call: &Call<'_>,
        plan: &Plan,
        now: Moment,
    ) -> Result<(), Blocked> {
        let Some(keys) = call.keys() else {
            return self.acquire(call, plan, now);
        };
        self.links.add(Links::KEYED);
        let held = (self.breaker.is_some(), !self.bulkhead.is_none());
        self.keys.take(keys, &plan.core, held);
        self.acquire_of_keys(call, plan, now)
    }

    #[cold]
    #[inline(never)]
    fn acquire_of_keys(
        &mut self,
        call: &Call<'_>,
        plan: &Plan,
        now: Moment,
    ) -> Result<(), Blocked> {
        let breaker = &*Arc::clone(self.keys.breaker(&plan.core));
        self.acquire_of(&Asked {
            call,
            plan,
            now,
            breaker,
        })
    }

    #[inline(always)]
    fn acquire_of(&mut self, asked: &Asked<'_, '_>) -> Result<(), Blocked> {
        BreakerGate::admit(self, asked)?;
        RateLimitGate::admit(self, asked)?;
        BulkheadGate::admit(self, asked)
    }

    /// Returns every permit after the attempt ran.
    pub(super) fn complete(
        &mut self,
        core: &ServiceCore,
        (outcome, load): (BreakerOutcome, Load),
        started: Moment,
        now: impl Fn() -> Moment,
    ) {
        let end = End {
            outcome,
            load,
            started,
            now,
        };
        if self.links.any_borrowed() {
            self.complete_borrowed(core, &end);
        }
        BulkheadGate::complete(self, core, &end);
        RateLimitGate::complete(self, core, &end);
        BreakerGate::complete(self, core, &end);
        self.forget_keys(core);
    }

    /// It has ended: it holds nothing of its keys any longer, and has left its target.
    #[inline]
    pub(super) fn forget_keys(&mut self, core: &ServiceCore) {
        if self.links.has(Links::ENDS) {
            self.drop_keys(core);
        }
    }

    #[cold]
    #[inline(never)]
    fn drop_keys(&mut self, core: &ServiceCore) {
        if self.links.has(Links::TARGET) {
            self.links.set(Links::TARGET, false);
            core.load.end();
        }
        drop(std::mem::take(&mut *self.keys));
    }

    /// It is at one of several targets, which counts it until it ends.
    pub(super) fn set_target(&mut self) {
        self.links.add(Links::TARGET);
    }

    pub(super) fn bulkhead<'a>(&'a self, core: &'a ServiceCore) -> &'a Arc<Bulkhead> {
        self.keys.bulkhead(core)
    }

    pub(super) fn scope_id(&self, core: &ServiceCore) -> ScopeId {
        self.keys.scope_id(core, self.key)
    }

    /// Returns every permit of an attempt that does not run: it cost nothing.
    #[inline(never)]
    pub(super) fn release_unused(&mut self, plan: &Plan, now: Moment) {
        if self.links.any_borrowed() {
            self.give_back(&plan.core);
        }
        BulkheadGate::release_unused(self, plan, now);
        BreakerGate::release_unused(self, plan, now);
        RateLimitGate::release_unused(self, plan, now);
    }

    /// Returns the breaker's permit alone, before a wait: the breaker is asked again afterwards.
    pub(super) fn release_breaker(&mut self, plan: &Plan, now: Moment) {
        if self.links.any_borrowed() {
            self.give_back(&plan.core);
        }
        BreakerGate::release_unused(self, plan, now);
    }

    #[inline]
    pub(super) fn any_held(&self) -> bool {
        self.breaker.is_some() || self.rate_limit != Tokens::NONE || !self.bulkhead.is_none()
    }

    /// Whether it is a probe of a half-open breaker.
    pub(super) fn is_probe(&self) -> bool {
        self.breaker.is_some_and(|ticket| ticket.is_probe())
    }

    /// Whether a success has nobody to notify: the breaker would not change, and no other caller gets a place. Not to be relied
    /// on by an attempt with a key, which asks here a breaker that is not its own.
    #[inline(always)]
    pub(super) fn success_is_noop(&self, core: &ServiceCore) -> bool {
        self.bulkhead.is_none()
            && self
                .breaker
                .is_none_or(|ticket| core.breaker.success_is_noop(ticket))
    }

    /// If it is a probe, it has succeeded, although it goes on as a stream. Returns whether it is one.
    pub(super) fn probe_succeeded(&self, core: &ServiceCore, started: Moment) -> bool {
        let probe = self.breaker.filter(|ticket| ticket.is_probe());
        if let Some(ticket) = probe {
            let success = BreakerOutcome::Success;
            let breaker = self.keys.breaker(core);
            breaker.record(ticket, success, started, Moment::now);
        }
        probe.is_some()
    }

    /// After a wait: who passed the breaker in shadow is asked for again if it rejects by now.
    pub(super) fn ask_again_unless_shadow(&mut self, core: &ServiceCore) {
        let passes = |ticket: &Ticket| ticket.is_shadow();
        if self.breaker.as_ref().is_some_and(passes) && !self.keys.breaker(core).is_shadow() {
            self.breaker = None;
        }
    }

    /// The breaker has been told already how it ended.
    pub(super) fn forget_breaker(&mut self) {
        self.breaker = None;
    }

    /// Its cost was taken then; `None`: it passes in shadow.
    pub(super) fn set_rate_limit(&mut self, at: Option<Moment>) {
        self.rate_limit = at.map_or(Tokens::SHADOW, Tokens::taken);
    }

    pub(super) fn set_bulkhead(&mut self, place: Place) {
        self.bulkhead = place;
        self.links.add(Links::LENDS);
    }

    /// From `until` on its place no longer counts. To be called when its body is pending, not before.
    pub(super) fn limit_place(&mut self, core: &ServiceCore, until: Moment) {
        if !self.bulkhead.is_none() {
            let semaphore = self.keys.bulkhead(core).semaphore();
            self.bulkhead.limit(semaphore, until, Moment::now());
        }
    }

    /// Its place counts until it is released, if it still does.
    pub(super) fn keep_place(&mut self, core: &ServiceCore) {
        self.bulkhead.keep(self.keys.bulkhead(core).semaphore());
    }

    #[inline(always)]
    pub(super) fn holds_rate_limit(&self) -> bool {
        self.rate_limit.at().is_some()
    }

    /// What was taken of the rate limit, to be settled; the second time `None`.
    #[inline]
    pub(super) fn take_rate_limit(&mut self, unit: Unit) -> Option<Grant> {
        let at = self.rate_limit.at()?;
        self.rate_limit = Tokens::NONE;
        Some(Grant {
            key: self.key,
            amount: self.amount,
            at: Some(at),
            unit: Some(unit),
        })
    }

    /// Corrects the tokens that were taken of the rate limit to those that were used.
    #[cold]
    pub(super) fn settle_tokens(&mut self, core: &ServiceCore, used: Amount, started: Moment) {
        self.settle(core, (used, Unit::Tokens), started);
    }

    /// Corrects what was taken of the rate limit to what was used, in that unit.
    #[cold]
    pub(super) fn settle(
        &mut self,
        core: &ServiceCore,
        (used, unit): (Amount, Unit),
        started: Moment,
    ) {
        if let Some(grant) = self.take_rate_limit(unit) {
            let now = Moment::now().max(started);
            core.limiter.settle_grant(grant, used, now);
        }
    }

    /// What an attempt takes of the rate limit.
    pub(super) fn reserved(&self) -> Amount {
        self.amount
    }

    /// What was taken of the rate limit is spent.
    pub(super) fn spend_rate_limit(&mut self) {
        self.rate_limit = Tokens::NONE;
    }
}
