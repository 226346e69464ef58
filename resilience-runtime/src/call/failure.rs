//! The end of a failed attempt: what its verdict comes to, and what breaker, limiter, session and counters learn.
//! Nothing here is generic: it is compiled once.

use std::time::Duration;

use tracing::Span;

use super::Call;
use super::attempt::Attempt;
use super::ending::Inner;
use super::failed_attempt::{FailedAttempt, Pushback};
use super::load::Load;
use super::rejection::Interruption;
use super::retry::Next;
use crate::circuit_breaker::Outcome as BreakerOutcome;
use crate::clock::Moment;
use crate::fallback::FailureCause;
use crate::poll_context::Hint;
use crate::rate_limit::{CooldownScope, Remaining};
use crate::telemetry::trace::Level;
use crate::telemetry::{Counter, EventKind};
use crate::verdict::autoref::Classified;
use crate::verdict::{BreakerSignal, Class, Quota, Reason, Verdict};

/// Translates a verdict for the breaker.
pub(super) const fn breaker_outcome(verdict: Verdict) -> BreakerOutcome {
    match verdict.breaker_signal() {
        BreakerSignal::Success => BreakerOutcome::Success,
        BreakerSignal::Failure => BreakerOutcome::Failure,
        BreakerSignal::Ignored => BreakerOutcome::Ignored,
    }
}

impl<'p> Attempt<'p> {
    /// Ends an attempt whose body failed, or whose `Ok` is a failure.
    #[cold]
    pub(super) fn fail(
        &mut self,
        call: &mut Call<'p>,
        classified: &Classified<'_>,
        inner: Option<Inner>,
        error_type: &'static str,
    ) -> FailedAttempt {
        let at = Moment::now().max(self.started);
        let not_executed = self.not_executed;
        let known = self.known(classified.verdict);
        let verdict = self.refine_verdict(known);
        let allowed = verdict.may_retry(call.may_repeat());
        if classified.verdict.is_unknown() && self.plan.retry.is_some() && !allowed {
            let (name, kind) = (&call.core().name, self.plan.kind());
            call.plan.function.unknown_error(name, kind, error_type);
        }
        self.refund_unexecuted(if not_executed { verdict } else { known }, at);
        self.refund_rejected_inside(inner, at);
        self.end_failed(call, verdict, Load::of(verdict), inner, at);
        // What another service asked for was not meant for this one.
        let asked = verdict.retry_after().filter(|_| inner.is_none());
        if asked.is_some() && verdict.is_for_key() {
            let notes = self.notes.get_or_insert_default();
            notes.hint.get_or_insert_default().for_key = true;
        }
        self.apply_server_hints(call, asked, || at);
        let own_session = inner.is_none_or(|inner| inner.is_of(self.scope_id()));
        if verdict.is_reconnect_needed() && own_session {
            self.mark_session_lost();
        }
        self.drop_notes();
        call.pushback = match (verdict.reason(), verdict.class()) {
            (Some(Reason::ContextTooLarge), _) => Some(Pushback::ContextTooLarge),
            (Some(Reason::QuotaExhausted), _) | (_, Class::Throttled) => Some(Pushback::Throttled),
            (Some(Reason::Denied | Reason::NotFound), _) => Some(Pushback::Revoked),
            _ => None,
        };
        if call.pushback == Some(Pushback::Revoked) {
            call.forget_last_good();
        }
        let cause = match verdict.class() {
            Class::Permanent => FailureCause::Permanent,
            _ => FailureCause::Temporary,
        };
        FailedAttempt {
            verdict,
            cause,
            wants_retry: classified
                .retry_override
                .unwrap_or_else(|| self.wants_retry(call, verdict, inner)),
            inner,
            error_type,
            at,
        }
    }

    /// Whether a failure asks for another attempt, by what it means.
    pub(super) fn wants_retry(
        &self,
        call: &Call<'p>,
        verdict: Verdict,
        inner: Option<Inner>,
    ) -> bool {
        // The quota of one account says nothing of the next.
        let elsewhere = self.is_at_target() && verdict.reason() == Some(Reason::QuotaExhausted);
        (verdict.may_retry(call.may_repeat()) || elsewhere)
            && !inner.is_some_and(|inner| inner.is_not_repeated_by(self.scope_id()))
    }

    /// Ends an attempt that was interrupted, and decides whether another follows.
    #[cold]
    pub(super) fn interrupt(&mut self, call: &mut Call<'p>, interruption: Interruption) -> Next {
        match interruption {
            Interruption::TimedOut => {
                let failed = self.time_out(call);
                return call.after_failure(failed);
            }
            Interruption::SessionRefused => {
                let verdict = call.refusal_verdict();
                let failed = self.fail(call, &Classified::of(verdict), None, "SharedFailure");
                return call.after_failure(failed);
            }
            #[cfg(feature = "test-util")]
            Interruption::Injected(verdict) => {
                let failed = self.fail(call, &Classified::of(verdict), None, "Injected");
                return call.after_failure(failed);
            }
            Interruption::DeadlinePassed => self.deadline_passed(call),
            Interruption::NoTimer(_) => self.could_not_be_timed(call),
        }
        Next::Stop { exhausted: false }
    }

    /// The timeout cut the attempt: whether it had an effect is unknown.
    pub(super) fn time_out(&mut self, call: &mut Call<'p>) -> FailedAttempt {
        let at = Moment::now().max(self.started);
        let verdict = Verdict::outcome_unknown().because(Reason::TimedOut);
        self.count(Counter::Timeouts);
        self.end_failed(call, verdict, Load::TooMuch, None, at);
        self.suspect_session();
        self.apply_server_hints(call, None, || at);
        FailedAttempt {
            verdict,
            cause: FailureCause::Timeout,
            wants_retry: call.may_repeat() || self.not_executed,
            inner: None,
            error_type: "Timeout",
            at,
        }
    }

