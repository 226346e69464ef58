//! What follows from how an attempt ended. Nothing here is generic: it is compiled once.

use std::time::Duration;

use tracing::Span;

use super::outcome::Cut;
use super::{Call, Pushback};
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::{Moment, nanos};
use crate::fallback::FailureCause;
use crate::name::ServiceKind;
use crate::plan::Plan;
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::verdict::autoref::Classified;
use crate::verdict::{BreakerSignal, Class, Quota, Reason, Verdict};

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another attempt.
    Retry,
    /// The end. `exhausted`: there would have been another attempt, had there been any left.
    Stop { exhausted: bool },
}

/// Why there is no other attempt although the error would allow one.
type NoRetry = &'static str;

/// What the breaker is to learn.
pub(super) const fn breaker_outcome(verdict: Verdict) -> BreakerOutcome {
    match verdict.breaker_signal() {
        BreakerSignal::Success => BreakerOutcome::Success,
        BreakerSignal::Failure => BreakerOutcome::Failure,
        BreakerSignal::Ignored => BreakerOutcome::Ignored,
    }
}

impl Call {
    /// The body succeeded. Compiled once, not into each annotated function.
    #[inline(never)]
    pub(super) fn succeeded(&mut self) {
        let Self { plan, hold, .. } = self;
        let plan: &Plan = plan;
        let core = &*plan.core;
        let heard = match hold.ticket {
            Some(ticket) => core.breaker.needs_no_success(ticket),
            None => true,
        };
        if plan.budget {
            core.budget.deposit();
        }
        if !heard || hold.place || self.hint.is_some() {
            return self.succeeded_with_more_to_tell();
        }
        // What the attempt took of the rate limit is spent, and a call that has ended holds nothing.
        self.end(Counter::Succeeded);
    }

    #[inline(never)]
    fn succeeded_with_more_to_tell(&mut self) {
        self.release(BreakerOutcome::Success, Moment::now);
        if self.hint.is_some() {
            self.leave_alone(None, Moment::now().max(self.now));
        }
        self.end(Counter::Succeeded);
    }

    /// The body failed, or its success was judged a failure.
    #[cold]
    pub(super) fn failed(&mut self, classified: Classified, error_type: &'static str) -> Next {
        let now = Moment::now().max(self.now);
        let not_executed = self.not_executed;
        let verdict = self.in_this_call(classified.verdict);
        let allowed = verdict.may_retry(self.may_repeat());
        let plan = self.plan();
        let kind = plan.core.kind;
        if classified.verdict.is_unknown() && plan.retry.is_some() && !allowed {
            plan.function
                .unknown_error(&plan.core.name, kind, error_type);
        }
        self.refund_unexecuted(
            if not_executed {
                verdict
            } else {
                classified.verdict
            },
            now,
        );
        self.end_attempt(verdict, now);
        self.heed(verdict.retry_after(), now);
        if verdict.is_reconnect_needed() {
            self.distrust_session();
        }
        self.pushback = match (verdict.reason(), verdict.class()) {
            (Some(Reason::ContextTooLarge), _) => Some(Pushback::ContextTooLarge),
            (Some(Reason::QuotaExhausted), _) | (_, Class::Throttled) => Some(Pushback::Throttled),
            _ => None,
        };
        let wanted = !self.given_up_inside && classified.retry_override.unwrap_or(allowed);
        let cause = match verdict.class() {
            Class::Permanent => FailureCause::Permanent,
            _ => FailureCause::Temporary,
        };
        self.next(wanted, verdict, error_type, cause, now)
    }

    /// What a verdict comes to, with all that is known besides.
    fn in_this_call(&mut self, verdict: Verdict) -> Verdict {
        let mut verdict = verdict.or_default_of(self.plan().core.kind);
        if std::mem::take(&mut self.not_executed) {
            verdict = verdict.not_executed();
        }
        let said = self.hint.as_ref().and_then(|hint| hint.retry_after);
        match (said, verdict.retry_after()) {
            (Some(wait), None) => verdict.with_retry_after(wait),
            _ => verdict,
        }
    }

