//! The targets of a call: which one each of its attempts goes to.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Call;
use super::admission::Admit;
use super::attempt::{Attempt, Phase};
use super::permits::{Blocked, WaitFor};
use super::rejection::Rejection;
use crate::clock::Moment;
use crate::config::ConfigError;
use crate::plan::{Function, Plan, PlanRef, Site};
use crate::registry::Registry;
use crate::targets::{Candidate as _, Excluded, Snapshot, TargetPool, TargetSet};
use crate::telemetry::Counter;
use crate::verdict::{Class, Reason, Verdict};

/// The targets that a call began with.
pub struct Targets<T> {
    snapshot: Option<Arc<Snapshot<T>>>,
    plans: Arc<TargetSet<Plan>>,
    affinity: Option<u64>,
}

/// What a pick needs to know of them, whatever they are.
#[derive(Clone, Copy)]
pub struct Places<'p> {
    pub(super) plans: &'p TargetSet<Plan>,
    affinity: Option<u64>,
}

impl<T> Targets<T> {
    /// Returns the targets of a pool, with what runs for the function at each.
    pub fn new(
        plan: &PlanRef,
        pool: &TargetPool<T>,
        site: &'static Site,
        function: &'static Function,
        registry: Option<&Registry>,
    ) -> Self {
        let (plan, snapshot) = (plan.plan(), pool.snapshot());
        let version = snapshot.as_ref().map_or(0, |it| it.version());
        let find = |registry: &Registry| {
            let epoch = registry.epoch();
            let known = plan.targets.load();
            match &*known {
                Some(plans) if plans.version == version && plans.epoch == epoch => {
                    Arc::clone(plans)
                }
                _ => {
                    let view = snapshot.as_ref().map(|it| it.view());
                    registry.make_targets(plan, &view.unwrap_or_default(), site, function)
                }
            }
        };
        let plans = match registry {
            Some(registry) => find(registry),
            None => Registry::with_current(find),
        };
        Self {
            snapshot,
            plans,
            affinity: None,
        }
    }

    /// Sets the key whose calls go to the same target as long as that is there.
    pub fn affinity<K: Hash + ?Sized>(targets: &mut Self, key: &K) {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        targets.affinity = Some(hasher.finish());
    }

    /// What a pick needs to know of them.
    #[must_use]
    pub fn places(targets: &Self) -> Places<'_> {
        Places {
            plans: &targets.plans,
            affinity: targets.affinity,
        }
    }

    /// The target of an attempt.
    #[must_use]
    pub fn borrowed<'a>(targets: &'a Self, attempt: &Attempt<'_>) -> &'a T {
        targets.value_of(attempt)
    }

    /// The target of an attempt, for what outlives the call.
    #[must_use]
    pub fn shared(targets: &Self, attempt: &Attempt<'_>) -> Arc<T> {
        Arc::clone(targets.value_of(attempt))
    }

    fn value_of(&self, attempt: &Attempt<'_>) -> &Arc<T> {
        let index = self.plans.index_of(attempt.plan);
        let snapshot = self.snapshot.as_ref().zip(index);
        let (snapshot, index) = snapshot.expect("an attempt that was admitted has a target");
        snapshot.value(index)
    }
}

pin_project! {
    /// The future of [`Attempt::admit_to`].
    #[must_use = "futures do nothing unless polled"]
    pub struct AdmitTo<'a, 'p> {
        #[pin]
        admit: Admit<'a, 'p>,
        places: Places<'p>,
    }
}

impl<'p> Attempt<'p> {
    /// As [`admit_now`](Self::admit_now), at one of several targets.
    #[inline(never)]
    pub fn admit_to_now(
        attempt: &mut Self,
        call: &mut Call<'p>,
        places: Places<'p>,
    ) -> Option<Result<(), Rejection>> {
        call.decide_span();
        let acquired = match attempt.acquire(call) {
            Ok(()) => attempt.acquire_target(call, places),
            blocked => blocked,
        };
        match acquired {
            Ok(()) => Some(Ok(())),
            Err(Blocked::Rejected(rejection)) => Some(Err(rejection)),
            Err(Blocked::WaitFor(_) | Blocked::InShadow(_)) => None,
        }
    }

