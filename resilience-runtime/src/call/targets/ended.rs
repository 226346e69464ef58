//! What a target learns of an attempt that has ended there.

use std::sync::Arc;
use std::time::Duration;

use crate::call::Call;
use crate::call::attempt::Attempt;
use crate::call::failed_target::FailedTarget;
use crate::clock::Moment;
use crate::plan::{Plan, ServiceCore};
use crate::targets::Candidate as _;
use crate::telemetry::Counter;
use crate::verdict::{Class, Reason, Verdict};

impl<'p> Attempt<'p> {
    /// Whether it is at one of several targets.
    #[inline]
    pub(in crate::call) fn is_at_target(&self) -> bool {
        // A call by hand at the service of a target is none of the pool's.
        self.plan.has_targets && self.core().pool.is_some()
    }

    /// The service whose target it is at.
    #[inline]
    fn pool(&self) -> Option<&'p ServiceCore> {
        let pool = self.core().pool.as_deref();
        pool.filter(|_| self.plan.has_targets)
    }

    /// What is told next of an attempt of the call is about this one's target.
    #[cold]
    pub(in crate::call) fn name_target(&self, call: &mut Call<'p>) {
        if self.is_at_target() {
            call.cold().named_target = Some(self.core().name.clone());
        }
    }

    /// Counts what happened to the attempt, for its target and for the service whose target that is.
    pub(in crate::call) fn count(&self, counter: Counter) {
        let core = self.core();
        core.count(counter);
        if let Some(pool) = self.pool() {
            pool.count(counter);
        }
    }

    /// Takes note of how long it took, where anybody wants to know.
    pub(in crate::call) fn took(&self, took: Duration) {
        let core = self.core();
        core.attempt_took(took);
        if let Some(pool) = self.pool() {
            pool.attempt_took(took);
            core.call_took(took);
        }
    }

    /// Its target has answered.
    #[cold]
    pub(in crate::call) fn target_answered(&self, call: &Call<'p>) {
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
    pub(in crate::call) fn target_failed(
        &self,
        call: &mut Call<'p>,
        verdict: Verdict,
        now: Moment,
    ) {
        let core = self.core();
        self.name_target(call);
        let is_quota = verdict.reason() == Some(Reason::QuotaExhausted);
        self.note_failed_target(call, verdict, now);
        core.count(Counter::Failed);
        if verdict.class() == Class::Permanent && !is_quota {
            // It lives.
            core.load.lives();
        } else {
            let timed_out = verdict.reason() == Some(Reason::TimedOut);
            let took = now.since(self.started);
            core.load.failed(timed_out.then_some(took), now);
        }
    }

    /// The call does not come back to it, nor to another target of the account whose quota is used up.
    fn note_failed_target(&self, call: &mut Call<'p>, verdict: Verdict, now: Moment) {
        let asked = verdict.retry_after();
        let asked_until = asked.map_or_else(Moment::default, |wait| now.after(wait));
        let mut services = vec![self.plan.service_address()];
        if verdict.reason() == Some(Reason::QuotaExhausted)
            && let Some(plans) = call.targets()
        {
            let limiter = &self.core().limiter;
            let of_account = |plan: &&Arc<Plan>| Arc::ptr_eq(&plan.core.limiter, limiter);
            let others = plans.plans.iter().filter(of_account);
            services.extend(others.map(|plan| plan.service_address()));
        }
        let failed = services.into_iter().map(|service| FailedTarget {
            service,
            asked_until,
        });
        call.cold().failed_targets.extend(failed);
    }
}
