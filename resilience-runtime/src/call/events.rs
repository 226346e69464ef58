//! The span of a call, its events and its end. Nothing here costs anything without a subscriber.

use std::fmt;
use std::sync::Arc;

use super::Call;
use super::cold_state::{ColdState, LogContext};
use crate::clock::Moment;
use crate::telemetry::trace::{self, Level, Subject, enabled};
use crate::telemetry::{CallResult, CorrelationId, Counter, Event, EventKind};

/// Keeps the call's span and correlation id entered, where the call has them.
pub(super) struct SpanGuard<'a>(Option<&'a mut LogContext>);

impl Drop for SpanGuard<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(logged) = &mut self.0 {
            logged.leave();
        }
    }
}

impl Call<'_> {
    /// Sets the id to log the call under. It becomes text only if something may be logged.
    pub fn correlation_id<D: fmt::Display + ?Sized>(call: &mut Self, id: &D) {
        if call.is_enabled(Level::ERROR) {
            call.cold().logged = Some(LogContext::new(CorrelationId::new(id)));
        }
    }

    /// Opens the span of the call, if a subscriber is interested. Asked once for each call.
    #[inline(always)]
    pub(super) fn decide_span(&mut self) {
        if std::mem::replace(&mut self.span_decided, true) {
            return;
        }
        if tracing::enabled!(target: "resilience", tracing::Level::DEBUG) {
            self.open_span();
        }
    }

    #[cold]
    fn open_span(&mut self) {
        let correlation = self.log_context().correlation.clone();
        let plan = self.plan;
        let span = tracing::debug_span!(
            target: "resilience",
            "resilience.call",
            service = plan.core.name.as_str(),
            kind = plan.core.kind.name(),
            function = &*plan.function.name,
            correlation_id = %correlation,
        );
        self.log_context().span = span;
    }

    /// Enters the call's span and correlation id until the guard is dropped.
    #[inline]
    pub(super) fn enter_span(&mut self) -> SpanGuard<'_> {
        let Some(cold) = &mut *self.cold else {
            return SpanGuard(None);
        };
        if let Some(load) = &cold.load {
            load.leader.watch().enter_body();
        }
        let mut logged = cold.logged.as_mut();
        if let Some(logged) = &mut logged {
            logged.enter();
        }
        SpanGuard(logged)
    }

    pub(super) fn cold(&mut self) -> &mut ColdState {
        self.cold.get_or_insert_with(ColdState::empty)
    }

    /// Returns what identifies the call in logs, if anything was logged of it already.
    #[inline]
    pub(super) fn log_context_if_any(&self) -> Option<&LogContext> {
        self.cold.as_ref()?.logged.as_ref()
    }

    /// Returns what identifies the call in logs. Its correlation id is its own, else the enclosing one, else a new one.
    pub(super) fn log_context(&mut self) -> &mut LogContext {
        self.cold().logged.get_or_insert_with(|| {
            LogContext::new(CorrelationId::current().unwrap_or_else(CorrelationId::random))
        })
    }

    /// Whether an event at this level has a subscriber.
    #[inline(always)]
    pub(super) fn is_enabled(&self, level: Level) -> bool {
        let heard = match level {
            Level::ERROR => enabled!(Level::ERROR),
            Level::WARN => enabled!(Level::WARN),
            _ => enabled!(Level::INFO),
        };
        heard || self.core().observers.has_call_subscribers()
    }

    /// Emits an event: to `tracing` inside of the span, and to the subscribers of the registry.
    #[cold]
    pub(super) fn emit(&mut self, kind: EventKind) {
        self.log_context();
        let plan = self.plan;
        let Some(logged) = self.log_context_if_any() else {
            return;
        };
        let named = self.cold.as_ref().and_then(|it| it.named_target.as_ref());
        let target = named.filter(|_| kind.is_of_attempt());
        {
            let _entered = logged.span.enter();
            let subject = Subject {
                service: &plan.core.name,
                function: &plan.function.name,
                correlation_id: &logged.correlation,
                target,
            };
            trace::emit(subject, &kind);
        }
        let observers = &plan.core.observers;
        if observers.has_call_subscribers()
            || kind.is_change() && observers.has_change_subscribers()
        {
            // A pause is one of the target, which has it to itself.
            let service = target.filter(|_| kind.is_change());
            let service = service.unwrap_or(&plan.core.name).clone();
            observers.send(Event {
                function: Some(Arc::clone(&plan.function.name)),
                call: Some(logged.number),
                correlation_id: Some(logged.correlation.clone()),
                target: target.cloned(),
                ..Event::new(service, kind)
            });
        }
    }

    /// Emits the end of a call that is observed.
    #[cfg_attr(not(feature = "metrics"), cold)]
    pub(super) fn emit_end(&mut self, end: Counter, now: Moment) {
        let elapsed = now.since(self.started);
        let core = self.core();
        let result = end.call_result();
        if end == Counter::Succeeded {
            core.attempt_took(now.since(self.now));
        }
        // A rejection took no time, and an abandoned call did not wait for its end.
        if matches!(
            result,
            CallResult::Success | CallResult::Failure | CallResult::Deadline
        ) && self.attempts > 0
        {
            core.call_took(elapsed);
        }
        if core.observers.has_call_subscribers() {
            let attempts = self.attempts;
            self.emit(EventKind::CallEnded {
                result,
                attempts,
                elapsed,
            });
        }
    }
}