    /// As [`admit`](Self::admit), at one of several targets.
    pub fn admit_to<'a>(
        attempt: &'a mut Self,
        call: &'a mut Call<'p>,
        places: Places<'p>,
    ) -> AdmitTo<'a, 'p> {
        AdmitTo {
            admit: Self::admit_uncounted(attempt, call),
            places,
        }
    }

    /// Picks a target that admits the attempt. Those that have failed in this call come last. `WaitFor`: all that could are
    /// waited for, and this is the one where that takes least.
    fn acquire_target(&mut self, call: &mut Call<'p>, places: Places<'p>) -> Result<(), Blocked> {
        let Places { plans, affinity } = places;
        let now = self.started;
        let failed = plans.of_services(call.failed_targets());
        let mut turned_away = TurnedAway::default();
        for tried in [failed, Excluded::default()] {
            let mut tried = tried.and(turned_away.by);
            while let Some(index) = plans.pick(tried, affinity, now) {
                match self.acquire_at(call, &plans.plans[index]) {
                    Ok(()) => return Ok(()),
                    Err(blocked) => turned_away.add(call, index, blocked, plans, now),
                }
                tried.add(index);
            }
            if failed.is_empty() {
                break;
            }
        }
        // Those that are shut say for how long.
        for (index, plan) in plans.plans.iter().enumerate() {
            if !turned_away.by.has(index) {
                match self.acquire_at(call, plan) {
                    Ok(()) => return Ok(()),
                    Err(blocked) => turned_away.add(call, index, blocked, plans, now),
                }
            }
        }
        if let Some((index, _)) = turned_away.waits {
            self.plan = &plans.plans[index];
            return Err(Blocked::WaitFor(WaitFor::RateLimit));
        }
        self.plan = call.plan;
        self.phase = Phase::Ended;
        let rejection = turned_away.soonest.unwrap_or(Rejection::NoTarget);
        Err(Blocked::Rejected(rejection))
    }

    /// Acquires every permit at one target, or none.
    fn acquire_at(&mut self, call: &mut Call<'p>, plan: &'p Plan) -> Result<(), Blocked> {
        self.plan = plan;
        loop {
            match self.acquire(call) {
                Ok(()) => {
                    self.begin_at_target(call);
                    return Ok(());
                }
                Err(Blocked::InShadow(rejection)) => call.passes_in_shadow(rejection),
                Err(blocked) => {
                    self.release_unused();
                    self.permits.forget_keys(&plan.core);
                    self.phase = Phase::Waiting;
                    return Err(blocked);
                }
            }
        }
    }

    /// As [`acquire_beside`](Self::acquire_beside), at a target that no attempt of the call is at or has failed at.
    pub(super) fn acquire_target_beside(
        &mut self,
        call: &mut Call<'p>,
        places: Places<'p>,
        running: &[&Plan],
    ) -> bool {
        let Places { plans, affinity } = places;
        let mut tried = plans.of_services(call.failed_targets());
        for plan in running {
            plans
                .index_of(plan)
                .into_iter()
                .for_each(|at| tried.add(at));
        }
        while let Some(index) = plans.pick(tried, affinity, self.started) {
            self.plan = &plans.plans[index];
            if self.acquire_beside(call) {
                self.enter_target();
                return true;
            }
            self.phase = Phase::Waiting;
            tried.add(index);
        }
        self.phase = Phase::Ended;
        false
    }

    fn begin_at_target(&mut self, call: &mut Call<'p>) {
        call.begin_attempt();
        self.enter_target();
    }

    fn enter_target(&mut self) {
        self.permits.set_target();
        self.core().load.begin();
    }

    /// Whether it is at one of several targets.
    #[inline]
    pub(super) fn is_at_target(&self) -> bool {
        self.core().pool.is_some()
    }

    /// Counts what happened to the attempt, for its target and for the service whose target that is.
    pub(super) fn count(&self, counter: Counter) {
        let core = self.core();
        core.count(counter);
        if let Some(pool) = &core.pool {
            pool.count(counter);
        }
    }

    /// Takes note of how long it took, where anybody wants to know.
    pub(super) fn took(&self, took: Duration) {
        let core = self.core();
        core.attempt_took(took);
        if let Some(pool) = &core.pool {
            pool.attempt_took(took);
            core.call_took(took);
        }
    }

    /// Its target has answered.
    #[cold]
    pub(super) fn target_answered(&self, call: &Call<'p>) {
        if self.is_at_target() {
            if call.plan.budget {
                call.core().budget.deposit();
            }
            let now = Moment::now().max(self.started);
            let (core, took) = (self.core(), now.since(self.started));
            core.count(Counter::Succeeded);
            core.load.answered(took, now);
            if core.is_watched() {
                core.attempt_took(took);
                core.call_took(took);
            }
        }
    }

    /// It has failed at its target, to which the call does not come back while there are others.
    #[cold]
    pub(super) fn target_failed(&self, call: &mut Call<'p>, verdict: Verdict, now: Moment) {
        if !self.is_at_target() {
            return;
        }
        let core = self.core();
        call.cold().failed_targets.push(self.plan.service_address());
        core.count(Counter::Failed);
        let is_quota = verdict.reason() == Some(Reason::QuotaExhausted);
        if verdict.class() != Class::Permanent || is_quota {
            let timed_out = verdict.reason() == Some(Reason::TimedOut);
            let took = now.since(self.started);
            core.load.failed(timed_out.then_some(took), now);
        }
    }
}

