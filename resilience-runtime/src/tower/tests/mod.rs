//! What a guarded service does, under paused time; with real clients over loopback where they are the point.

mod backend;
mod calls;
mod clients;
mod drops;
#[cfg(feature = "tonic")]
mod grpc;
mod keys;
mod local;
mod readiness;
mod rules;
mod stacks;

use std::sync::Arc;
use std::time::Duration;

use ::tower::{Layer, ServiceExt};

use super::{ResilienceLayer, ResilienceService};
use crate::config::{BulkheadSettings, RateLimitSettings, RetrySettings};
use crate::error::{BoxError, ResilienceError};
use crate::name::ServiceKind;
use crate::registry::Registry;
use crate::service::Service;
use crate::{ServiceSettings, Settings};

use backend::{Backend, Step};

/// A service of a registry of its own, by these settings: one second of backoff, without jitter.
fn service(settings: ServiceSettings) -> Arc<Service> {
    service_of(ServiceKind::Custom, settings)
}

fn service_of(kind: ServiceKind, settings: ServiceSettings) -> Arc<Service> {
    let registry = Registry::new();
    let steady: ServiceSettings = ServiceSettings::default().retry(steady());
    registry
        .configure(Settings::new().service("api", steady))
        .expect("valid");
    registry
        .configure(Settings::new().service("api", settings))
        .expect("valid");
    registry.service("api", kind).expect("a service")
}

fn steady() -> RetrySettings {
    RetrySettings::default()
        .base_delay(Duration::from_secs(1))
        .multiplier(1.0)
        .jitter(crate::retry::Jitter::None)
}

fn places(max: u32, wait: Duration) -> ServiceSettings {
    let settings = BulkheadSettings::default().max_concurrent(max);
    ServiceSettings::default().bulkhead(settings.max_wait(wait))
}

fn tokens_per_hour(requests: u32, wait: Duration) -> ServiceSettings {
    let settings = RateLimitSettings::default().requests_per_hour(requests);
    ServiceSettings::default().rate_limit(settings.max_wait(wait))
}

fn guarded(service: &Arc<Service>, backend: &Backend) -> ResilienceService<Backend> {
    ResilienceLayer::new(service).layer(backend.clone())
}

async fn ask(service: &ResilienceService<Backend>) -> Result<String, BoxError> {
    service.clone().oneshot("hello".to_owned()).await
}

/// The runtime's own error, as a caller finds it.
fn own(error: &BoxError) -> &ResilienceError {
    error.downcast_ref().expect("an error of the runtime's own")
}