    /// Whether the call may be repeated where it may have taken effect.
    fn may_repeat(&self) -> bool {
        self.repeatable.unwrap_or(self.plan().idempotent)
    }

    /// Does what the server asked for, in its answer or by what the body said of it.
    #[inline]
    fn heed(&mut self, retry_after: Option<Duration>, now: Moment) {
        if retry_after.is_some() || self.hint.is_some() {
            self.leave_alone(retry_after, now);
        }
    }

    #[cold]
    fn leave_alone(&mut self, retry_after: Option<Duration>, now: Moment) {
        let hint = self.hint.take();
        if !self.plan().rate_limit {
            return;
        }
        if let Some(hint) = &hint {
            let left = |quota: Option<Quota>| quota.map(|quota| quota.remaining);
            let (requests, tokens) = (left(hint.requests), left(hint.tokens));
            if requests.is_some() || tokens.is_some() {
                self.core().limiter.lower(self.key, requests, tokens, now);
            }
        }
        let counted = self.plan().counts_tokens;
        let said = hint.and_then(|hint| hint.pause(counted));
        if let Some(wait) = retry_after.max(said) {
            self.core().limiter.cool_down_key(self.key, wait, now);
            self.count(Counter::Cooldowns);
            if self.is_heard(Level::WARN) || self.core().observers.has_change_subscribers() {
                self.tell(EventKind::Cooldown { retry_after: wait });
            }
        }
    }

    /// The attempt ended before its body did.
    #[cold]
    pub(super) fn cut_short(&mut self, cut: Cut) -> Next {
        match cut {
            Cut::TimedOut => return self.timed_out(),
            #[cfg(feature = "test-util")]
            Cut::Injected(verdict) => return self.failed(Classified::of(verdict), "Injected"),
            Cut::DeadlinePassed => self.deadline_passed(),
            Cut::NoTimer(_) => self.could_not_be_timed(),
        }
        Next::Stop { exhausted: false }
    }

    /// The attempt was cut by its timeout: whether it took effect is unknown.
    fn timed_out(&mut self) -> Next {
        let now = Moment::now().max(self.now);
        let verdict = Verdict::outcome_unknown();
        self.count(Counter::Timeouts);
        self.end_attempt(verdict, now);
        let not_executed = std::mem::take(&mut self.not_executed);
        if !not_executed {
            self.distrust_session();
        }
        let wanted = self.may_repeat() || not_executed;
        self.heed(None, now);
        let next = self.next(wanted, verdict, "Timeout", FailureCause::Timeout, now);
        self.timed_out_before = true;
        next
    }

    /// The session is renewed before it is used again. Also after a silence: some servers answer a session
    /// that they have lost in a way that no client takes for the answer.
    fn distrust_session(&self) {
        if self.plan().function.reconnects {
            self.core().session.lose(self.session);
        }
    }

    /// The body was cut by the deadline.
    fn deadline_passed(&mut self) {
        let now = Moment::now().max(self.now);
        self.end_attempt(Verdict::outcome_unknown(), now);
        if !self.not_executed {
            self.distrust_session();
        }
        self.heed(None, now);
        self.tell_gave_up("deadline", Verdict::outcome_unknown(), "DeadlineExceeded");
        let given_up = self.attempt >= 2;
        self.end_in_vain(Counter::Deadlines, FailureCause::Timeout, given_up);
    }

    /// The body could not be timed.
    fn could_not_be_timed(&mut self) {
        self.release(BreakerOutcome::Ignored, Moment::now);
        self.count(Counter::AttemptNotTimed);
        self.end_in_vain(Counter::InvalidConfig, FailureCause::InvalidConfig, false);
    }

