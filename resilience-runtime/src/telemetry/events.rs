//! The events of a call. Fields only: service, function, numbers, classes, codes and type names.

use std::time::Duration;

use crate::name::ServiceName;
use crate::verdict::{Class, ErrorCode, Verdict};

use super::correlation::CorrelationId;

/// Whose event it is.
#[derive(Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub(crate) service: &'a ServiceName,
    pub(crate) function: &'a str,
    pub(crate) correlation_id: &'a CorrelationId,
}

/// Runs `$body` with `$subject` only where somebody listens at this level.
macro_rules! say {
    ($level:expr, $subject:expr, { $($field:tt)* }, $message:literal) => {
        tracing::event!(
            target: "resilience",
            $level,
            service = $subject.service.as_str(),
            function = $subject.function,
            correlation_id = %$subject.correlation_id,
            $($field)*
            $message
        )
    };
}

pub(crate) use tracing::Level;

/// Whether anybody listens to an event of ours at this level.
macro_rules! listening {
    ($level:expr) => {
        tracing::enabled!(target: "resilience", $level)
    };
}
pub(crate) use listening;

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

pub(crate) fn retry(
    subject: Subject<'_>,
    attempt: u32,
    delay: Duration,
    verdict: Verdict,
    error_type: &'static str,
) {
    say!(Level::WARN, subject, {
        attempt,
        delay_ms = millis(delay),
        class = verdict.class().name(),
        code = verdict.code().map(tracing::field::display),
        error_type,
    }, "attempt failed, trying again");
}

pub(crate) fn gave_up(
    subject: Subject<'_>,
    attempts: u32,
    reason: &'static str,
    verdict: Verdict,
    error_type: &'static str,
) {
    say!(Level::WARN, subject, {
        attempts,
        reason,
        class = verdict.class().name(),
        code = verdict.code().map(tracing::field::display),
        error_type,
    }, "call failed");
}

pub(crate) fn verified(subject: Subject<'_>, found: &'static str) {
    say!(Level::WARN, subject, { found, }, "outcome verified");
}

pub(crate) fn rejected(subject: Subject<'_>, cause: &'static str, retry_after: Option<Duration>) {
    say!(Level::WARN, subject, {
        cause,
        retry_after_ms = retry_after.map(millis),
    }, "call rejected");
}

pub(crate) fn waiting(subject: Subject<'_>, pattern: &'static str, at_most: Duration) {
    say!(Level::INFO, subject, {
        pattern,
        at_most_ms = millis(at_most),
    }, "call waits");
}

pub(crate) fn parked(subject: Subject<'_>, retry_after: Duration) {
    say!(Level::WARN, subject, {
        retry_after_ms = millis(retry_after),
    }, "service asked to be left alone");
}

pub(crate) fn fallback(subject: Subject<'_>, strategy: &'static str, cause: &'static str) {
    say!(Level::WARN, subject, { strategy, cause, }, "answered by fallback");
}

pub(crate) fn fallback_failed(subject: Subject<'_>, strategy: &'static str, cause: &'static str) {
    say!(Level::WARN, subject, { strategy, cause, }, "fallback failed as well");
}

pub(crate) fn stale(
    subject: Subject<'_>,
    class: Class,
    code: Option<ErrorCode>,
    stale_age: Duration,
) {
    say!(Level::WARN, subject, {
        class = class.name(),
        code = code.map(tracing::field::display),
        stale_age_ms = millis(stale_age),
    }, "answered with a stale answer");
}

pub(crate) fn invalid_config(subject: Subject<'_>, problems: usize) {
    say!(Level::ERROR, subject, { problems, }, "call refused, its configuration cannot run");
}
