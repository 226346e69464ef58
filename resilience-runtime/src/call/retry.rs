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
use crate::retry::NoRetry as NoRetryByPolicy;
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
        let own = self.own_limits();
        // Computed limits may be longer than the plan's.
        let longest = match (own.timeout, own.deadline) {
            (None, None) => self.plan.longest_attempt,
            _ => u64::MAX,
        };
        let deadline = self.deadline_at();
        deadline != Moment::FAR_FUTURE && self.next_start().0.saturating_add(longest) >= deadline.0
    }

    fn plan_retry(&mut self, verdict: Verdict, now: Moment) -> Result<Duration, NoRetry> {
        let plan = self.plan;
        let policy = plan.retry.as_ref().ok_or("no retries configured")?;
        let next = self.next_target(now);
        let is_elsewhere = next == Some(NextTarget::AnotherOne);
        let asked = match next {
            // What one server asked for is not meant for another one.
            Some(NextTarget::AnotherOne) => None,
            Some(NextTarget::After(None)) => return Err("no target available"),
            Some(NextTarget::After(soonest)) => soonest,
            None => verdict.retry_after(),
        };
        let mut history = self.retries();
        let mut retry = policy
            .delay_after(self.attempts, history, asked, plan.max_retry_after)
            .map_err(NoRetryByPolicy::reason)?;
        if is_elsewhere {
            retry.delay = Duration::ZERO;
        } else if next.is_some() && verdict.class() == Class::Permanent {
            // A used-up quota, of which no other account is there.
            return Err("not retryable");
        }
        // Each answer of a language model is billed, also the one that arrived too late. Where another target may be alive, the
        // call is worth more.
        if self.past.has(Past::TIMED_OUT) && plan.kind() == ServiceKind::Llm && !is_elsewhere {
            return Err("one attempt after a timeout");
        }
        // Over a new session the attempt may begin at once, but not over a second one.
        let session_lost =
            verdict.is_reconnect_needed() && verdict.is_transient() && plan.function.reconnects;
        if session_lost && self.past.has(Past::RECONNECTED) {
            return Err("session lost again");
        }
        // Nor where the last sessions were lost at once.
        if session_lost && !plan.core.session_is_hopeless(plan.core.session.current()) {
            retry.delay = retry.retry_after;
        }
        let lines_up = self.wait_for_next_token(&mut retry.delay, now)?;
        let at = policy
            .retry_at(retry, &mut history, self.started, now)
            .map_err(NoRetryByPolicy::reason)?;
        if at >= self.ends_by() {
            return Err("deadline");
        }
        if plan.circuit && self.breaker().rejects_at(at) {
            return Err("circuit breaker open");
        }
        if plan.budget && !plan.core.budget.try_spend() {
            return Err("retry budget empty");
        }
        self.retry_charged = plan.budget;
        self.now = now;
        let cold = self.cold();
        cold.next_start = at;
        cold.retries = history;
        if lines_up.is_some() {
            cold.lines_up = lines_up;
        }
        Ok(retry.delay)
    }

    /// Lengthens a retry's delay until the limiter's next token. Returns when the call lines up for it, where others wait as well.
    fn wait_for_next_token(
        &self,
        delay: &mut Duration,
        now: Moment,
    ) -> Result<Option<Moment>, NoRetry> {
        if !self.plan.rate_limit {
            return Ok(None);
        }
        let limiter = &self.plan.core.limiter;
        let token = limiter.earliest(self.key, self.amount, self.priority, now);
        let token = token.ok_or("cost above the rate limit")?;
        // Until the end of a cooldown others wait as well.
        let waits = token >= *delay && limiter.is_cooling_down(self.key, now);
        let lines_up = waits.then(|| now.after(*delay));
        *delay = (*delay).max(token);
        Ok(lines_up)
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
