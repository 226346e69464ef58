//! What is told of a call: its span, its events, its end. Nothing here costs where nobody listens.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::Span;

use super::Call;
use super::read_through::Loading;
use crate::clock::Moment;
use crate::telemetry::trace::{self, Level, Subject, enabled};
use crate::telemetry::{CallResult, CorrelationId, Counter, Event, EventKind};

/// What most calls do not need. Boxed, so that they are smaller, and dropping it is a single test.
#[derive(Default)]
pub(super) struct Aside {
    /// Where something is logged of the call.
    pub(super) logged: Option<Logged>,
    /// Where the call is made for a cache.
    pub(super) loading: Option<Loading>,
}

/// How a call is called in what is logged of it.
pub(super) struct Logged {
    pub(super) span: Span,
    pub(super) correlation: CorrelationId,
    /// Which call it is.
    number: u64,
    /// The id round the call, while its own is round what runs.
    outer: Option<CorrelationId>,
}

/// The call's span and correlation id round what runs now, where the call has them.
pub(super) struct Scope<'a>(Option<&'a mut Logged>);

impl Drop for Scope<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(logged) = &mut self.0 {
            logged.leave();
        }
    }
}

impl Logged {
    fn new(correlation: CorrelationId) -> Self {
        static CALLS: AtomicU64 = AtomicU64::new(1);
        Self {
            span: Span::none(),
            correlation,
            number: CALLS.fetch_add(1, Ordering::Relaxed),
            outer: None,
        }
    }

    // By hand and not by guards, whose end would be more than a test in every call that logs nothing.
    #[cold]
    fn enter(&mut self) {
        self.outer = CorrelationId::replace(Some(self.correlation.clone()));
        self.span
            .with_subscriber(|(id, subscriber)| subscriber.enter(id));
    }

    #[cold]
    fn leave(&mut self) {
        self.span
            .with_subscriber(|(id, subscriber)| subscriber.exit(id));
        CorrelationId::replace(self.outer.take());
    }
}

impl Call {
    /// The id to log the call under. It becomes text only if something may be logged.
    pub fn correlation_id<D: fmt::Display + ?Sized>(call: &mut Self, id: &D) {
        if call.is_heard(Level::ERROR) {
            call.aside().logged = Some(Logged::new(CorrelationId::new(id)));
        }
    }

    /// Opens the span of the call, if anybody listens.
    #[inline]
    pub(super) fn announce(&mut self) {
        self.announced = true;
        if tracing::enabled!(target: "resilience", tracing::Level::DEBUG) {
            self.open_span();
        }
    }

    #[cold]
    fn open_span(&mut self) {
        let correlation = self.logged().correlation.clone();
        let plan = self.plan();
        let span = tracing::debug_span!(
            target: "resilience",
            "resilience.call",
            service = plan.core.name.as_str(),
            kind = plan.core.kind.name(),
            function = &*plan.function.name,
            correlation_id = %correlation,
        );
        self.logged().span = span;
    }

    /// Puts the call's span and its own correlation id round what runs until the scope is dropped.
    #[inline]
    pub(super) fn enter_scope(&mut self) -> Scope<'_> {
        let Some(aside) = &mut self.aside else {
            return Scope(None);
        };
        let mut logged = aside.logged.as_mut();
        if let Some(logged) = &mut logged {
            logged.enter();
        }
        Scope(logged)
    }

    pub(super) fn aside(&mut self) -> &mut Aside {
        self.aside.get_or_insert_default()
    }

    /// How the call is called, if anything was logged of it already.
    #[inline]
    pub(super) fn logged_before(&self) -> Option<&Logged> {
        self.aside.as_ref()?.logged.as_ref()
    }

    /// The call's correlation id is its own, else the one around it, else a new one.
    pub(super) fn logged(&mut self) -> &mut Logged {
        self.aside().logged.get_or_insert_with(|| {
            Logged::new(CorrelationId::current().unwrap_or_else(CorrelationId::random))
        })
    }

    /// Whether anybody hears of an event at this level.
    pub(super) fn is_heard(&self, level: Level) -> bool {
        let heard = match level {
            Level::ERROR => enabled!(Level::ERROR),
            Level::WARN => enabled!(Level::WARN),
            _ => enabled!(Level::INFO),
        };
        heard || self.core().observers.has_call_subscribers()
    }

    /// Tells of something that happened, inside the span, and whoever subscribed.
    #[cold]
    pub(super) fn tell(&mut self, kind: EventKind) {
        self.logged();
        let plan = self.plan();
        let Some(logged) = self.logged_before() else {
            return;
        };
        {
            let _entered = logged.span.enter();
            let subject = Subject {
                service: &plan.core.name,
                function: &plan.function.name,
                correlation_id: &logged.correlation,
            };
            trace::emit(subject, &kind);
        }
        let observers = &plan.core.observers;
        if observers.has_call_subscribers()
            || kind.is_change() && observers.has_change_subscribers()
        {
            observers.send(Event {
                function: Some(Arc::clone(&plan.function.name)),
                call: Some(logged.number),
                correlation_id: Some(logged.correlation.clone()),
                ..Event::new(plan.core.name.clone(), kind)
            });
        }
    }

    /// Tells how a call ended that is watched.
    #[cfg_attr(not(feature = "metrics"), cold)]
    pub(super) fn tell_end(&mut self, end: Counter, now: Moment) {
        let elapsed = now.since(self.started);
        let core = self.core();
        let result = end.call_result();
        if end == Counter::Succeeded {
            core.attempt_took(now.since(self.now));
        }
        // What was turned away took no time, and who went away did not wait for the end.
        if matches!(
            result,
            CallResult::Success | CallResult::Failure | CallResult::Deadline
        ) && self.attempt > 0
        {
            core.call_took(elapsed);
        }
        if core.observers.has_call_subscribers() {
            let attempts = self.attempt;
            self.tell(EventKind::CallEnded {
                result,
                attempts,
                elapsed,
            });
        }
    }
}
