//! What a target learns of an attempt that has ended there.

use std::time::Duration;

use crate::call::Call;
use crate::call::attempt::Attempt;
use crate::clock::Moment;
use crate::targets::Candidate as _;
use crate::telemetry::Counter;
use crate::verdict::{Class, Reason, Verdict};

impl<'p> Attempt<'p> {
    /// Whether it is at one of several targets.
    #[inline]
    pub(in crate::call) fn is_at_target(&self) -> bool {
        self.core().pool.is_some()
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
        if let Some(pool) = &core.pool {
            pool.count(counter);
        }
    }

    /// Takes note of how long it took, where anybody wants to know.
    pub(in crate::call) fn took(&self, took: Duration) {
        let core = self.core();
        core.attempt_took(took);
        if let Some(pool) = &core.pool {
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
