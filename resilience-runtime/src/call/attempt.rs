//! One attempt: its permits, from its admission to its end.

use std::fmt;
use std::mem::ManuallyDrop;

use super::Call;
#[cfg(feature = "test-util")]
use super::active_fault::ActiveFault;
use super::load::Load;
use super::outcome::Outcome;
use super::permits::{AttemptPermits, Blocked, WaitFor};
use super::rejection::{Interruption, Rejection};
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::plan::{Plan, ServiceCore};
use crate::poll_context::Notes;
use crate::telemetry::Counter;

/// One run of the body and what it holds of the service. Dropped before its end, it was abandoned.
pub struct Attempt<'p> {
    pub(super) plan: &'p Plan,
    pub(super) permits: AttemptPermits,
    /// When its body began.
    pub(super) started: Moment,
    pub(super) phase: Phase,
    /// It had no effect, whatever its error is.
    pub(super) not_executed: bool,
    /// The session that it uses.
    pub(super) session: u32,
    /// A part of its time went into the renewal of that session.
    pub(super) renewed_session: bool,
    /// What was noted while its body was polled. Dropped by the attempt itself: the compiler would call a function for it also
    /// where it is `None`.
    pub(super) notes: ManuallyDrop<Option<Box<Notes>>>,
    #[cfg(feature = "test-util")]
    pub(super) fault: Option<Box<ActiveFault>>,
}

/// How far an attempt is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Its body has not been polled: whatever it holds is unused.
    Waiting,
    Running,
    /// It holds nothing that has to be returned.
    Ended,
}

impl<'p> Attempt<'p> {
    /// Makes the next attempt of a call. It holds nothing yet.
    #[must_use]
    #[inline(always)]
    pub fn new(call: &Call<'p>) -> Self {
        Self {
            plan: call.plan,
            permits: AttemptPermits::new(call.key, call.amount),
            started: call.now,
            phase: Phase::Waiting,
            not_executed: false,
            session: 0,
            renewed_session: false,
            notes: ManuallyDrop::new(None),
            #[cfg(feature = "test-util")]
            fault: None,
        }
    }