    /// Tells breaker and counters of a failed attempt.
    fn end_attempt(&mut self, verdict: Verdict, now: Moment) {
        self.blame(verdict);
        let outcome = breaker_outcome(verdict);
        self.core().attempt_took(now.since(self.now));
        // A breaker that opens says so inside the call's span.
        let span = self.logged_before().map(|logged| logged.span.clone());
        span.unwrap_or_else(Span::none)
            .in_scope(|| self.release(outcome, || now));
        self.count(match verdict.class() {
            Class::Transient | Class::Unknown => Counter::Transient,
            Class::OutcomeUnknown => Counter::OutcomeUnknown,
            Class::Throttled => Counter::Throttled,
            Class::Permanent => Counter::Permanent,
        });
    }

    fn next(
        &mut self,
        wanted: bool,
        verdict: Verdict,
        error_type: &'static str,
        cause: FailureCause,
        now: Moment,
    ) -> Next {
        let refused = if wanted {
            match self.plan_retry(verdict, now) {
                Ok(pause) => {
                    let attempt = self.attempt;
                    if self.is_heard(Level::WARN) {
                        self.tell(EventKind::Retry {
                            attempt,
                            delay: pause,
                            class: verdict.class(),
                            code: verdict.code(),
                            error_type,
                        });
                    }
                    return Next::Retry;
                }
                Err(reason) => Some(reason),
            }
        } else {
            None
        };
        let reason = refused.unwrap_or(if self.given_up_inside {
            "given up by an inner call"
        } else {
            "not retryable"
        });
        self.tell_gave_up(reason, verdict, error_type);
        let given_up = self.attempt >= 2 || self.given_up_inside;
        self.end_in_vain(Counter::Failed, cause, given_up);
        Next::Stop {
            exhausted: refused.is_some() && self.plan().max_attempts() > 1,
        }
    }

    /// Everything that can be known before sleeping is decided before sleeping.
    fn plan_retry(&mut self, verdict: Verdict, now: Moment) -> Result<Duration, NoRetry> {
        let plan = self.plan();
        let Some(policy) = &plan.retry else {
            return Err("no retries configured");
        };
        if self.attempt >= policy.config().max_attempts {
            return Err("attempts used up");
        }
        // Each answer of a language model is billed, also the one that nobody waited for.
        if self.timed_out_before && plan.core.kind == ServiceKind::Llm {
            return Err("one attempt after a timeout");
        }
        // Over a new session the call may go at once, but not over a second one.
        let session_lost =
            verdict.is_reconnect_needed() && verdict.is_transient() && plan.function.reconnects;
        if session_lost && self.reconnected {
            return Err("session lost again");
        }
        let asked = verdict.retry_after().unwrap_or_default();
        if asked > plan.max_retry_after {
            return Err("retry-after above max_retry_after");
        }
        let previous = Duration::from_nanos(self.previous_delay);
        let backoff = policy.delay(self.attempt, previous);
        let mut pause = if session_lost {
            asked
        } else {
            backoff.max(asked)
        };
        if plan.rate_limit {
            let token = plan.core.limiter.earliest(self.key, self.cost, now);
            pause = pause.max(token.ok_or("cost above the rate limit")?);
        }
        let at = now.after(pause);
        if let Some(limit) = policy.config().max_elapsed
            && at.since(self.started) > limit
        {
            return Err("max_elapsed");
        }
        if at >= self.deadline_at {
            return Err("deadline");
        }
        if plan.circuit && plan.core.breaker.rejects_at(at) {
            return Err("circuit breaker open");
        }
        if plan.budget && !plan.core.budget.try_spend() {
            return Err("retry budget empty");
        }
        self.paid = plan.budget;
        self.previous_delay = nanos(backoff);
        self.not_before = at;
        self.now = now;
        Ok(pause)
    }

    fn tell_gave_up(&mut self, reason: NoRetry, verdict: Verdict, error_type: &'static str) {
        let attempts = self.attempt;
        if self.is_heard(Level::WARN) {
            self.tell(EventKind::GaveUp {
                attempts,
                reason,
                class: verdict.class(),
                code: verdict.code(),
                error_type,
            });
        }
    }
}
