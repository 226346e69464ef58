//! Where the next attempt of a call may go.

use std::sync::Arc;
use std::time::Duration;

use crate::call::Call;
use crate::clock::Moment;
use crate::plan::Plan;
use crate::targets::TargetSet;

impl Call<'_> {
    /// The services of the targets at which attempts of the call have failed.
    pub(in crate::call) fn failed_targets(&self) -> &[usize] {
        self.cold.as_ref().map_or(&[], |cold| &cold.failed_targets)
    }

    /// When an attempt could begin at a target at the earliest; `None`: nobody knows.
    pub(super) fn earliest_at(&self, plan: &Plan, now: Moment) -> Option<Duration> {
        let open = match plan.core.breaker.open_for(now) {
            _ if !plan.circuit => Duration::ZERO,
            Some(open) => open,
            // It is open for good, until somebody closes it.
            None if plan.core.breaker.rejects_at(now) => return None,
            None => Duration::ZERO,
        };
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
        let failed = plans.of_services(self.failed_targets());
        let earliest = |(_, plan): (usize, &Arc<Plan>)| self.earliest_at(plan, now);
        let targets = || plans.plans.iter().enumerate();
        // A call that finds no place there would come back to one that has failed, without a pause.
        let has_place = |plan: &Plan| {
            let bulkhead = &plan.core.bulkhead;
            let is_full = || bulkhead.in_flight() >= bulkhead.limit();
            !plan.bulkhead
                || !plan.bulkhead_wait.is_zero()
                || !is_full()
                || bulkhead.semaphore().is_shadow()
        };
        let others = targets().filter(|(index, it)| !failed.has(*index) && has_place(it));
        if others.filter_map(earliest).any(|wait| wait.is_zero()) {
            return Some(NextTarget::AnotherOne);
        }
        Some(NextTarget::After(targets().filter_map(earliest).min()))
    }
}

/// Where the next attempt of a call may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::call) enum NextTarget {
    /// To a target that has not failed in this call, at once.
    AnotherOne,
    /// To any of them, which all need so long; `None`: none will be there.
    After(Option<Duration>),
}