    /// The deadline cut the body.
    fn deadline_passed(&mut self, call: &mut Call<'p>) {
        let at = Moment::now().max(self.started);
        let verdict = Verdict::outcome_unknown();
        self.end_failed(call, verdict, Load::TooMuch, None, at);
        self.suspect_session();
        self.apply_server_hints(call, None, || at);
        call.emit_gave_up("deadline", verdict, "DeadlineExceeded");
        call.end_failed(Counter::Deadlines, FailureCause::Timeout);
    }

    /// The body could not be timed.
    fn could_not_be_timed(&mut self, call: &mut Call<'p>) {
        self.complete(BreakerOutcome::Ignored, Load::Unknown, Moment::now);
        self.count(Counter::AttemptNotTimed);
        call.end_failed(Counter::InvalidConfig, FailureCause::InvalidConfig);
    }

    /// Returns the verdict with what the attribute says of the client.
    pub(super) fn known(&self, verdict: Verdict) -> Verdict {
        if self.plan.function.client_retries_off {
            verdict.without_client_retries()
        } else {
            verdict
        }
    }

    /// Returns the verdict with all that is known besides: the kind's default, the `verify` hook, the server's hints.
    pub(super) fn refine_verdict(&self, verdict: Verdict) -> Verdict {
        let mut verdict = verdict.or_default_of(self.plan.kind_of_unknown_errors());
        if self.not_executed {
            verdict = verdict.not_executed();
        } else if verdict.is_reconnect_needed() && self.session_is_hopeless() {
            // The server answered, but over no session does it do what it is asked for.
            verdict = verdict.counts_as_failure();
        }
        let hint = self.notes.as_ref().and_then(|notes| notes.hint.as_ref());
        let hinted = hint.and_then(|hint| hint.asked(verdict));
        match (hinted, verdict.retry_after()) {
            (Some(wait), None) => verdict.with_retry_after(wait),
            _ => verdict,
        }
    }

    /// Ends a failed attempt: breaker, latency and counters learn of it.
    fn end_failed(
        &mut self,
        call: &mut Call<'p>,
        verdict: Verdict,
        load: Load,
        inner: Option<Inner>,
        at: Moment,
    ) {
        call.note_failure(|| verdict);
        // The inner call has reported its attempts itself.
        let (outcome, load) = match inner {
            Some(_) => (BreakerOutcome::Ignored, Load::Unknown),
            None => (breaker_outcome(verdict), load),
        };
        self.took(at.since(self.started));
        if self.is_at_target() {
            self.target_failed(call, verdict, at);
        }
        // A breaker that opens logs it inside the call's span.
        let span = call.log_context_if_any().map(|log| log.span.clone());
        span.unwrap_or_else(Span::none)
            .in_scope(|| self.complete(outcome, load, || at));
        self.count(match verdict.class() {
            Class::Transient | Class::Unknown => Counter::Transient,
            Class::OutcomeUnknown => Counter::OutcomeUnknown,
            Class::Throttled => Counter::Throttled,
            Class::Permanent => Counter::Permanent,
        });
    }

    /// Applies what the server asked for, in its answer or by what the body recorded of it.
    #[inline]
    pub(super) fn apply_server_hints(
        &mut self,
        call: &mut Call<'p>,
        retry_after: Option<Duration>,
        now: impl FnOnce() -> Moment,
    ) {
        let hint = self.notes.as_mut().and_then(|notes| notes.hint.take());
        if retry_after.is_some() || hint.is_some() {
            self.apply_retry_after(call, retry_after, hint, now());
        }
    }

    #[cold]
    fn apply_retry_after(
        &self,
        call: &mut Call<'p>,
        retry_after: Option<Duration>,
        hint: Option<Hint>,
        now: Moment,
    ) {
        if !self.plan.rate_limit {
            return;
        }
        let scope = match &hint {
            Some(hint) if hint.for_key => CooldownScope::Key,
            _ => CooldownScope::Service,
        };
        let limiter = &self.core().limiter;
        if let Some(hint) = &hint {
            let left = |quota: Option<Quota>| quota.map(|quota| quota.remaining);
            let remaining = Remaining {
                requests: left(hint.requests),
                tokens: left(hint.tokens),
                input_tokens: left(hint.input_tokens),
                output_tokens: left(hint.output_tokens),
            };
            if remaining != Remaining::default() {
                limiter.cap_remaining(call.key, scope, remaining, now);
            }
        }
        let hinted = hint.and_then(|hint| hint.pause(self.plan.counts_tokens));
        if let Some(wait) = retry_after.max(hinted) {
            limiter.cool_down_key(call.key, scope, wait, now);
            self.count(Counter::Cooldowns);
            if call.is_enabled(Level::WARN) || self.core().observers.has_change_subscribers() {
                call.emit(EventKind::Cooldown { retry_after: wait });
            }
        }
    }

    /// Marks the session lost after a silence: some servers answer a session that they have lost in a way that no client
    /// takes for the answer. Not after a renewal, which took a part of the attempt's time: where it takes most of it,
    /// each attempt would renew a session that works, and none would have the time to use it.
    fn suspect_session(&self) {
        if !self.not_executed && !self.renewed_session {
            self.mark_session_lost();
        }
    }

    /// The session is renewed before it is used again.
    fn mark_session_lost(&self) {
        if self.plan.function.reconnects {
            self.core().session.lose(self.session);
        }
    }
}

impl Call<'_> {
    /// Whether an attempt of unknown outcome may be repeated.
    pub(super) fn may_repeat(&self) -> bool {
        self.repeatable.unwrap_or(self.plan.idempotent)
    }
}
