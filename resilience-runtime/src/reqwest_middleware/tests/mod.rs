//! Requests through a chain of middlewares whose last one answers by itself, under paused time, and over loopback.

mod loopback;
mod scripted;

use std::sync::Arc;
use std::time::Duration;

use super::{Idempotent, ResilienceMiddleware};
use crate::config::{CircuitBreakerSettings, RateLimitSettings, RetrySettings};
use crate::error::ResilienceError;
use crate::name::ServiceKind;
use crate::registry::Registry;
use crate::service::Service;
use crate::{ServiceSettings, Settings};

/// A service of a registry of its own, with this backoff, without jitter, and a limit that is never reached.
fn service(kind: ServiceKind, backoff: Duration) -> Arc<Service> {
    let registry = Registry::new();
    let retry = RetrySettings::default()
        .base_delay(backoff)
        .multiplier(1.0)
        .jitter(crate::retry::Jitter::None)
        .max_attempts(3);
    let limit = RateLimitSettings::default().requests_per_hour(1_000_000);
    let settings = ServiceSettings::default().retry(retry).rate_limit(limit);
    let settings = settings.circuit_breaker(CircuitBreakerSettings::default().failure_threshold(5));
    registry
        .configure(Settings::new().service("api", settings))
        .expect("valid");
    registry.service("api", kind).expect("a service")
}
