//! Which target an attempt goes to, and what becomes of one that none admits.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use pin_project_lite::pin_project;

use super::Places;
use crate::call::Call;
use crate::call::admission::Admit;
use crate::call::attempt::{Attempt, Phase};
use crate::call::permits::{Blocked, WaitFor};
use crate::call::rejection::Rejection;
use crate::clock::Moment;
use crate::plan::Plan;
use crate::targets::Excluded;
use crate::targets::TargetSet;

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
        let failed = call.failed_among(plans);
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
            // It would come back to one that has failed, without the pause that this one is due.
            if let Some(cold) = &mut *call.cold
                && let Some(backoff) = cold.backoff_else.take()
            {
                return Err(self.back_off(call, now.after(backoff)));
            }
            turned_away.by = turned_away.by.and(call.asked_to_leave(plans, now));
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
        // Why it was rejected is looked up by those that rejected it.
        call.keep_targets(plans);
        let rejection = turned_away.soonest.unwrap_or(Rejection::NoTarget);
        Err(Blocked::Rejected(rejection))
    }

    /// Waits before it is picked a target again.
    #[cold]
    fn back_off(&mut self, call: &mut Call<'p>, until: Moment) -> Blocked {
        self.plan = call.plan;
        if until >= call.deadline_at() {
            self.phase = Phase::Ended;
            return Blocked::Rejected(Rejection::Deadline);
        }
        self.phase = Phase::Waiting;
        call.cold().next_start = until;
        Blocked::WaitFor(WaitFor::Backoff(until))
    }

    /// As [`acquire_target`](Self::acquire_target), after the target that it waited at has turned it away. It does not wait a
    /// second time: `max_wait` is over where another one has none to give at once.
    #[cold]
    fn acquire_another(
        &mut self,
        call: &mut Call<'p>,
        places: Places<'p>,
        rejection: Rejection,
    ) -> Result<(), Rejection> {
        self.phase = Phase::Waiting;
        let acquired = self.acquire_target(call, places);
        acquired.map_err(|_| {
            self.plan = call.plan;
            self.phase = Phase::Ended;
            rejection
        })
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
                Err(Blocked::InShadow(rejection)) => {
                    self.name_target(call);
                    call.passes_in_shadow(rejection);
                }
                Err(blocked) => {
                    self.withdraw();
                    self.phase = Phase::Waiting;
                    return Err(blocked);
                }
            }
        }
    }

    /// As [`acquire_beside`](Self::acquire_beside), at a target that no attempt of the call is at or has failed at.
    pub(in crate::call) fn acquire_target_beside(
        &mut self,
        call: &mut Call<'p>,
        places: Places<'p>,
        running: &[&Plan],
    ) -> bool {
        let Places { plans, affinity } = places;
        let mut tried = call.failed_among(plans);
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
}

/// Who did not admit an attempt, and why.
#[derive(Default)]
struct TurnedAway {
    by: Excluded,
    /// The rejection that ends soonest.
    soonest: Option<Rejection>,
    /// Where it could wait, for how long, and behind how many.
    waits: Option<(usize, (Duration, f64))>,
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
                // What one target is configured with says something of the call only where all others say the same.
                let rank = |it: Rejection| {
                    let is_misconfigured = matches!(it, Rejection::InvalidConfig);
                    (is_misconfigured, it.retry_after().unwrap_or(Duration::MAX))
                };
                let sooner = |known: Rejection| rank(rejection) < rank(known);
                if self.soonest.is_none_or(sooner) {
                    self.soonest = Some(rejection);
                }
            }
            Blocked::WaitFor(_) | Blocked::InShadow(_) => {
                let plan = &plans.plans[index];
                let line = if plan.bulkhead {
                    plan.core.bulkhead.waiting_per_place()
                } else {
                    0.0
                };
                let wait = call.earliest_at(plan, now).unwrap_or(Duration::MAX);
                let wait = (wait, line);
                if self.waits.is_none_or(|(_, known)| wait < known) {
                    self.waits = Some((index, wait));
                }
            }
        }
    }
}

impl std::future::Future for AdmitTo<'_, '_> {
    type Output = Result<(), Rejection>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let at_pool = this.admit.as_mut().is_at_pool();
            let admitted = ready!(this.admit.as_mut().poll(cx));
            let (attempt, call) = this.admit.as_mut().parts();
            match admitted {
                Ok(()) if at_pool => {}
                Ok(()) => {
                    attempt.begin_at_target(call);
                    return Poll::Ready(Ok(()));
                }
                // Its target has shut while it waited there.
                Err(rejection) if !at_pool && rejection.is_by_gate() => {
                    return Poll::Ready(attempt.acquire_another(call, *this.places, rejection));
                }
                Err(rejection) => return Poll::Ready(Err(rejection)),
            }
            match attempt.acquire_target(call, *this.places) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(Blocked::Rejected(rejection)) => return Poll::Ready(Err(rejection)),
                Err(Blocked::WaitFor(_) | Blocked::InShadow(_)) => {}
            }
        }
    }
}

impl fmt::Debug for AdmitTo<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AdmitTo").finish_non_exhaustive()
    }
}
