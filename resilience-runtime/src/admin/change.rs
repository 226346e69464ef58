//! The changes that the timeline shows.

use std::time::{Duration, SystemTime};

use serde::Serialize;

use super::snapshot::{millis, seconds};
use crate::health::HealthStatus;
use crate::name::ServiceName;
use crate::telemetry::{Event, EventKind};

/// A change of the state of a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Change {
    at_ms: u64,
    #[serde(rename = "type")]
    kind: &'static str,
    service: ServiceName,
    from: Option<&'static str>,
    to: Option<&'static str>,
    retry_after_seconds: Option<f64>,
}

impl Change {
    /// Returns `None` for an event that is not part of the timeline.
    pub(super) fn of(event: &Event) -> Option<Self> {
        let change = |kind, retry_after: Option<Duration>| Self {
            at_ms: millis(event.time),
            kind,
            service: event.service.clone(),
            from: None,
            to: None,
            retry_after_seconds: retry_after.map(seconds),
        };
        Some(match event.kind {
            EventKind::CircuitChanged {
                from,
                to,
                pause,
                keyed,
            } => Self {
                from: Some(from.name()),
                to: Some(to.name()),
                ..change(
                    if keyed {
                        "circuit_breaker_key"
                    } else {
                        "circuit_breaker"
                    },
                    pause,
                )
            },
            EventKind::Cooldown { retry_after } => change("cooldown", Some(retry_after)),
            EventKind::Configured => change("configured", None),
            EventKind::ServiceAdded => change("service", None),
            EventKind::ServiceRemoved => change("service_removed", None),
            _ => return None,
        })
    }

    /// A change of a health check. `from` is `None` for a new check, `to` for a removed one.
    pub(super) fn of_health(
        check: &ServiceName,
        from: Option<HealthStatus>,
        to: Option<HealthStatus>,
        at: SystemTime,
    ) -> Self {
        Self {
            at_ms: millis(at),
            kind: "health",
            service: check.clone(),
            from: from.map(HealthStatus::name),
            to: to.map(HealthStatus::name),
            retry_after_seconds: None,
        }
    }
}
