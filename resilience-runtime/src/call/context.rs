//! What a call tells its bodies about itself, and the limits of time that it got from its arguments.

use std::sync::Arc;
use std::time::Duration;

use super::Call;
use super::cold_state::OwnLimits;
use crate::clock::nanos;
use crate::plan::Plan;
use crate::poll_context::{self, SharedContext, Told};
use crate::verdict::Verdict;

/// What `timeout = code` and `deadline = code` give.
#[diagnostic::on_unimplemented(
    message = "a limit of time that is computed for each call is a `Duration` or an `Option<Duration>`, not `{Self}`",
    label = "not a limit of time"
)]
pub trait TimeLimit {
    /// `None`: as if it were not written.
    fn limit(self) -> Option<Duration>;
}

impl TimeLimit for Duration {
    fn limit(self) -> Option<Duration> {
        Some(self)
    }
}

impl TimeLimit for Option<Duration> {
    fn limit(self) -> Option<Duration> {
        self
    }
}

impl Call<'_> {
    /// Sets the timeout of each attempt, unless a level above the attribute decides. Zero ends the call before its body.
    pub fn timeout(call: &mut Self, timeout: impl TimeLimit) {
        let decided = (call.plan.timeout, call.plan.decided_timeout);
        if let Some(timeout) = call.computed(timeout, decided) {
            let limits = &mut call.cold().limits;
            limits.timeout = Some(nanos(timeout));
            if timeout.is_zero() {
                limits.deadline = Some(0);
            }
        }
    }

    /// Sets the deadline of the call, as [`timeout`](Self::timeout).
    pub fn deadline(call: &mut Self, deadline: impl TimeLimit) {
        let decided = (call.plan.deadline, call.plan.decided_deadline);
        if let Some(deadline) = call.computed(deadline, decided) {
            let limits = &mut call.cold().limits;
            // A timeout of zero has set it.
            let earlier = limits.deadline.unwrap_or(u64::MAX);
            limits.deadline = Some(nanos(deadline).min(earlier));
        }
    }

    /// What stands in place of the plan's limit, if anything does. Code that gives a limit is like one that is written: what
    /// the declaration of the service switches off is on, and a level above decides on it all the same.
    fn computed(
        &self,
        computed: impl TimeLimit,
        (planned, decided): (Option<Duration>, Option<Duration>),
    ) -> Option<Duration> {
        let limit = computed.limit().filter(|_| !self.plan.bare)?;
        match decided {
            Some(_) if planned.is_some() => None,
            Some(decided) => Some(decided),
            None => Some(limit),
        }
    }

    pub(super) fn own_limits(&self) -> OwnLimits {
        self.cold
            .as_ref()
            .map_or_else(OwnLimits::default, |cold| cold.limits)
    }

    /// The timeout of an attempt under `plan`, for errors.
    pub(super) fn timeout_under(&self, plan: &Plan) -> Duration {
        let own = self.own_limits().timeout.map(Duration::from_nanos);
        own.or(plan.timeout).unwrap_or_default()
    }

    /// The deadline, for errors.
    pub(super) fn deadline_or_zero(&self) -> Duration {
        let own = self.own_limits().deadline.map(Duration::from_nanos);
        own.or(self.plan.deadline).unwrap_or_default()
    }

    pub(super) fn told(&self) -> Told {
        let cold = self.cold.as_ref();
        Told {
            attempt: self.attempts,
            max_attempts: self.plan.max_attempts(),
            began: self.started,
            previous: cold.and_then(|cold| cold.previous),
            shared: cold.and_then(|cold| cold.context.clone()),
        }
    }

    /// Keeps what bodies and hooks see of the call, for those that come.
    pub(super) fn keep_context(&mut self, shared: &Arc<SharedContext>) {
        self.cold()
            .context
            .get_or_insert_with(|| Arc::clone(shared));
    }

    /// Keeps what the failure meant that another attempt follows. Programs whose bodies never look need not allocate.
    pub(super) fn keep_previous(&mut self, verdict: Verdict) {
        if poll_context::is_looked_at() {
            self.cold().previous = Some(verdict);
        }
    }
}
