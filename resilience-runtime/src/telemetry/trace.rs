//! Emits events to `tracing`. The fields hold only service, function, numbers, classes, codes and type names.

use std::sync::Arc;
use std::time::Duration;

use super::correlation::CorrelationId;
use super::event::EventKind;
use crate::fallback::FailureCause;
use crate::limit_name::LimitName;
use crate::name::ServiceName;
use crate::verdict::Class;

pub(crate) use tracing::Level;

/// The call that an event belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) service: &'a ServiceName,
    pub(crate) function: &'a Arc<str>,
    pub(crate) correlation_id: &'a CorrelationId,
    /// The target of the attempt that it is about.
    pub(crate) target: Option<&'a ServiceName>,
}

/// Returns whether a subscriber of `tracing` is interested in our events at this level.
macro_rules! enabled {
    ($level:expr) => {
        tracing::enabled!(target: "resilience", $level)
    };
}
pub(crate) use enabled;

macro_rules! emit {
    ($level:expr, $subject:expr, { $($field:tt)* }, $message:literal) => {
        tracing::event!(
            target: "resilience",
            $level,
            service = $subject.service.as_str(),
            function = &**$subject.function,
            correlation_id = %$subject.correlation_id,
            target_name = $subject.target.map(ServiceName::as_str),
            $($field)*
            $message
        )
    };
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn cause_name(cause: Option<FailureCause>) -> &'static str {
    cause.map_or("", FailureCause::name)
}

/// Emits an event of a call.
pub(crate) fn emit(subject: Subject<'_>, event: &EventKind) {
    match *event {
        EventKind::Retry {
            attempt,
            delay,
            class,
            code,
            error_type,
        } => emit!(Level::WARN, subject, {
            attempt,
            delay_ms = millis(delay),
            class = class.name(),
            code = code.map(tracing::field::display),
            error_type,
        }, "attempt failed, trying again"),
        EventKind::GaveUp {
            attempts,
            reason,
            class,
            code,
            error_type,
        } => emit!(Level::WARN, subject, {
            attempts,
            reason,
            class = class.name(),
            code = code.map(tracing::field::display),
            error_type,
        }, "call failed"),
        EventKind::Hedge { attempt } => {
            emit!(Level::INFO, subject, { attempt, }, "no answer yet, another attempt starts");
        }
        EventKind::FailedBesideHedge {
            attempts,
            class,
            code,
            error_type,
        } => emit!(Level::WARN, subject, {
            attempts,
            class = class.name(),
            code = code.map(tracing::field::display),
            error_type,
        }, "attempt failed, another one goes on"),
        EventKind::Verified { took_effect } => {
            let found = match took_effect {
                Some(true) => "happened",
                Some(false) => "did not happen",
                None => "unknown",
            };
            emit!(Level::WARN, subject, { found, }, "outcome verified");
        }
        EventKind::Rejected {
            cause,
            retry_after,
            limit,
        } => emit!(Level::WARN, subject, {
            cause,
            limit = limit.map(LimitName::as_str),
            retry_after_ms = retry_after.map(millis),
        }, "call rejected"),
        EventKind::ShadowRejected {
            cause,
            retry_after,
            limit,
        } => emit!(Level::INFO, subject, {
            cause,
            limit = limit.map(LimitName::as_str),
            retry_after_ms = retry_after.map(millis),
        }, "call passes in shadow"),
        EventKind::Waiting { pattern, at_most } => emit!(Level::INFO, subject, {
            pattern,
            at_most_ms = millis(at_most),
        }, "call waits"),
        EventKind::Cooldown { retry_after } => emit!(Level::WARN, subject, {
            retry_after_ms = millis(retry_after),
        }, "server requested back-off"),
        EventKind::Fallback { strategy, cause } => emit!(Level::WARN, subject, {
            strategy,
            cause = cause_name(cause),
        }, "answered by fallback"),
        EventKind::FallbackFailed { strategy, cause } => emit!(Level::WARN, subject, {
            strategy,
            cause = cause_name(cause),
        }, "fallback failed"),
        EventKind::Stale { class, code, age } => emit!(Level::WARN, subject, {
            class = class.name(),
            code = code.map(tracing::field::display),
            stale_age_ms = millis(age),
        }, "served stale value"),
        EventKind::InvalidConfig { problems } => {
            emit!(Level::ERROR, subject, { problems, }, "call rejected, invalid configuration");
        }
        // The span of the call shows its end and its time. Streams, circuit breakers and bulkheads emit their own events.
        EventKind::CallEnded { .. }
        | EventKind::StreamBroken { .. }
        | EventKind::CircuitChanged { .. }
        | EventKind::BulkheadLimitChanged { .. }
        | EventKind::ServiceAdded
        | EventKind::ServiceRemoved
        | EventKind::Configured => {}
    }
}

/// Emits the break of a stream. The call has ended by then, and its span with it.
#[cold]
pub(crate) fn stream_broken(service: &ServiceName, function: &str, class: Class) {
    tracing::event!(
        target: "resilience",
        Level::WARN,
        service = service.as_str(),
        function,
        class = class.name(),
        "stream broken"
    );
}