/// Who did not admit an attempt, and why.
#[derive(Default)]
struct TurnedAway {
    by: Excluded,
    /// The rejection that ends soonest.
    soonest: Option<Rejection>,
    /// Where it could wait, and for how long.
    waits: Option<(usize, Duration)>,
}

impl TurnedAway {
    fn add(
        &mut self,
        call: &Call<'_>,
        index: usize,
        blocked: Blocked,
        plans: &TargetSet<Plan>,
        now: Moment,
    ) {
        self.by.add(index);
        match blocked {
            Blocked::Rejected(rejection) => {
                let longest = |it: Rejection| it.retry_after().unwrap_or(Duration::MAX);
                let sooner = |known: Rejection| longest(rejection) < longest(known);
                if self.soonest.is_none_or(sooner) {
                    self.soonest = Some(rejection);
                }
            }
            Blocked::WaitFor(_) | Blocked::InShadow(_) => {
                let plan = &plans.plans[index];
                let wait = call.earliest_at(plan, now).unwrap_or(Duration::MAX);
                if self.waits.is_none_or(|(_, known)| wait < known) {
                    self.waits = Some((index, wait));
                }
            }
        }
    }
}

impl Call<'_> {
    /// The services of the targets at which attempts of the call have failed.
    pub(super) fn failed_targets(&self) -> &[usize] {
        self.cold.as_ref().map_or(&[], |cold| &cold.failed_targets)
    }

    /// Why the first target that cannot run does not.
    pub(super) fn refusal_of_targets(&self) -> Option<ConfigError> {
        let targets = self.plan.targets.load();
        let mut plans = targets.as_ref()?.plans.iter();
        plans.find_map(|plan| plan.refusal.clone())
    }

    /// When an attempt could begin at a target at the earliest; `None`: nobody knows.
    fn earliest_at(&self, plan: &Plan, now: Moment) -> Option<Duration> {
        let open = plan.circuit.then(|| plan.core.breaker.open_for(now));
        let open = open.flatten().unwrap_or_default();
        let token = if plan.rate_limit {
            let limiter = &plan.core.limiter;
            limiter.earliest(self.key, self.amount, self.priority, now)?
        } else {
            Duration::ZERO
        };
        Some(open.max(token))
    }

    /// Where the next attempt may go; `None`: the function has no targets.
    #[inline]
    pub(super) fn next_target(&self, now: Moment) -> Option<NextTarget> {
        if self.plan.has_targets {
            self.find_next_target(now)
        } else {
            None
        }
    }

    #[cold]
    fn find_next_target(&self, now: Moment) -> Option<NextTarget> {
        let plans = self.plan.targets.load();
        let plans = plans.as_ref().filter(|plans| !plans.plans.is_empty())?;
        let failed = plans.of_services(self.failed_targets());
        let earliest = |(_, plan): (usize, &Arc<Plan>)| self.earliest_at(plan, now);
        let targets = || plans.plans.iter().enumerate();
        let others = targets().filter(|(index, _)| !failed.has(*index));
        if others.filter_map(earliest).any(|wait| wait.is_zero()) {
            return Some(NextTarget::AnotherOne);
        }
        Some(NextTarget::After(targets().filter_map(earliest).min()))
    }
}

/// Where the next attempt of a call may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextTarget {
    /// To a target that has not failed in this call, at once.
    AnotherOne,
    /// To any of them, which all need so long.
    After(Option<Duration>),
}

impl std::future::Future for AdmitTo<'_, '_> {
    type Output = Result<(), Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let at_pool = this.admit.as_mut().is_at_pool();
            ready!(this.admit.as_mut().poll(cx))?;
            let (attempt, call) = this.admit.as_mut().parts();
            if !at_pool {
                attempt.begin_at_target(call);
                return Poll::Ready(Ok(()));
            }
            match attempt.acquire_target(call, *this.places) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(Blocked::Rejected(rejection)) => return Poll::Ready(Err(rejection)),
                Err(Blocked::WaitFor(_) | Blocked::InShadow(_)) => {}
            }
        }
    }
}

impl<T> fmt::Debug for Targets<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Targets").finish_non_exhaustive()
    }
}

impl fmt::Debug for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Places").finish_non_exhaustive()
    }
}

impl fmt::Debug for AdmitTo<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmitTo").finish_non_exhaustive()
    }
}
