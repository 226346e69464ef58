//! Log events of health checks. The fields hold only names, statuses, types, codes and numbers.

use std::time::Duration;

use tracing::Level;

use super::cause::HealthCause;
use super::record::Change;
use crate::name::ServiceName;

pub(super) fn failed(service: &ServiceName, cause: &HealthCause, took: Duration) {
    tracing::debug!(
        target: "resilience",
        service = service.as_str(),
        cause = cause.name(),
        error_type = cause.error_type(),
        code = cause.code().map(tracing::field::display),
        took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        "health check failed"
    );
}

pub(super) fn changed(service: &ServiceName, critical: bool, change: &Change) {
    macro_rules! emit {
        ($level:expr, $message:literal) => {
            tracing::event!(
                target: "resilience",
                $level,
                service = service.as_str(),
                critical,
                from = change.from.name(),
                to = change.to.name(),
                cause = change.cause.as_ref().map(HealthCause::name),
                error_type = change.cause.as_ref().and_then(HealthCause::error_type),
                code = change
                    .cause
                    .as_ref()
                    .and_then(HealthCause::code)
                    .map(tracing::field::display),
                $message
            )
        };
    }
    if change.from.improves_to(change.to) {
        emit!(Level::INFO, "health improved");
    } else {
        emit!(Level::WARN, "health degraded");
    }
}
