//! Whether another attempt follows a failed one, and when. Everything that can be known before sleeping is decided
//! before sleeping.

use std::time::Duration;

use super::Call;
use super::ending::Inner;
use super::failed_attempt::FailedAttempt;
use super::past::Past;
use super::targets::NextTarget;
use crate::clock::Moment;
use crate::name::ServiceKind;
use crate::retry::{NoRetry as NoRetryByPolicy, RetryDelay, RetryHistory, RetryPolicy};
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::verdict::{Class, Reason, Verdict};

/// What follows a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Another attempt. `under_deadline`: the deadline may end it.
    Retry { under_deadline: bool },
    /// The end. `exhausted`: another attempt would have followed, had there been any left.
    Stop { exhausted: bool },
}

/// Why no attempt follows although the error allows one, as it stands in logs.
type NoRetry = &'static str;

impl Call<'_> {
    /// Decides what follows a failed attempt, and ends the call if nothing does.
    pub(super) fn after_failure(&mut self, failed: FailedAttempt) -> Next {
        let FailedAttempt {
            verdict,
            error_type,
            ..
        } = failed;
        let refused = if failed.wants_retry {
            let planned = self.plan_retry(verdict, failed.at);
            if verdict.reason() == Some(Reason::TimedOut) {
                self.past.add(Past::TIMED_OUT);
            }
            match planned {
                Ok(delay) => {
                    self.keep_previous(verdict);
                    let attempt = self.attempts;
                    if self.is_enabled(Level::WARN) {
                        self.emit(EventKind::Retry {
                            attempt,
                            delay,
                            class: verdict.class(),
                            code: verdict.code(),
                            error_type,
                        });
                    }
                    return Next::Retry {
                        under_deadline: self.deadline_may_end_next(),
                    };
                }
                Err(reason) => Some(reason),
            }
        } else {
            None
        };
        let own = self.scope_id();
        let stopped = |inner: Inner| inner.is_not_repeated_by(own);
        let reason = refused.unwrap_or(if failed.inner.is_some_and(stopped) {
            "given up by an inner call"
        } else {
            "not retryable"
        });
        self.emit_gave_up(reason, verdict, error_type);
        self.end_failed(Counter::Failed, failed.cause);
        Next::Stop {
            exhausted: refused.is_some() && self.plan.max_attempts() > 1,
        }
    }

    /// Whether the deadline may come before the end of the next attempt, by its other limits.
    fn deadline_may_end_next(&self) -> bool {
        self.deadline_may_end(self.next_start())
    }

    /// The same of an attempt that begins then.
    pub(super) fn deadline_may_end(&self, start: Moment) -> bool {
        let own = self.own_limits();
        // Computed limits may be longer than the plan's.
        let longest = match (own.timeout, own.deadline) {
            (None, None) => self.plan.longest_attempt,
            _ => u64::MAX,
        };
        let deadline = self.deadline_at();
        deadline != Moment::FAR_FUTURE && start.0.saturating_add(longest) >= deadline.0
    }

    /// Returns the shortest delay before the next attempt, by the policy and by what servers asked for.
    #[inline(always)]
    fn retry_delay(
        &self,
        policy: &RetryPolicy,
        (verdict, next): (Verdict, Option<NextTarget>),
        history: RetryHistory,
        now: Moment,
    ) -> Result<RetryDelay, NoRetry> {
        let asked = match next {
            // What one server asked for is not meant for another one.
            Some(NextTarget::AnotherOne | NextTarget::AllOpen(_)) => None,
            Some(NextTarget::After(None)) => return Err("no target available"),
            Some(NextTarget::After(soonest)) => soonest,
            // What an attempt beside the last one was asked for holds as well.
            None => verdict.retry_after().max(self.asked_beside(now)),
        };
        let longest = self.plan.max_retry_after;
        let mut retry = policy
            .delay_after(self.attempts, history, asked, longest)
            .map_err(NoRetryByPolicy::reason)?;
        match next {
            Some(NextTarget::AnotherOne) => retry.delay = Duration::ZERO,
            // The quota of all of them is used up.
            Some(NextTarget::After(_) | NextTarget::AllOpen(_))
                if verdict.class() == Class::Permanent
                    && verdict.reason() == Some(Reason::QuotaExhausted) =>
            {
                return Err("not retryable");
            }
            _ => {}
        }
        Ok(retry)
    }

    fn plan_retry(&mut self, verdict: Verdict, now: Moment) -> Result<Duration, NoRetry> {
        let plan = self.plan;
        let policy = plan.retry.as_ref().ok_or("no retries configured")?;
        let next = self.next_target(now);
        let mut history = self.retries();
        let mut retry = self.retry_delay(policy, (verdict, next), history, now)?;
        if let Some(next) = next {
            self.keep_backoff(policy, (verdict, next), history, now);
        }
        if self.past.has(Past::REQUEST_USED_UP) {
            return Err("no copy of the request");
        }
        // Where another target may be alive, the call is worth more.
        if self.is_billed_in_vain() && next != Some(NextTarget::AnotherOne) {
            return Err("one attempt after a timeout");
        }
        // Over a new session the attempt may begin at once, but not over a second one.
        let session_lost =
            verdict.is_reconnect_needed() && verdict.is_transient() && plan.function.reconnects;
        if session_lost && self.past.has(Past::RECONNECTED) {
            return Err("session lost again");
        }
        // Nor where the last sessions were lost at once.
        if session_lost && !self.last_failed_at().renews_in_vain() {
            retry.delay = retry.retry_after;
        }
        let mut lines_up = None;
        if plan.rate_limit {
            let token = plan
                .core
                .limiter
                .earliest(self.key, self.amount, self.priority, now);
            let token = token.ok_or("cost above the rate limit")?;
            // Until the end of a cooldown others wait as well.
            if token >= retry.delay && plan.core.limiter.is_cooling_down(self.key, now) {
                lines_up = Some(now.after(retry.delay));
            }
            retry.delay = retry.delay.max(token);
        }
        let at = policy
            .retry_at(retry, &mut history, self.started, now)
            .map_err(NoRetryByPolicy::reason)?;
        if at >= self.ends_by() {
            return Err("deadline");
        }
        if self.is_open_at(next, at, now) {
            return Err("circuit breaker open");
        }
        if plan.budget && !plan.core.budget.try_spend() {
            return Err("retry budget empty");
        }
        self.retry_charged = plan.budget;
        self.now = now;
        let cold = self.cold();
        (cold.next_start, cold.retries) = (at, history);
        if lines_up.is_some() {
            cold.lines_up = lines_up;
        }
        Ok(retry.delay)
    }

    /// Whether the breaker, or that of each target, lets no attempt begin then.
    fn is_open_at(&self, next: Option<NextTarget>, at: Moment, now: Moment) -> bool {
        match next {
            Some(NextTarget::AllOpen(soonest)) => soonest.is_none_or(|open| at < now.after(open)),
            _ => self.plan.circuit && self.breaker().rejects_at(at),
        }
    }

    /// Keeps how long an attempt at another target waits should none of them admit it after all.
    #[cold]
    fn keep_backoff(
        &mut self,
        policy: &RetryPolicy,
        (verdict, next): (Verdict, NextTarget),
        history: RetryHistory,
        now: Moment,
    ) {
        let own = self.retry_delay(policy, (verdict, None), history, now);
        let own = own.ok().filter(|_| next == NextTarget::AnotherOne);
        self.cold().backoff_else = own.map(|own| own.delay);
    }

    /// Whether no further attempt is to begin: each answer of a language model is billed, also the one that arrived too late.
    pub(super) fn is_billed_in_vain(&self) -> bool {
        self.past.has(Past::TIMED_OUT) && self.plan.kind() == ServiceKind::Llm
    }

    pub(super) fn emit_gave_up(
        &mut self,
        reason: NoRetry,
        verdict: Verdict,
        error_type: &'static str,
    ) {
        let attempts = self.attempts;
        if self.is_enabled(Level::WARN) {
            self.emit(EventKind::GaveUp {
                attempts,
                reason,
                class: verdict.class(),
                code: verdict.code(),
                error_type,
            });
        }
    }
}
