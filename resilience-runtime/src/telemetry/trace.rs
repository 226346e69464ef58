//! Events as events of `tracing`. Fields only: service, function, numbers, classes, codes and type names.

use std::sync::Arc;
use std::time::Duration;

use super::correlation::CorrelationId;
use super::event::EventKind;
use crate::fallback::FailureCause;
use crate::name::ServiceName;

pub(crate) use tracing::Level;

/// Whose event it is.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) service: &'a ServiceName,
    pub(crate) function: &'a Arc<str>,
    pub(crate) correlation_id: &'a CorrelationId,
}

/// Whether anybody listens to an event of ours at this level.
macro_rules! listening {
    ($level:expr) => {
        tracing::enabled!(target: "resilience", $level)
    };
}
pub(crate) use listening;

macro_rules! say {
    ($level:expr, $subject:expr, { $($field:tt)* }, $message:literal) => {
        tracing::event!(
            target: "resilience",
            $level,
            service = $subject.service.as_str(),
            function = &**$subject.function,
            correlation_id = %$subject.correlation_id,
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

/// Tells of an event inside a call.
pub(crate) fn say(subject: Subject<'_>, event: &EventKind) {
    match *event {
        EventKind::Retry {
            attempt,
            delay,
            class,
            code,
            error_type,
        } => say!(Level::WARN, subject, {
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
        } => say!(Level::WARN, subject, {
            attempts,
            reason,
            class = class.name(),
            code = code.map(tracing::field::display),
            error_type,
        }, "call failed"),
        EventKind::Verified { took_effect } => {
            let found = match took_effect {
                Some(true) => "happened",
                Some(false) => "did not happen",
                None => "unknown",
            };
            say!(Level::WARN, subject, { found, }, "outcome verified");
        }
        EventKind::Rejected { cause, retry_after } => say!(Level::WARN, subject, {
            cause,
            retry_after_ms = retry_after.map(millis),
        }, "call rejected"),
        EventKind::Waiting { pattern, at_most } => say!(Level::INFO, subject, {
            pattern,
            at_most_ms = millis(at_most),
        }, "call waits"),
        EventKind::Cooldown { retry_after } => say!(Level::WARN, subject, {
            retry_after_ms = millis(retry_after),
        }, "service asked to be left alone"),
        EventKind::Fallback { strategy, cause } => say!(Level::WARN, subject, {
            strategy,
            cause = cause_name(cause),
        }, "answered by fallback"),
        EventKind::FallbackFailed { strategy, cause } => say!(Level::WARN, subject, {
            strategy,
            cause = cause_name(cause),
        }, "fallback failed as well"),
        EventKind::Stale { class, code, age } => say!(Level::WARN, subject, {
            class = class.name(),
            code = code.map(tracing::field::display),
            stale_age_ms = millis(age),
        }, "answered with a stale answer"),
        EventKind::InvalidConfig { problems } => {
            say!(Level::ERROR, subject, { problems, }, "call refused, its configuration cannot run");
        }
        // The span of the call has its end and its time, the breaker speaks for itself.
        EventKind::CallEnded { .. }
        | EventKind::StreamBroken { .. }
        | EventKind::CircuitChanged { .. }
        | EventKind::ServiceAdded
        | EventKind::Configured => {}
    }
}
