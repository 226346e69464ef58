//! Where the next attempt of a call may go.

use std::sync::Arc;
use std::time::Duration;

use crate::call::Call;
use crate::call::failed_target::FailedTarget;
use crate::clock::Moment;
use crate::plan::{Plan, ServiceCore};
use crate::targets::{Candidate as _, Excluded, TargetSet};

impl Call<'_> {
    /// The targets at which attempts of the call have failed.
    fn failed_targets(&self) -> &[FailedTarget] {
        self.cold.as_ref().map_or(&[], |cold| &cold.failed_targets)
    }

    /// The places of these targets.
    pub(super) fn failed_among(&self, plans: &TargetSet<Plan>) -> Excluded {
        plans.of_services(|service| self.failed_targets().iter().any(|it| it.service == service))
    }

    /// Until when the call was asked to leave a target alone.
    fn asked_until(&self, plan: &Plan) -> Moment {
        let service = plan.service_address();
        let failed = self.failed_targets().iter();
        let failed = failed.filter(|it| it.service == service);
        failed.map(|it| it.asked_until).max().unwrap_or_default()
    }

    /// The places of the targets which the call was asked to leave alone.
    pub(super) fn asked_to_leave(&self, plans: &TargetSet<Plan>, now: Moment) -> Excluded {
        let asked = |it: &FailedTarget| it.asked_until > now;
        plans.of_services(|service| {
            let mut failed = self.failed_targets().iter();
            failed.any(|it| it.service == service && asked(it))
        })
    }

    /// When an attempt could begin at a target at the earliest; `None`: nobody knows.
    pub(super) fn earliest_at(&self, plan: &Plan, now: Moment) -> Option<Duration> {
        let open = open_for(plan, now)?;
        let token = if plan.rate_limit {
            let limiter = &plan.core.limiter;
            limiter.earliest(self.key, self.amount, self.priority, now)?
        } else {
            Duration::ZERO
        };
        Some(open.max(token).max(self.asked_until(plan).since(now)))
    }

    /// The service at which the last attempt has failed.
    pub(in crate::call) fn last_failed_at(&self) -> &ServiceCore {
        let last = self.failed_targets().last();
        let plans = last.zip(self.targets());
        let plan = plans.and_then(|(last, plans)| {
            let mut plans = plans.plans.iter();
            plans.find(|plan| plan.service_address() == last.service)
        });
        plan.map_or_else(|| self.core(), |plan| &plan.core)
    }

    /// Where the next attempt may go; `None`: the function has no targets.
    #[inline]
    pub(in crate::call) fn next_target(&self, now: Moment) -> Option<NextTarget> {
        if self.plan.has_targets {
            self.find_next_target(now)
        } else {
            None
        }
    }

    /// Keeps what the call began with at its targets.
    pub(super) fn keep_targets(&mut self, plans: &Arc<TargetSet<Plan>>) {
        let kept = &mut self.cold().targets;
        kept.get_or_insert_with(|| Arc::clone(plans));
    }

    /// What the call began with at its targets, once it has failed or was rejected.
    pub(in crate::call) fn targets(&self) -> Option<&TargetSet<Plan>> {
        self.cold.as_ref()?.targets.as_deref()
    }

    #[cold]
    fn find_next_target(&self, now: Moment) -> Option<NextTarget> {
        let plans = self.targets().filter(|plans| !plans.plans.is_empty())?;
        let failed = self.failed_among(plans);
        let earliest = |(_, plan): (usize, &Arc<Plan>)| self.earliest_at(plan, now);
        let targets = || plans.plans.iter().enumerate();
        // A call that finds no place there would come back to one that has failed, without a pause.
        let has_place = |plan: &Plan| {
            let bulkhead = &plan.core.bulkhead;
            let is_full = || bulkhead.in_flight() >= bulkhead.limit();
            plan.refusal.is_none()
                && (!plan.bulkhead || !is_full() || bulkhead.semaphore().is_shadow())
        };
        let others = targets().filter(|(index, it)| !failed.has(*index) && has_place(it));
        if others.filter_map(earliest).any(|wait| wait.is_zero()) {
            return Some(NextTarget::AnotherOne);
        }
        let soonest = targets().filter_map(earliest).min();
        let is_open = |plan: &Plan| open_for(plan, now).is_none_or(|open| !open.is_zero());
        Some(if targets().all(|(_, plan)| is_open(plan)) {
            NextTarget::AllOpen(soonest)
        } else {
            NextTarget::After(soonest)
        })
    }
}

/// How long the breaker of a target stays open. Zero: it is not; `None`: for good, until somebody closes it.
fn open_for(plan: &Plan, now: Moment) -> Option<Duration> {
    let breaker = &plan.core.breaker;
    match breaker.open_for(now) {
        _ if !plan.circuit => Some(Duration::ZERO),
        None if breaker.rejects_at(now) => None,
        open => Some(open.unwrap_or_default()),
    }
}

/// Where the next attempt of a call may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::call) enum NextTarget {
    /// To a target that has not failed in this call, at once.
    AnotherOne,
    /// To any of them, which all need so long; `None`: none will be there.
    After(Option<Duration>),
    /// To none: the breakers of all of them are open, the first of them for so long. For that no call waits.
    AllOpen(Option<Duration>),
}