    #[inline]
    pub(super) fn core(&self) -> &'p ServiceCore {
        &self.plan.core
    }

    /// Admits the attempt or rejects it, where that can be decided at once, which is nearly always. `None`: it has to
    /// wait, or passes in shadow, see [`Attempt::admit`].
    #[inline(never)]
    pub fn admit_now(attempt: &mut Self, call: &mut Call<'p>) -> Option<Result<(), Rejection>> {
        call.decide_span();
        match attempt.acquire(call) {
            Ok(()) => {
                call.begin_attempt();
                Some(Ok(()))
            }
            Err(Blocked::Rejected(rejection)) => Some(Err(rejection)),
            Err(Blocked::WaitFor(_)) => None,
            Err(Blocked::InShadow(rejection)) => {
                call.passes_in_shadow(rejection);
                None
            }
        }
    }

    /// Acquires every permit that is missing. What the attempt has to wait for is only returned.
    #[inline(always)]
    pub(super) fn acquire(&mut self, call: &Call<'p>) -> Result<(), Blocked> {
        let acquired = self.acquire_in_order(call);
        if let Err(Blocked::Rejected(_)) = acquired {
            self.withdraw();
            self.phase = Phase::Ended;
        }
        acquired
    }

    /// The order of a call, as far as it is about attempts: configuration → backoff → deadline → breaker → rate limiter
    /// → bulkhead. The timeout and the body follow in [`run`](super::run).
    #[inline(always)]
    fn acquire_in_order(&mut self, call: &Call<'p>) -> Result<(), Blocked> {
        if self.plan.refusal.is_some() {
            return Err(Blocked::Rejected(Rejection::InvalidConfig));
        }
        if self.plan.is_unusual {
            if self.plan.bare {
                return Ok(());
            }
            self.permits.set_special();
        }
        // Neither a backoff nor the deadline can be in the way of a first attempt that begins at once.
        if call.is_special(self.started) {
            return self.acquire_in_time(call);
        }
        self.permits.acquire(call, self.plan, self.started)
    }

    /// What a first attempt without keys that begins at once need not ask for. Not inlined, so that those have less to carry.
    #[inline(never)]
    fn acquire_in_time(&mut self, call: &Call<'p>) -> Result<(), Blocked> {
        self.permits.set_special();
        self.in_time(call)?;
        self.permits.acquire_by_keys(call, self.plan, self.started)
    }

    fn in_time(&self, call: &Call<'p>) -> Result<(), Blocked> {
        let next_start = call.next_start();
        if self.started < next_start {
            return Err(Blocked::WaitFor(WaitFor::Backoff(next_start)));
        }
        if self.started >= call.deadline_at() {
            return Err(Blocked::Rejected(Rejection::Deadline));
        }
        Ok(())
    }

    /// Ends an attempt that ran, and with it every permit; the breaker learns the outcome.
    pub(super) fn complete(
        &mut self,
        outcome: BreakerOutcome,
        load: Load,
        now: impl Fn() -> Moment,
    ) {
        self.phase = Phase::Ended;
        let outcome = if self.permits.is_noted() {
            self.charge_reported_usage();
            self.report(outcome)
        } else {
            outcome
        };
        self.permits
            .complete(&self.plan.core, (outcome, load), self.started, now);
    }

    /// Returns what was acquired for an attempt that does not begin.
    #[inline(always)]
    pub(super) fn release_unused(&mut self) {
        if self.permits.any_held() {
            self.permits.release_unused(self.plan, self.started);
        }
    }

    /// Ends the attempt with a success, which is the call's. Compiled once, not into each annotated function.
    #[inline(never)]
    pub(super) fn succeed(&mut self, call: &mut Call<'p>) {
        let plan = self.plan;
        let core = &*plan.core;
        // An attempt with a key is linked as well.
        if self.permits.is_linked_to_others() || !self.permits.success_is_noop(core) {
            return self.succeed_with_effects(call);
        }
        if plan.budget {
            core.budget.deposit();
        }
        // What was taken of the rate limit is spent.
        self.phase = Phase::Ended;
        call.end_from(Counter::Succeeded, self.started);
    }

    #[inline(never)]
    fn succeed_with_effects(&mut self, call: &mut Call<'p>) {
        if self.plan.budget {
            self.core().budget.deposit();
        }
        if self.permits.is_told() {
            return self.succeed_and_tell(call);
        }
        self.complete(BreakerOutcome::Success, Load::Answered, Moment::now);
        call.end_from(Counter::Succeeded, self.started);
    }

    /// The same, of an attempt that is noted or at one of several targets.
    #[cold]
    fn succeed_and_tell(&mut self, call: &mut Call<'p>) {
        let noted = self.permits.is_noted();
        self.target_answered(call);
        self.complete(BreakerOutcome::Success, Load::Answered, Moment::now);
        if noted {
            let started = self.started;
            self.apply_server_hints(call, None, || Moment::now().max(started));
            call.forget_failures();
            self.drop_notes();
        }
        call.end_from(Counter::Succeeded, self.started);
    }

    /// The part of a drop that few attempts need. The notes last until what was reported in them is charged.
    #[cold]
    fn drop_cold(&mut self) {
        if self.phase != Phase::Ended {
            self.abandon();
        }
        self.notes.take();
    }

    /// The caller went away, or the body panicked.
    fn abandon(&mut self) {
        if self.phase == Phase::Running {
            self.count(Counter::AttemptAbandoned);
            if self.is_at_target() {
                // Nobody waited for it any longer, which says how long it takes at least.
                let now = Moment::now().max(self.started);
                self.core().load.cut(now.since(self.started), now);
            }
            self.complete(BreakerOutcome::Abandoned, Load::Unknown, Moment::now);
        } else {
            self.withdraw();
        }
    }

    /// Gives back all that it holds, and leaves its keys and its target: it does not run there.
    pub(super) fn withdraw(&mut self) {
        self.release_unused();
        self.permits.forget_keys(&self.plan.core);
    }
}

impl<'p> Call<'p> {
    /// Checks whether an attempt was a success; then it is the call's as well, and [`finished`](super::conclude::finished) returns it.
    ///
    /// Not inlined and by reference, so that the result stays whole where it lies until it is returned: taken apart,
    /// it would be copied piece by piece from variable to variable.
    #[inline(never)]
    pub fn succeeded<R: Outcome>(
        call: &mut Self,
        attempt: &mut Attempt<'p>,
        outcome: &Result<R, Interruption>,
    ) -> bool {
        let succeeded = matches!(outcome, Ok(result) if result.success().is_some());
        if succeeded {
            attempt.succeed(call);
        }
        succeeded
    }

    #[inline]
    pub(super) fn begin_attempt(&mut self) {
        self.attempts += 1;
        if self.attempts > 1 {
            self.retry_charged = false;
            self.count(Counter::Retries);
        }
    }
}

impl Drop for Attempt<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.phase != Phase::Ended || self.notes.is_some() {
            self.drop_cold();
        }
    }
}

impl fmt::Debug for Attempt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("phase", &self.phase)
            .field("permits", &self.permits)
            .finish_non_exhaustive()
    }
}
